"""Everyday scenes as lists of things without pixels, with questions whose programs can be judged exactly."""
