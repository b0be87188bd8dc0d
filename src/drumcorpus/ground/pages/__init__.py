"""Pages for people: templates that escape, charts, numbers in words."""
