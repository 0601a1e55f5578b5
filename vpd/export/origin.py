"""Where a data set comes from, counted over its shards for the card: nothing that is not in the store.

Counts are of rows: a candidate of a text that several shards ask is counted in each. Held in memory: the
hash of every distinct prompt.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vpd.datasets.sources import SourceSpec, source_of
from vpd.rationale.faithful import CHECKER
from vpd.records import (
    EXAMPLES,
    IMAGES,
    PROGRAMS,
    QUESTIONS,
    TRACES,
    VERDICTS,
    Candidate,
    Question,
    Verdict,
    canonical_json,
)
from vpd.store import ArtifactStore

TABLES = (IMAGES, QUESTIONS, PROGRAMS, TRACES, VERDICTS, EXAMPLES)
NOT_STATED = "not stated"


@dataclass(frozen=True)
class SourceOrigin:
    """A source of pictures and questions; licence and seed as registered with it, if they were."""

    name: str
    kind: str
    licence: str
    seed: str


@dataclass(frozen=True)
class ExampleCount:
    """How many examples of a split, mode and family there are."""

    split: str
    mode: str
    family: str
    examples: int


@dataclass(frozen=True)
class YieldCount:
    """What became of the candidates for the questions of a family under a policy."""

    policy: str
    family: str
    candidates: int
    answered: int
    correct: int
    kept: int
    questions: int
    kept_questions: int


@dataclass(frozen=True)
class Origin:
    """What a data set was made from and with.

    `version` is the hash of the digests of its shards, `shards` those digests by shard and table. `models`
    and `dropped` (rationales not used, by reason) are counts. `prompts` is the number of distinct prompts,
    `prompts_sha256` the hash of their sorted hashes.
    """

    version: str
    shards: Mapping[str, Mapping[str, str]]
    sources: tuple[SourceOrigin, ...]
    pictures: int
    questions: int
    unlabelled: int
    examples: tuple[ExampleCount, ...]
    yields: tuple[YieldCount, ...]
    dropped: Mapping[str, int]
    models: Mapping[str, int]
    prompts: int
    prompts_sha256: str
    policies: tuple[str, ...]
    scorers: tuple[str, ...]
    tools: tuple[str, ...]
    renderers: tuple[str, ...]
    checker: str


def collect_origin(store: ArtifactStore, shards: Sequence[str]) -> Origin:
    """Read every shard once and return what there is to say; raises MissingShardError."""
    counted = _Counted()
    digests = {}
    for shard in shards:
        digests[shard] = {table.name: store.manifest(table, shard).data_sha256 for table in TABLES}
        counted.add(store, shard)
    return Origin(
        version=hashlib.sha256(canonical_json(digests).encode()).hexdigest()[:16],
        shards=digests,
        sources=tuple(_source(store, name) for name in dict.fromkeys(map(source_of, shards))),
        pictures=counted.pictures,
        questions=counted.questions,
        unlabelled=counted.unlabelled,
        examples=tuple(ExampleCount(*key, count) for key, count in sorted(counted.examples.items())),
        yields=tuple(_yield(key, counts) for key, counts in sorted(counted.yields.items())),
        dropped=dict(sorted(counted.dropped.items())),
        models=dict(sorted(counted.models.items())),
        prompts=len(counted.prompts),
        prompts_sha256=hashlib.sha256("\n".join(sorted(counted.prompts)).encode()).hexdigest(),
        policies=tuple(sorted({policy for policy, _ in counted.yields})),
        scorers=tuple(sorted(counted.scorers)),
        tools=tuple(sorted(counted.tools)),
        renderers=tuple(sorted(counted.renderers)),
        checker=CHECKER,
    )


class _Counted:
    """Sums over shards."""

    def __init__(self) -> None:
        self.pictures = self.questions = self.unlabelled = 0
        self.examples: Counter[tuple[str, str, str]] = Counter()
        self.yields: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self.dropped: Counter[str] = Counter()
        self.models: Counter[str] = Counter()
        self.prompts: set[str] = set()
        self.scorers: set[str] = set()
        self.tools: set[str] = set()
        self.renderers: set[str] = set()

    def add(self, store: ArtifactStore, shard: str) -> None:
        """Add one shard."""
        self.pictures += store.manifest(IMAGES, shard).rows
        questions = QUESTIONS.rows(store.read_shard(QUESTIONS, shard))
        self.questions += len(questions)
        self.unlabelled += sum(not q.answers for q in questions)
        self._add_candidates(PROGRAMS.rows(store.read_shard(PROGRAMS, shard)))
        self._add_verdicts(questions, VERDICTS.rows(store.read_shard(VERDICTS, shard)))
        self.tools.update(store.read_shard(TRACES, shard)["tools_version"].unique())
        examples = store.read_shard(EXAMPLES, shard)
        self.examples.update(examples.select("split", "mode", "family").iter_rows())
        self.renderers.update(name for name in examples["renderer"].unique() if name)
        self.dropped.update(store.manifest(EXAMPLES, shard).stats.get("dropped", {}))

    def _add_candidates(self, candidates: Sequence[Candidate]) -> None:
        self.models.update(c.model for c in candidates)
        self.prompts.update(c.prompt_sha256 for c in candidates)

    def _add_verdicts(self, questions: Sequence[Question], verdicts: Sequence[Verdict]) -> None:
        families = {q.question_id: q.family for q in questions}
        judged: set[tuple[str, str]] = set()
        kept: set[tuple[str, str]] = set()
        for v in verdicts:
            self.scorers.add(v.scorer)
            counts = self.yields[v.policy, families[v.question_id]]
            counts.update(
                candidates=1, answered=v.answer is not None, correct=bool(v.correct), kept=int(v.kept)
            )
            judged.add((v.policy, v.question_id))
            if v.kept:
                kept.add((v.policy, v.question_id))
        for policy, question_id in judged:
            is_kept = (policy, question_id) in kept
            self.yields[policy, families[question_id]].update(questions=1, kept_questions=int(is_kept))


def _yield(key: tuple[str, str], counts: Counter[str]) -> YieldCount:
    names = ("candidates", "answered", "correct", "kept", "questions", "kept_questions")
    return YieldCount(*key, *(counts[name] for name in names))


def _source(store: ArtifactStore, name: str) -> SourceOrigin:
    """Return what is registered of a source; one that is not registered has a name alone."""
    document = store.get_document(f"sources/{name}")
    if document is None:
        return SourceOrigin(name, NOT_STATED, NOT_STATED, NOT_STATED)
    spec = SourceSpec(**document)
    licence, seed = (str(spec.options.get(key, NOT_STATED)) for key in ("licence", "seed"))
    return SourceOrigin(name, spec.kind, licence, seed)
