"""The events that an answer depends on: a backward walk over the data flow of a trace."""
