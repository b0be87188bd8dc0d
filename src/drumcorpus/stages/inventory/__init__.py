"""Inventory: raw files with their digests, the sessions they make up, and checksum lists."""
