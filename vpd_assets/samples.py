"""A few rows of a shard as the UI shows them: pictures, questions, programs, traces, rationales.

Always the same rows for the same shard: the first ones by key. Nothing here decides anything.
"""

import re
from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from vpd.execution.trace import events_from_json
from vpd.inspect.drawing import marks
from vpd.inspect.gallery import publish_gallery
from vpd.inspect.wording import described
from vpd.records import EXAMPLES, IMAGES, PROBES, PROGRAMS, QUESTIONS, TRACES
from vpd.sampling.rates import sampling_rates
from vpd.store import ArtifactStore
from vpd_assets.markdown import inline_png, thumbnail
from vpd_assets.shown import ROWS, as_sample, link, one_per, texts

_RATIONALES = pl.col("mode") == "rationale"
QUESTIONS_SHOWN, CANDIDATES_SHOWN = 3, 8


def sample_images(store: ArtifactStore, shard: str) -> dict[str, Any]:
    """Show the first pictures."""
    rows = store.read_shard(IMAGES, shard).sort("image_ref").head(ROWS)
    shown = [thumbnail(store.get_blob(image_id)) for image_id in rows["image_id"]]
    return {"sample": dg.MetadataValue.md(" ".join(shown) or "no pictures")}


def sample_questions(store: ArtifactStore, shard: str) -> dict[str, Any]:
    """Show questions of different families with their pictures and answers."""
    rows = one_per(store, QUESTIONS, shard, "family", "question_id")
    return as_sample(
        {
            "picture": thumbnail(store.get_blob(row["image_id"])),
            "family": row["family"],
            "question": row["text"],
            "answers": ", ".join(row["answers"]),
        }
        for row in rows
    )


def sample_candidates(store: ArtifactStore, shard: str) -> dict[str, Any]:
    """Show rates, and the candidates for the first questions."""
    stats = store.manifest(PROGRAMS, shard).stats
    frame = store.read_shard(PROGRAMS, shard).sort("question_text", "choices", "sample_index")
    shown = [
        f"**{candidates['question_text'][0]}**\n\n" + "\n\n".join(_candidate(row) for row in rows)
        for candidates in frame.partition_by("question_text", "choices", maintain_order=True)[
            :QUESTIONS_SHOWN
        ]
        for rows in [candidates.head(CANDIDATES_SHOWN).to_dicts()]
    ]
    return {
        "k": stats["candidates"] // max(1, stats["texts"]),
        **sampling_rates([stats]),
        "sample": dg.MetadataValue.md("\n\n".join(shown) or "no candidates"),
    }


def _candidate(row: Mapping[str, Any]) -> str:
    """Return a candidate as Python, its fence longer than any in what a model wrote."""
    logprob = "no log-probability" if row["logprob"] is None else f"log-probability {row['logprob']:.3f}"
    said = (
        f"candidate {row['sample_index']}, {row['round']}, {logprob}: {row['problem'] or 'no problem known'}"
    )
    comment = "\n".join(f"# {line}" for line in said.splitlines())
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", row["source"])), default=0))
    return f"{fence}python\n{comment}\n{row['source']}\n{fence}"


def sample_traces(store: ArtifactStore, shard: str) -> dict[str, Any]:
    """Show runs that ended in an answer, with the boxes that the program looked at, and link the gallery."""
    frame = store.read_shard(TRACES, shard).filter(pl.col("outcome") == "answered").sort("trace_id")
    questions = texts(store, shard)
    return {"gallery": link(publish_gallery, store, shard)} | as_sample(
        {
            "picture": thumbnail(store.get_blob(row["image_id"]), marks(events)),
            "question": questions[row["question_id"]],
            "steps": "\n".join(f"line {event.line}: {described(event)}" for event in events[:8]),
            "answer": row["answer"],
        }
        for row in frame.head(ROWS).iter_rows(named=True)
        for events in [events_from_json(row["events_json"])]
    )


def sample_probes(store: ArtifactStore, shard: str) -> dict[str, Any]:
    """Show the programs that did worst on other pictures, and those that nothing moved."""
    share = pl.col("right_ids").list.len() / pl.col("labelled_ids").list.len()
    unmoved = (pl.col("moved").list.len() == 0) & (pl.col("ablations").list.len() > 0)
    frame = store.read_shard(PROBES, shard).with_columns(share=share, unmoved=unmoved)
    worst = frame.sort("unmoved", "share", "probe_id", descending=[True, False, False], nulls_last=True)
    sources = dict(store.read_shard(PROGRAMS, shard).select("program_id", "source").iter_rows())
    return as_sample(
        {
            "question": row["question_text"],
            "program": sources[row["program_id"]],
            "right on other pictures": f"{len(row['right_ids'])} of {len(row['labelled_ids'])}",
            "changed by": ", ".join(row["moved"]) or "nothing",
        }
        for row in worst.head(ROWS).iter_rows(named=True)
    )


def sample_examples(store: ArtifactStore, shard: str) -> dict[str, Any]:
    """Show lengths and drops, and rationales of different families with the boxes that they name."""
    traces = dict(store.read_shard(TRACES, shard).select("trace_id", "events_json").iter_rows())
    return {"rationales": dg.MetadataValue.md(_rationales(store, shard))} | as_sample(
        {
            "picture": thumbnail(
                store.get_blob(row["image_id"]), marks(events_from_json(traces[row["trace_id"]]))
            ),
            "family": row["family"],
            "prompt": row["prompt"],
            "rationale": row["target"],
        }
        for row in one_per(store, EXAMPLES, shard, "family", "example_id", _RATIONALES)
    )


def _rationales(store: ArtifactStore, shard: str) -> str:
    """Return a chart of how long rationales are, and of how many were dropped for what."""
    from vpd.inspect.charts import Lengths, rationale_chart

    words = pl.col("target").str.count_matches(r"\S+")
    spread = words.mean().alias("mean"), words.quantile(0.1).alias("low"), words.quantile(0.9).alias("high")
    frame = store.read_shard(EXAMPLES, shard).filter(_RATIONALES).group_by("family").agg(pl.len(), *spread)
    families = {family: Lengths(*found) for family, *found in frame.iter_rows()}
    return inline_png(rationale_chart(families, store.manifest(EXAMPLES, shard).stats["dropped"]))
