"""Traces for people: in the terminal, as a page, and as a gallery of a shard. Decides nothing."""
