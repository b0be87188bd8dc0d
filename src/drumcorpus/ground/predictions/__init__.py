"""Predictions of a transcription system as files: their vocabularies, and what reads them."""
