"""Sampling weights of a manifest: the report, and one weight per event."""

from drumcorpus.sampling.weights import derive_weights, write_event_weights

__all__ = ["derive_weights", "write_event_weights"]
