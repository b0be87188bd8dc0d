"""Reads exports for training: numpy and Arrow alone, all else only where it is asked for."""
