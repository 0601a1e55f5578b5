"""Every table of the pipeline: one typed row each, every column with its meaning.

A `Table` names a row type and its key. Rows are frozen dataclasses; the Parquet schema follows from their
type hints, and `docs/tables.md` is generated from the same annotations. Boxes are (left, top, right, bottom)
in pixels of the stored picture, origin top left. Columns that end in `_json` hold canonical JSON.

Not here: how tables are stored (`vpd.store`) and which stage writes which (`vpd.stage`).
"""

import hashlib
import json
import typing
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from types import UnionType
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin

import polars as pl

Row = TypeVar("Row")

_DTYPES: dict[Any, pl.DataType] = {
    str: pl.String(),
    int: pl.Int64(),
    float: pl.Float64(),
    bool: pl.Boolean(),
    tuple[str, ...]: pl.List(pl.String()),
}


def stable_id(*parts: object) -> str:
    """Return a 20-digit hexadecimal id that depends on the parts and on nothing else."""
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()[:20]


def canonical_json(value: object) -> str:
    """Return the one JSON text for a value: keys sorted, no spaces, UTF-8 kept."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True)
class Column:
    """One column: its name, type, whether it may be null, and what it means."""

    name: str
    dtype: pl.DataType
    nullable: bool
    doc: str


@dataclass(frozen=True)
class Table(Generic[Row]):
    """A named table of rows of one type, unique by `key` within a shard."""

    name: str
    row: type[Row]
    key: str

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns in order, read from the row type's annotations."""
        hints = typing.get_type_hints(self.row, include_extras=True)
        return tuple(_column(f.name, hints[f.name]) for f in fields(self.row))  # type: ignore[arg-type]

    @cached_property
    def schema(self) -> pl.Schema:
        """The polars schema of the table."""
        return pl.Schema({c.name: c.dtype for c in self.columns})

    def frame(self, rows: Iterable[Row]) -> pl.DataFrame:
        """Build a frame of this schema from rows; an empty iterable gives an empty frame."""
        return pl.DataFrame([vars(r) for r in rows], schema=self.schema)

    def rows(self, frame: pl.DataFrame) -> list[Row]:
        """Return the frame's rows as objects."""
        columns = (_values(frame[column.name], column) for column in self.columns)
        return [self.row(*values) for values in zip(*columns, strict=True)]


def _values(series: pl.Series, column: Column) -> list[Any]:
    values = series.to_list()
    if column.dtype != pl.List(pl.String):
        return values
    return [tuple(value) if isinstance(value, list) else value for value in values]


def _column(name: str, hint: Any) -> Column:
    base, doc = get_args(hint)
    nullable = get_origin(base) is UnionType
    kinds = [a for a in get_args(base) if a is not type(None)] if nullable else [base]
    return Column(name, _DTYPES[kinds[0]], nullable, doc)


@dataclass(frozen=True)
class Image:
    """A picture that decoded, stored as a blob under its own sha256."""

    image_id: Annotated[str, "sha256 of the stored file; key, and the name of the blob"]
    image_ref: Annotated[str, "what the source calls the picture (path, address, or generated name)"]
    source: Annotated[str, "name of the registered source"]
    split: Annotated[str, "train, val or test; the same for all questions of the picture"]
    width: Annotated[int, "pixels"]
    height: Annotated[int, "pixels"]
    media_type: Annotated[str, "image/png or image/jpeg"]
    size_bytes: Annotated[int, "size of the stored file"]


@dataclass(frozen=True)
class SceneTruth:
    """Ground truth of a generated picture. For labels and for measuring; no tool or program reads it."""

    image_id: Annotated[str, "key; the picture"]
    image_ref: Annotated[str, "generated name of the picture"]
    scene_json: Annotated[str, "the scene: level, seed and objects (vpd.datasets.scenes.world.Scene)"]


@dataclass(frozen=True)
class Question:
    """A question about one picture."""

    question_id: Annotated[str, "key; unique over all sources"]
    image_id: Annotated[str, "the picture"]
    text: Annotated[str, "the question, white space collapsed"]
    answers: Annotated[tuple[str, ...], "accepted answers as given by the source; empty if unlabelled"]
    choices: Annotated[tuple[str, ...], "options of a multiple-choice question; empty otherwise"]
    family: Annotated[str, "question family for reports, such as count or spatial; 'user' if not given"]
    split: Annotated[str, "train, val or test"]
    held_out_text: Annotated[bool, "the same text occurs in no training question, on purpose"]
    source: Annotated[str, "name of the registered source"]

    @property
    def asks(self) -> tuple[str, tuple[str, ...]]:
        """What programs for it are written for: text and choices; pictures play no part."""
        return self.text, self.choices


