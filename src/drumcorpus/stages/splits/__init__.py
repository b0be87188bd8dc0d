"""Splits: sessions that are the same music, sound or strokes stand in one split."""
