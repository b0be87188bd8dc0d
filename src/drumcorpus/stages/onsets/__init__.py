"""Onsets: the detector held against annotated recordings."""
