"""Files: atomic writing, tables, JSON Lines, documents, raw data, digests, duckdb."""