@dataclass(frozen=True)
class Candidate:
    """One sampled program for a question, or what came instead of one."""

    candidate_id: Annotated[str, "key; from request, sample and choices"]
    question_text: Annotated[str, "the text the program was written for"]
    choices: Annotated[tuple[str, ...], "the options it was written for; empty if there were none"]
    sample_index: Annotated[int, "its place among the question's candidates, 0 to k-1"]
    round: Annotated[str, "first, repair (after being told what was wrong) or resample"]
    program_id: Annotated[
        str | None, "hash of the canonical program; equal programs share it; null: no parse"
    ]
    call_graph: Annotated[
        str | None, "hash of what it looks at and concludes in made-up worlds; null: it does not answer there"
    ]
    source: Annotated[str, "the program: canonical text if it parses, else what the model wrote"]
    problem: Annotated[
        str | None,
        "kind and message of what is known to be wrong with it without a picture; then it is not run. The "
        "kinds: endpoint (no text came), syntax, unsupported, policy, names, loops, vocabulary, runtime, "
        "budget, blind (it does not look), answer (of another kind than asked for), copied (from an example)",
    ]
    prompt_sha256: Annotated[str, "hash of the prompt text sent"]
    request_key: Annotated[str, "key of the request in the request cache"]
    model: Annotated[str, "model name as sent to the endpoint"]
    origin: Annotated[str, "record or live: where this answer first came from"]
    temperature: Annotated[float, "sampling temperature"]
    logprob: Annotated[float | None, "mean log-probability per token under the model; null if not returned"]
    completion_tokens: Annotated[int, "tokens the model wrote"]
    prompt_tokens: Annotated[int, "tokens it read; of samples of one request all are counted at the first"]
    cached_tokens: Annotated[int, "of these, tokens that the endpoint had in its cache"]
    cost: Annotated[float | None, "US dollars when it was asked for; null: unknown price"]

    @property
    def asks(self) -> tuple[str, tuple[str, ...]]:
        """What it was written for: a question's text and choices."""
        return self.question_text, self.choices


@dataclass(frozen=True)
class Trace:
    """One program run on one question's picture."""

    trace_id: Annotated[str, "key; from question and program"]
    question_id: Annotated[str, "the question"]
    image_id: Annotated[str, "the picture"]
    program_id: Annotated[str, "the program"]
    outcome: Annotated[str, "answered, syntax, unsupported, policy, vocabulary, runtime, budget or crash"]
    answer: Annotated[str | None, "the program's answer as text; null unless answered"]
    message: Annotated[str | None, "what went wrong; null if answered"]
    line: Annotated[int | None, "line of the canonical program where it went wrong"]
    limit_reached: Annotated[str | None, "the limit that was reached; null unless the outcome is budget"]
    events_json: Annotated[str, "list of vpd.execution.trace.TraceEvent, without timings"]
    tool_calls: Annotated[int, "calls the program made"]
    cached_calls: Annotated[int, "of these, answered from the tool-call cache; depends on scheduling"]
    tools_version: Annotated[str, "version of the tool set"]
    isolation: Annotated[str, "what stood between the program and the machine"]
    seconds: Annotated[float, "wall time from start to outcome; depends on scheduling"]


@dataclass(frozen=True)
class Probe:
    """What one program answered on other pictures, and with nothing or the opposite to see."""

    probe_id: Annotated[str, "key; from what is asked and the program"]
    question_text: Annotated[str, "the text the program was written for"]
    choices: Annotated[tuple[str, ...], "the options it was written for; empty if there were none"]
    program_id: Annotated[str, "the program"]
    question_ids: Annotated[
        tuple[str, ...], "questions of the train split that ask the same of other pictures"
    ]
    answers: Annotated[tuple[str, ...], "its normalised answers to them, in order; empty if it gave none"]
    labelled_ids: Annotated[tuple[str, ...], "of these questions, those with a label"]
    right_ids: Annotated[tuple[str, ...], "of these, those that it answered right"]
    chance: Annotated[float | None, "share of these that the commonest label answers; null if none"]
    ablations: Annotated[tuple[str, ...], "nothing, shuffled, flipped: those that were tried on one picture"]
    moved: Annotated[tuple[str, ...], "of these, those that changed its answer"]


