"""Builds drum-transcription training corpora from published drum data sets."""
