"""Vision tools for photographs: a detector, a classifier, a reader of text, and colour names."""