@dataclass(frozen=True)
class Verdict:
    """What verification says of one candidate for one question."""

    verdict_id: Annotated[str, "key; from question and candidate"]
    question_id: Annotated[str, "the question"]
    candidate_id: Annotated[str, "the candidate"]
    program_id: Annotated[str | None, "the program; null if it did not parse"]
    trace_id: Annotated[str | None, "the run that was judged; null if there was none"]
    probe_id: Annotated[str | None, "the probe of its program that was heard; null if there was none"]
    policy: Annotated[str, "name@version of the policy that decided"]
    scorer: Annotated[str, "name@version of the answer scorer"]
    outcome: Annotated[str, "outcome of the run, or the kind of problem for which there was none"]
    answer: Annotated[str | None, "normalised answer"]
    correct: Annotated[bool | None, "the answer equals a label; null if unlabelled"]
    agreement: Annotated[float, "share of the question's candidates with this answer, 0 to 1"]
    alike: Annotated[float, "share of the candidates that answer alike here and on other pictures, 0 to 1"]
    call_graphs: Annotated[int, "different call graphs among the candidates with this answer"]
    fits: Annotated[bool | None, "the answer is of the kind that the question asks for; null: no answer"]
    tried: Annotated[int, "other pictures on which the same question has a label and the program was run"]
    tried_right: Annotated[int, "of these, those that it answered right"]
    luck: Annotated[
        float | None, "chance that guesses do as well there and here; null if there are no others"
    ]
    looked: Annotated[bool | None, "something it saw changed its answer; null if that was not tried"]
    shortcut: Annotated[bool, "it hands the whole question to one tool and returns what that says"]
    ignored: Annotated[
        tuple[str, ...], "words of the question that other programs look for, and this one does not"
    ]
    confidence: Annotated[float | None, "least confidence of a tool in its run; null if none gave one"]
    logprob: Annotated[float | None, "mean log-probability of the program"]
    kept: Annotated[bool, "the candidate is right by the policy"]
    kept_by: Annotated[tuple[str, ...], "all policies that would keep it, for comparison"]
    chosen: Annotated[bool, "of the kept ones, the one whose trace becomes the rationale"]
    refused_by: Annotated[
        str | None,
        "what speaks against it (vpd.verification.policy.Decision): outcome, label, unmoved, pictures, "
        "better, luck, shortcut, ignores, meaning or kind; null if kept",
    ]
    reason: Annotated[str, "why, in a few words"]


@dataclass(frozen=True)
class Example:
    """One training or evaluation example: a question in one mode."""

    example_id: Annotated[str, "key; from question, mode and target"]
    question_id: Annotated[str, "the question"]
    image_id: Annotated[str, "the picture"]
    split: Annotated[str, "train, val or test"]
    family: Annotated[str, "question family"]
    held_out_text: Annotated[bool, "the question text occurs in no training question"]
    mode: Annotated[str, "answer or rationale"]
    prompt: Annotated[str, "text given to the student beside the picture"]
    target: Annotated[str, "text the student should write"]
    answer: Annotated[str, "normalised answer that ends the target"]
    verdict_id: Annotated[str | None, "the chosen verdict behind a rationale; null in answer mode"]
    trace_id: Annotated[str | None, "the trace the rationale was rendered from; null in answer mode"]
    renderer: Annotated[str, "name@version of the rationale renderer; empty in answer mode"]


@dataclass(frozen=True)
class Prediction:
    """What one model said to one evaluation question in one mode."""

    prediction_id: Annotated[str, "key; from model, mode and question"]
    model: Annotated[str, "student, instruct, prior or programs"]
    mode: Annotated[str, "answer or rationale; 'program' for programs"]
    question_id: Annotated[str, "the question"]
    family: Annotated[str, "question family"]
    held_out_text: Annotated[bool, "the question text occurs in no training question"]
    text: Annotated[str, "what the model wrote"]
    answer: Annotated[str | None, "normalised answer read from the text; null if there is none"]
    correct: Annotated[bool, "the answer equals a label"]
    seconds: Annotated[float, "wall time per question; batched models share a batch's time evenly"]


@dataclass(frozen=True)
class Refused:
    """An input row that was not taken, and why."""

    row: Annotated[str, "key; the row's id, or file and line"]
    source: Annotated[str, "name of the registered source"]
    problem: Annotated[str, "what is wrong and what to do"]


IMAGES = Table("images", Image, "image_id")
SCENE_TRUTH = Table("scene_truth", SceneTruth, "image_id")
QUESTIONS = Table("questions", Question, "question_id")
PROGRAMS = Table("programs", Candidate, "candidate_id")
REPLACED = Table("replaced", Candidate, "candidate_id")  # candidates that a later round took the place of
TRACES = Table("traces", Trace, "trace_id")
PROBES = Table("probes", Probe, "probe_id")
VERDICTS = Table("verdicts", Verdict, "verdict_id")
EXAMPLES = Table("examples", Example, "example_id")
PREDICTIONS = Table("predictions", Prediction, "prediction_id")
REFUSED = Table("refused", Refused, "row")

TABLES: tuple[Table[Any], ...] = (
    IMAGES,
    SCENE_TRUTH,
    QUESTIONS,
    PROGRAMS,
    REPLACED,
    TRACES,
    PROBES,
    VERDICTS,
    EXAMPLES,
    PREDICTIONS,
    REFUSED,
)
