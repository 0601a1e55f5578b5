"""The candidates of one question: first answers, then what replaces those that are bad or say the same.

Three rounds. First answers; each bad program once more by its writer, who is told what is wrong; then up to
`resample` candidates that are still bad, or do what an earlier one does, at a higher temperature. A
replacement stands only if it is better: clean, and in the last round new. What was replaced stays, as data.

Every round's requests follow from the answers before, which are kept, so a run that was killed goes on inside
a question where it was.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from vpd.chat.answers import Answer
from vpd.chat.request import Request
from vpd.review.finding import Finding
from vpd.review.reviewer import Review
from vpd.sampling.copied import copied_word
from vpd.sampling.prompt import Asked, shown_examples
from vpd.sampling.repair import build_repair
from vpd.sampling.request import SamplingConfig, Writer, build_request, request_for
from vpd.tools.toolset import find_toolset

Round = Literal["first", "repair", "resample"]
Start = Callable[[Writer, Request, Sequence[int]], Future[list[Answer]]]


class ProgramReviewer(Protocol):
    """What is known of programs before any picture is touched (`vpd.review.reviewer`)."""

    version: str

    def review(self, question: str, texts: Sequence[str], choices: Sequence[str] = ()) -> list[Review]:
        """Return one review per text."""
        ...


@dataclass(frozen=True)
class Draft:
    """One answer for one of the k places of a question, and what is known of it.

    finding: what is wrong with the program, None if nothing is known or there is no program
    stands:  whether it is one of the question's k candidates in the end
    """

    place: int
    round: Round
    writer: Writer
    temperature: float
    request: Request
    answer: Answer
    review: Review | None
    finding: Finding | None
    stands: bool = True

    @property
    def clean(self) -> bool:
        """Whether it is a program with which nothing is wrong as far as is known."""
        return self.review is not None and self.finding is None

    @property
    def sense(self) -> str | None:
        """What the program does: its call graph, else its text's identity; None for no program."""
        if self.review is None or self.review.program is None:
            return None
        return self.review.call_graph or self.review.program.program_id


@dataclass(frozen=True)
class Drafting:
    """Writes the candidates of a question: `start` asks a writer, `reviewer` says what is wrong."""

    config: SamplingConfig
    start: Start
    reviewer: ProgramReviewer

    def write(self, asked: Asked) -> list[Draft]:
        """Return all drafts for a question; those that stand are its k candidates, one a place.

        Raises EndpointError if a language model is needed and does not answer.
        """
        drafts = self._first(asked)
        if self.config.repair:
            drafts = _settled(drafts, self._repaired(asked, drafts))
        if self.config.resample:
            drafts = _settled(drafts, self._resampled(asked, drafts))
        return drafts

    def _first(self, asked: Asked) -> list[Draft]:
        place, orders = 0, []
        for writer in self.config.writers:
            request = build_request(self.config, writer, asked)
            orders.append(_Order(writer, request, tuple(range(place, place + writer.candidates))))
            place += writer.candidates
        return self._asked(asked, "first", self.config.temperature, orders)

    def _repaired(self, asked: Asked, drafts: Sequence[Draft]) -> list[Draft]:
        """Equal bad programs of one writer go into one request."""
        bad: dict[tuple[Writer, str, Finding], list[int]] = defaultdict(list)
        for draft in drafts:
            if draft.finding is not None and draft.answer.text is not None:
                bad[draft.writer, draft.answer.text, draft.finding].append(draft.place)
        orders = []
        for (writer, text, finding), places in bad.items():
            prompt = build_repair(asked, self.config.tools, self.config.examples, writer.style, text, finding)
            request = request_for(self.config, writer, asked, prompt, self.config.temperature)
            orders.append(_Order(writer, request, tuple(places)))
        return self._asked(asked, "repair", self.config.temperature, orders)

    def _resampled(self, asked: Asked, drafts: Sequence[Draft]) -> list[Draft]:
        wanting = _wanting([d for d in drafts if d.stands])[: self.config.resample]
        orders = []
        for writer in self.config.writers:
            places = tuple(draft.place for draft in wanting if draft.writer == writer)
            if places:
                hotter = self.config.model_copy(update={"temperature": self.config.resample_temperature})
                orders.append(_Order(writer, build_request(hotter, writer, asked), places))
        return self._asked(asked, "resample", self.config.resample_temperature, orders)

    def _asked(
        self, asked: Asked, round: Round, temperature: float, orders: Sequence["_Order"]
    ) -> list[Draft]:
        """Have all orders of a round answered side by side, and review the answers."""
        futures = [self.start(o.writer, o.request, range(len(o.places))) for o in orders]
        answers = [future.result() for future in futures]
        reviews = self._reviews(asked, [a.text for found in answers for a in found if a.text is not None])
        drafts = []
        for order, found in zip(orders, answers, strict=True):
            for place, answer in zip(order.places, found, strict=True):
                review = reviews.get(answer.text) if answer.text is not None else None
                finding = self._finding(asked, review)
                drafts.append(
                    Draft(place, round, order.writer, temperature, order.request, answer, review, finding)
                )
        return drafts

    def _reviews(self, asked: Asked, texts: Sequence[str]) -> Mapping[str, Review]:
        distinct = list(dict.fromkeys(texts))
        return dict(zip(distinct, self.reviewer.review(asked.text, distinct, asked.choices), strict=True))

    def _finding(self, asked: Asked, review: Review | None) -> Finding | None:
        if review is None or review.program is None or review.finding is not None:
            return None if review is None else review.finding
        shown = shown_examples(asked, self.config.tools, self.config.examples)
        library = find_toolset(self.config.tools).examples
        copied = copied_word(review.program.source, _all_words(asked), shown, library)
        if copied is None:
            return None
        word, line = copied
        return Finding("copied", f'"{word}" is from another question; this one does not ask about it', line)


@dataclass(frozen=True)
class _Order:
    """A request and the places that its samples are for."""

    writer: Writer
    request: Request
    places: tuple[int, ...]


def _all_words(asked: Asked) -> str:
    return " ".join((asked.text, *asked.choices))


def _wanting(standing: Sequence[Draft]) -> list[Draft]:
    """Return the drafts that are bad, or do what one before them does."""
    seen: set[str | None] = {None}
    wanting = []
    for draft in sorted(standing, key=lambda d: d.place):
        if not draft.clean or draft.sense in seen:
            wanting.append(draft)
        seen.add(draft.sense)
    return wanting


def _settled(drafts: Sequence[Draft], more: Sequence[Draft]) -> list[Draft]:
    """Return all drafts; of two for a place one stands: the later if it is clean, and if resampled, new."""
    settled = list(drafts)
    for draft in more:
        senses = {d.sense for d in settled if d.stands} if draft.round == "resample" else set()
        wins = draft.clean and draft.sense not in senses
        settled = [
            replace(d, stands=False) if wins and d.stands and d.place == draft.place else d for d in settled
        ]
        settled.append(replace(draft, stands=wins))
    return settled
