"""Corpora that are kept as JSON Lines and did not come from this workflow: merged and put on one
axis, with run manifests like those of all products."""
