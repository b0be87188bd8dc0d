"""Sampling weights: how often an event is to be drawn in training."""
