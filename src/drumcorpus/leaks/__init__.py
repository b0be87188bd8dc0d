"""Leaks: sessions that are the same music, sound or strokes and must stay in one split."""
