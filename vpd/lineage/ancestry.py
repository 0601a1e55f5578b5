"""Ancestry and offspring of a row: image, question, program, trace, probe, verdict, example, run, model.

A model leads back to its evaluation and training run, and a run to the run it started from, if any, and to
the shards that both read, with their digests. Rows name their parents by id, so ancestors are followed
upward one by one. Offspring are found by the question or the verdicts that a row belongs to. A training run
is offspring of a row if an example from the row is of the train split, in a shard the run read, and of a mode
its arm learns, or if it started from such a run.

Not here: how it is shown (`vpd.cli.lineage`).
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Literal

from vpd.distill.checkpoint import base_run
from vpd.distill.config import MODES
from vpd.errors import ConfigError, DataError
from vpd.lineage.catalog import Catalog

# Kind of row, its table and its key; a kind's parents come after it.
KINDS = {
    "prediction": ("predictions", "prediction_id"),
    "example": ("examples", "example_id"),
    "verdict": ("verdicts", "verdict_id"),
    "probe": ("probes", "probe_id"),
    "trace": ("traces", "trace_id"),
    "candidate": ("programs", "candidate_id"),
    "replaced": ("replaced", "candidate_id"),
    "program": ("programs", "program_id"),
    "question": ("questions", "question_id"),
    "image": ("images", "image_id"),
}
DOCUMENTS = {"run": "runs", "evaluation": "evaluations", "model": "models"}
PARENTS = ("verdict", "probe", "trace", "candidate", "question", "image")
STUDENT = "student"  # the arm that is registered
MATCHES_SHOWN = 10


@dataclass(frozen=True)
class Step:
    """One row of a chain: its kind, id and columns (of a run, evaluation or model: its document)."""

    kind: str
    id: str
    row: dict[str, Any]


@dataclass(frozen=True)
class ReadShard:
    """A shard of examples that a training run read, and what the store has of it now."""

    shard: str
    sha256: str
    now: Literal["same", "replaced", "gone"]


@dataclass(frozen=True)
class Lineage:
    """A row with its ancestors, oldest first and the row itself last, and its offspring's ids by kind.

    `shards` are those that the training runs in the chain read.
    """

    chain: list[Step]
    offspring: dict[str, list[str]]
    shards: tuple[ReadShard, ...] = ()


def row_lineage(catalog: Catalog, prefix: str) -> Lineage:
    """Return the lineage of any row, training run, evaluation or model version by its id or a unique prefix.

    Raises DataError if the id is unknown, ConfigError if it fits several rows.
    """
    kind, found = find_id(catalog, prefix, list(KINDS))
    if kind in DOCUMENTS:
        return _document_lineage(catalog, kind, found)
    table, key = KINDS[kind]
    row = catalog.rows(f"SELECT * FROM {table} WHERE {key} = $id ORDER BY ALL LIMIT 1", {"id": found})[0]
    chain = _ancestors(catalog, Step(kind, found, row))
    return Lineage(chain, _offspring(catalog, kind, found))


def image_impact(catalog: Catalog, image: str) -> Lineage:
    """Return what came from a picture, given by id, unique prefix, or its reference in the source.

    Raises DataError if there is no such picture, ConfigError if several fit.
    """
    named = catalog.rows("SELECT DISTINCT image_id FROM images WHERE image_ref = $ref", {"ref": image})
    if len(named) > 1:
        raise ConfigError(
            f"{len(named)} pictures are called {image!r}: {_listed(named, 'image_id')}; give an id"
        )
    found = named[0]["image_id"] if named else find_id(catalog, image, ["image"])[1]
    row = catalog.rows("SELECT * FROM images WHERE image_id = $id ORDER BY ALL LIMIT 1", {"id": found})[0]
    return Lineage([Step("image", found, row)], _offspring(catalog, "image", found))


def find_id(catalog: Catalog, prefix: str, kinds: list[str]) -> tuple[str, str]:
    """Return kind and id of the one row whose id is, or else starts with, the prefix.

    Raises DataError if there is none, ConfigError if there are several.
    """
    if not prefix:
        raise ConfigError("an empty id fits every row: give an id or the start of one")
    parts = [
        f"SELECT DISTINCT '{kind}' AS kind, {KINDS[kind][1]} AS id FROM {KINDS[kind][0]} "
        f"WHERE starts_with({KINDS[kind][1]}, $prefix)"
        for kind in kinds
    ]
    sql = f"SELECT * FROM ({' UNION ALL '.join(parts)}) ORDER BY length(id), id LIMIT {MATCHES_SHOWN + 1}"
    matches = catalog.rows(sql, {"prefix": prefix})
    if len(kinds) > 1:
        documents = [(kind, name) for kind, many in DOCUMENTS.items() for name in catalog.documents(many)]
        matches += [{"kind": kind, "id": name} for kind, name in documents if name.startswith(prefix)]
    exact = [m for m in matches if m["id"] == prefix]
    if not matches:
        what = kinds[0] if len(kinds) == 1 else "row"
        raise DataError(f"no {what} in {catalog.store.uri} has an id that starts with {prefix!r}")
    if not exact and len(matches) > 1:
        raise ConfigError(f"{prefix!r} starts more than one id: {_listed(matches, 'id')}; give more digits")
    chosen = (exact or matches)[0]
    return chosen["kind"], chosen["id"]


def _listed(rows: list[dict[str, Any]], key: str) -> str:
    shown = ", ".join(f"{row.get('kind', '')} {row[key]}".strip() for row in rows[:MATCHES_SHOWN])
    return f"{shown}, ..." if len(rows) > MATCHES_SHOWN else shown


def _ancestors(catalog: Catalog, step: Step) -> list[Step]:
    known = dict(step.row)
    above: list[Step] = []
    for kind in PARENTS:
        table, key = KINDS[kind]
        if kind == "candidate" and "candidate_id" not in known and step.kind == "trace":
            known["candidate_id"] = _candidate_of(catalog, step.row)
        if kind == step.kind or known.get(key) is None or (kind == "candidate" and step.kind == "program"):
            continue
        sql = f"SELECT * FROM {table} WHERE {key} = $id ORDER BY shard LIMIT 1"
        for row in catalog.rows(sql, {"id": known[key]}):
            above.insert(0, Step(kind, known[key], row))
            known = {**row, **known}
    return [*above, *_runs_behind(catalog, step), step]


def _candidate_of(catalog: Catalog, trace: dict[str, Any]) -> str | None:
    """A candidate for the trace's question that is the trace's program; equal candidates share a trace."""
    sql = (
        "SELECT candidate_id FROM programs SEMI JOIN questions "
        "ON question_text = text AND programs.choices = questions.choices AND question_id = $question "
        "WHERE program_id = $program ORDER BY sample_index LIMIT 1"
    )
    found = catalog.rows(sql, {"question": trace["question_id"], "program": trace["program_id"]})
    return found[0]["candidate_id"] if found else None


def _runs_behind(catalog: Catalog, step: Step) -> list[Step]:
    """The training run of the model that made a prediction; none for a prior or a program."""
    if step.kind != "prediction":
        return []
    for evaluation in catalog.documents("evaluations").values():
        run = evaluation["runs"].get(step.row["model"])
        if run and step.row["shard"] in [result["shard"] for result in evaluation["results"]]:
            document = catalog.store.get_document(f"runs/{run}")
            return [Step("run", run, document)] if document else []
    return []


def _document_lineage(catalog: Catalog, kind: str, name: str) -> Lineage:
    """The training run, evaluation and model that belong together, up to the one that was asked for."""
    known = {of: catalog.documents(many) for of, many in DOCUMENTS.items()}
    document, ids = known[kind][name], {kind: name}
    if kind == "model":
        ids |= {of: document.get(f"{of}_id", "") for of in ("run", "evaluation")}
    if kind == "evaluation":
        ids["run"] = document["runs"].get(STUDENT, "")
    runs = known.pop("run")
    behind = _with_bases(runs, ids["run"])
    chain = [Step("run", run, runs[run]) for run in behind]
    chain += [Step(of, ids[of], known[of][ids[of]]) for of in known if ids.get(of) in known[of]]
    later = _started_from(runs, {ids["run"]})
    below = {"run": later, "model": _models_of(known["model"], {ids["run"], *later})}
    read = {item for run in behind for item in runs[run].get("digests", {}).items()}
    return Lineage(chain, {} if kind == "model" else below, _shards(catalog, read))


def _with_bases(runs: Mapping[str, Mapping[str, Any]], run: str | None) -> list[str]:
    """Return a run and those it started from one after the other, the oldest first."""
    if run is None or run not in runs:
        return []
    return [*_with_bases(runs, base_run(runs[run].get("config", {}).get("base"))), run]


def _started_from(runs: Mapping[str, Mapping[str, Any]], first: AbstractSet[str]) -> list[str]:
    """Return the runs that started from the model of one of these, or of one that did."""
    return [run for run in runs if run not in first and not first.isdisjoint(_with_bases(runs, run))]


def _shards(catalog: Catalog, read: AbstractSet[tuple[str, str]]) -> tuple[ReadShard, ...]:
    def now(shard: str, digest: str) -> Literal["same", "replaced", "gone"]:
        present = catalog.digests.get(("examples", shard))
        return "gone" if present is None else "same" if present == digest else "replaced"

    return tuple(ReadShard(shard, digest, now(shard, digest)) for shard, digest in sorted(read))


def _offspring(catalog: Catalog, kind: str, found: str) -> dict[str, list[str]]:
    key = KINDS[kind][1]
    if kind in ("image", "question"):
        scope = f"question_id IN (SELECT question_id FROM questions WHERE {key} = $id)"
        where = dict.fromkeys(("trace", "verdict", "example", "prediction"), scope)
        where["candidate"] = f"candidate_id IN (SELECT candidate_id FROM verdicts WHERE {scope})"
        if kind == "image":
            where["question"] = "image_id = $id"
    elif kind in ("candidate", "program", "trace", "probe", "verdict"):
        where = {"example": f"verdict_id IN (SELECT verdict_id FROM verdicts WHERE {key} = $id)"}
        if kind != "verdict":
            where["verdict"] = f"{key} = $id"
        if kind in ("candidate", "program"):
            where["trace"] = f"trace_id IN (SELECT trace_id FROM verdicts WHERE {key} = $id)"
            where["probe"] = f"probe_id IN (SELECT probe_id FROM verdicts WHERE {key} = $id)"
    else:
        where = {"example": "example_id = $id"} if kind == "example" else {}
    ids = {child: _ids(catalog, child, where[child], found) for child in reversed(KINDS) if child in where}
    runs = _runs_of(catalog, where["example"], found) if where else []
    own = {child: names for child, names in ids.items() if child != kind}
    return {**own, "run": runs, "model": _models_of(catalog.documents("models"), set(runs))}


def _ids(catalog: Catalog, kind: str, where: str, found: str) -> list[str]:
    table, key = KINDS[kind]
    sql = f"SELECT DISTINCT {key} AS id FROM {table} WHERE {where} ORDER BY id"
    return [row["id"] for row in catalog.rows(sql, {"id": found})]


def _runs_of(catalog: Catalog, where: str, found: str) -> list[str]:
    """Return the runs trained on the examples, in the version of the shard that the store has now.

    And the runs that started from one of those.
    """
    sql = f"SELECT DISTINCT shard, mode FROM examples WHERE split = 'train' AND ({where})"
    used = [(row["shard"], row["mode"]) for row in catalog.rows(sql, {"id": found})]
    runs = catalog.documents("runs")
    readers = {
        run
        for run, document in runs.items()
        if any(
            document.get("digests", {}).get(shard) == catalog.digests["examples", shard]
            and mode in MODES.get(document.get("arm", ""), MODES["student"])
            for shard, mode in used
        )
    }
    return sorted({*readers, *_started_from(runs, readers)})


def _models_of(models: dict[str, dict[str, Any]], runs: set[str]) -> list[str]:
    return [name for name, document in models.items() if document.get("run_id") in runs]
