"""Rationales with a label on each sentence, in TRL's stepwise supervision form, for process reward models.

`completions` are the sentences, `labels` say which are true, and the last one is the answer. The labels come
from runs that verification kept, not from ground truth:

- a kept run's rationale is true in every sentence;
- in the rationale of a wrong run a sentence is true if a kept run of the same question says it, or if its
  trace bears it out (`vpd.rationale.checking.claims`); else it is where the wrong run diverges, and false.
  The answer is false.

So a true sentence that no kept run had a reason to check is labelled false, and a mistake of the tools that
both runs share is labelled true. VisualPRM (Wang et al. 2025, arXiv:2503.10291), after Math-Shepherd (Wang et
al. 2024), labels a step by Monte Carlo instead: by how often continuations from it reach the right answer.
"""

from collections.abc import Iterable, Sequence

from vpd.export.tables import FLAGS, TEXT, TEXTS, ExportTable, Row, split_name
from vpd.export.told import Told
from vpd.rationale.checking.claims import check_sentence
from vpd.rationale.checking.facts import Facts
from vpd.rationale.prompts import prompt_for
from vpd.records import Question

_ABOUT = dict.fromkeys(("question_id", "split", "family", "rank", "trace_id"), TEXT)
STEPS = ExportTable(
    "steps",
    "the rationale of one run in sentences, with a label on each",
    {"prompt": TEXT, "completions": TEXTS, "labels": FLAGS, **_ABOUT},
)


def labelled_steps(question: Question, told: Iterable[Told], most: int) -> list[Row]:
    """Return the labelled rationales of at most `most` kept and as many wrong runs; none if none was kept.

    A kept run that says something its own trace does not bear out, or nothing but the answer, is left out.
    """
    by_text: dict[str, Told] = {}
    for run in told:
        by_text.setdefault(run.text, run)
    runs = by_text.values()
    kept = [run for run in runs if run.tried.rank == "right" and _holds(run)]
    if not kept:
        return []
    true = {sentence for run in kept for sentence in run.sentences}
    facts = [run.facts for run in kept]
    wrong = [run for run in runs if run.tried.rank == "wrong"]
    rows = [_row(question, run, [True] * len(run.sentences)) for run in kept[:most]]
    for run in wrong[:most]:
        labels = (sentence in true or _borne_out(sentence, facts) for sentence in run.claims)
        rows.append(_row(question, run, [*labels, False]))
    return rows


def _holds(run: Told) -> bool:
    return bool(run.claims) and all(_borne_out(sentence, [run.facts]) for sentence in run.claims)


def _borne_out(sentence: str, facts: Sequence[Facts]) -> bool:
    return any(check_sentence(sentence.removesuffix("."), known) is None for known in facts)


def _row(question: Question, run: Told, labels: list[bool]) -> Row:
    columns = {
        "prompt": prompt_for(question.text, "rationale", question.choices),
        "completions": run.sentences,
        "labels": labels,
        "question_id": question.question_id,
        "split": split_name(question.split),
        "family": question.family,
        "rank": run.tried.rank,
        "trace_id": run.tried.trace_id or "",
    }
    return Row(question.split, question.image_id, columns)
