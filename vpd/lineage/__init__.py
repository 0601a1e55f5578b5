"""Lineage: DuckDB over the committed shards; what a row came from, and what came from it."""
