"""Sessions to see and hear: those that other pages name, and some of every split."""
