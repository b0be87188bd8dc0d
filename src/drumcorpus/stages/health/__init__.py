"""Health of a manifest or a source set: one report of figures for the gates and the page."""
