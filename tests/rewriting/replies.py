"""A language model of a few lines: an endpoint whose reply to a draft is a function of its text."""

from collections.abc import Callable
from pathlib import Path

from vpd.chat.answers import Answer, AnswerCache
from vpd.chat.asker import Asker
from vpd.chat.price import Price
from vpd.chat.request import Request
from vpd.errors import EndpointError
from vpd.rewriting.rewriter import Rewriter

Reply = Callable[[str], str | None]


class Replies:
    """Says `reply(draft)`, nothing for None; overloaded for drafts in `down`, gone if `gone`."""

    url = "the replies"

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.asked: list[Request] = []
        self.down: set[str] = set()
        self.gone = False

    def check(self) -> None:
        if self.gone:
            raise EndpointError("nobody is there")

    def close(self) -> None:
        return

    def complete(self, request: Request, samples: list[int]) -> list[Answer]:
        self.asked.append(request)
        text = None if request.question in self.down else self.reply(request.question)
        problem = "overloaded" if request.question in self.down else "no text (refusal)"
        kind = "provider" if request.question in self.down else "content"
        said = (text, None, None) if text is not None else (None, problem, kind)
        return [Answer(request.key, s, *said, "stop", None, 20, 100, 40, "live") for s in samples]


def rewriter_with(
    endpoint: Replies, home: Path, model: str = "m", concurrency: int = 2, price: Price | None = None
) -> Rewriter:
    """The real rewriter and asker over an endpoint, with a cache in a folder."""
    asker = Asker(endpoint, AnswerCache(home / "answers.sqlite"), concurrency, price=price)
    return Rewriter(asker, model, price)
