"""The rewriter: drafts of rationales in the words of a language model, each accepted only by its check.

Drafts are asked for side by side through the asker and the cache of answers that programs come from, so no
text is paid for twice. Whatever the model writes is data: a text that the check refuses is kept as a refusal,
and the draft stands.

Not here: the check itself, which the caller brings (`vpd.rationale.stage`), what is counted
(`vpd.rewriting.report`).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from vpd.chat.answers import Answer, AnswerCache
from vpd.chat.asker import Asker
from vpd.chat.endpoint import open_endpoint
from vpd.chat.price import Price
from vpd.errors import ConfigError, EndpointError
from vpd.rewriting.boxes import Masked, mask
from vpd.rewriting.prompt import REWRITER, build_request
from vpd.sampling.plan import Plan, load_plan
from vpd.settings import Settings

_CLOSING = "The answer is "


@dataclass(frozen=True)
class Refusal:
    """Why a text is not used: a class for counting, and what is wrong."""

    kind: str
    message: str


@dataclass(frozen=True)
class Draft:
    """A rationale that may stand, ending in "The answer is X.", and the check for other words of it."""

    text: str
    check: Callable[[str], Refusal | None]


@dataclass(frozen=True)
class Rewording:
    """What a model made of a draft: the text with its boxes, empty if there is none, and why it is refused.

    Beside the kinds of the check there are `endpoint` (the model gave no text), `same` (the draft's own text)
    and `answer` (the draft's closing sentence is not at the end).
    """

    draft: str
    text: str
    refusal: Refusal | None
    answer: Answer

    @property
    def accepted(self) -> bool:
        """Whether the text may take the draft's place."""
        return self.refusal is None


class Rewriter:
    """Asks one model; `price` is for what is reported."""

    def __init__(self, asker: Asker, model: str, price: Price | None = None) -> None:
        self._asker, self._model = asker, model
        self.price = price

    @property
    def name(self) -> str:
        """Who wrote an accepted text: the version of the prompt and the model."""
        return f"{REWRITER}:{self._model}"

    @property
    def identity(self) -> dict[str, str]:
        """Everything that decides what the model writes."""
        return {"name": self.name, "request": build_request(self._model, "").key}

    def reword(self, drafts: Sequence[Draft]) -> list[Rewording]:
        """Return what became of each draft, in order; drafts that differ in boxes alone are asked once.

        Raises EndpointError if an answer does not come, at the end if only some do not; StoreError if answers
        cannot be kept. What was answered is kept.
        """
        masked = [mask(draft.text) for draft in drafts]
        requests = {text: build_request(self._model, text) for text in dict.fromkeys(m.text for m in masked)}
        answers = dict(zip(requests, self._asker.ask(requests.values()), strict=True))
        missing = [answer for answer in answers.values() if not answer.final]
        if missing:
            raise EndpointError(
                f"{len(missing)} of {len(answers)} rationales were not reworded, the first because: "
                f"{missing[0].problem}. All other answers are kept; run again to ask for these alone"
            )
        return [_reworded(d, m, answers[m.text]) for d, m in zip(drafts, masked, strict=True)]


def _reworded(draft: Draft, masked: Masked, answer: Answer) -> Rewording:
    text = masked.unmask(" ".join((answer.text or "").split()))
    return Rewording(draft.text, text, _refusal(draft, text, answer), answer)


def _refusal(draft: Draft, text: str, answer: Answer) -> Refusal | None:
    if answer.text is None:
        return Refusal("endpoint", f"the model gave no text: {answer.problem}")
    if text == draft.text:
        return Refusal("same", "it is the draft, word by word")
    closing = draft.text[draft.text.rindex(_CLOSING) :]
    if not text.endswith(closing[1:]):  # "so the answer is 2." will do
        return Refusal("answer", f"it does not end with {closing!r}")
    return draft.check(text)


@contextmanager
def open_rewriter(
    settings: Settings, plan: Plan | None = None, model: str = "", threads: int = 2
) -> Iterator[Rewriter]:
    """Open the rewriter that asks a model of a plan, by default the first that holds a conversation.

    The plan is by default the one that the environment describes; `threads` are the embedded model's. Nobody
    is contacted before an answer is missing in the cache. Raises ConfigError if the plan has no such model,
    StoreError if answers cannot be kept.
    """
    plan = plan or load_plan(settings)
    model = _chosen(plan, model)
    where = plan.endpoints[model]
    endpoint = open_endpoint(where, settings, slots=where.concurrency, threads=threads)
    cache = AnswerCache(settings.home / "cache" / "answers.sqlite")
    ceiling = plan.ceiling if where.url else None  # the embedded model costs nothing
    asker = Asker(endpoint, cache, where.concurrency, where.budget(), where.price, ceiling)
    try:
        yield Rewriter(asker, model, where.price)
    finally:
        asker.close()


def _chosen(plan: Plan, model: str) -> str:
    """Return the model's name if the plan has it, the first one's for an empty name."""
    able = [writer.model for writer in plan.config.writers if writer.style == "chat"]
    if model in able:
        return model
    if able and not model:
        return able[0]
    raise ConfigError(
        f"no language model {model!r} to reword rationales: those that hold a conversation (style chat) are "
        f"{', '.join(able) or 'none'}; name one of them, or add it to the file of models"
    )
