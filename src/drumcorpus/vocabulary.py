"""Words that travel in tables, each spelled once: a renamed one is renamed everywhere."""

# Which split a session stands in.
SPLITS = ("train", "validation", "test")

# What tells the cymbal: a number of the source or of a cymbal map, the sound, a reviewer.
BY_METADATA, BY_SOUND, BY_REVIEW = "metadata_override", "spectral_cluster", "review"
