"""Reads exports for training."""
