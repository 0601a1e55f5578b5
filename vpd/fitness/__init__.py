"""Whether training examples are fit to learn from and to be measured on, and whether they drift."""
