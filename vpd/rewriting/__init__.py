"""Rationales in other words, by a language model: the same facts in fluent English, or the draft stands."""
