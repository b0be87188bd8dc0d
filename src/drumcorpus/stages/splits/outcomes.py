"""What may be done with a family, and what becomes of a session: words of the table and report."""

# The most held-out first: what is published as a test set stays one.
HELD_OUT = ("test", "validation", "train")
REFUSE, MOVE, REPORT = "refuse", "move", "report"
FOLLOWS_OFFICIAL = "follows_official_split"
DRAWN_TOGETHER = "drawn_with_its_family"
LEAKS = "official_split_leaks"  # refused, or moved, because of it
ISOLATED = "isolated"
