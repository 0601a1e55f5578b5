"""What a run gives to say: notes, read from its needed events and its program."""
