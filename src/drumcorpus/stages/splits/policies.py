"""What the config may ask to do with a family that stands in several splits (`splits.leaks`)."""

# The most held-out first: what is published as a test set stays one.
HELD_OUT = ("test", "validation", "train")
REFUSE, MOVE, REPORT = "refuse", "move", "report"
