"""Idefics3 and SmolVLM, which cut a picture into tiles and end a turn with a token of their own.

Proven with tiny random weights of both model classes only.
"""

from vpd.distill.adapters.chat import ChatAdapter


class Idefics3Adapter(ChatAdapter):
    """The Idefics3 processor; for SmolVLM too, whose own class adds nothing but videos."""

    @property
    def end(self) -> str:
        """The end of the turn, which is not the end of sequence of every checkpoint."""
        return str(self.processor.end_of_utterance_token)
