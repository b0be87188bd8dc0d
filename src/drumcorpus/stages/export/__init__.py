"""Export: clips, label files per split, and checksums over all of it."""
