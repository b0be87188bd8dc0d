"""Manifest: labels are settled, and source sets become one table in order."""
