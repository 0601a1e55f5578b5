"""Data sets for other trainers: examples, preference pairs and labelled steps, with a card."""
