"""Writes small synthetic corpora in the layouts of the published source sets."""
