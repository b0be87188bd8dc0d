"""Checks of the sound behind the labels: a sample of the sessions is decoded and measured."""
