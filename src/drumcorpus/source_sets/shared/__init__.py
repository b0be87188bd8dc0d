"""What several source sets have in common: indexes, multitracks, names of tracks and works."""
