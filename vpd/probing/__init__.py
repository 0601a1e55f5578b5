"""Probes: what programs answer where the answer is known, or where nothing can be seen."""
