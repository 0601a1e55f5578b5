"""How it is said: sentences for notes, in several phrasings."""
