"""What a text claims, and whether a trace bears it out and says no more that is needed."""
