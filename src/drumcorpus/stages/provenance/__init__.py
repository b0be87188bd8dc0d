"""Where products came from, told to others: trace, replay, statements and crates."""
