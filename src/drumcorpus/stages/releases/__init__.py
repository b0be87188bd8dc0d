"""Releases: what is filed under one name, and the trend over all of them."""
