"""Crashes: which physical cymbal each crash hit of a session is, or that it cannot be told."""
