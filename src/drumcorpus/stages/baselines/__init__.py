"""Baselines: figures that a person has blessed, and what differs from them."""
