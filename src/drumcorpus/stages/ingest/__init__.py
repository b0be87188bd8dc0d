"""Ingestion: the strokes of sessions become events, each accounted for, with provenance."""
