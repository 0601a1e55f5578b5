"""Studies: variants of one training, each over several seeds, side by side in one table."""
