"""A store with one shard of real runs: questions, programs, traces and verdicts."""

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image as PillowImage

from tests.rationale.told import SIZE, Told
from vpd.execution.trace import events_to_json
from vpd.records import IMAGES, PROBES, PROGRAMS, QUESTIONS, TRACES, Candidate, Image, Question, Table, Trace
from vpd.store import ArtifactStore
from vpd.verification.stage import verify_programs


def _picture(number: int) -> bytes:
    """Return a small PNG, another one for every number."""
    file = io.BytesIO()
    PillowImage.new("RGB", (SIZE, SIZE), (number, 10, 200)).save(file, "PNG")
    return file.getvalue()


def fill(folder: Path, told: Mapping[str, Told]) -> None:
    """One question per shape, labelled with the right answer; three share a picture, every fifth is in val.

    Question "unlabelled" has one candidate and no label, "wrong" a label that its program misses, "blind" a
    right program that looks at nothing.
    """
    store = ArtifactStore.open(str(folder))
    blind = Told('def execute_command(image):\n    return "2"', (), "2", "")
    extra = {"unlabelled": told["count"], "wrong": told["exists"], "blind": blind}
    labels = {"unlabelled": (), "wrong": ("no",), "blind": ("2",)}
    images, questions, programs, traces = {}, [], [], []
    for number, (name, run) in enumerate({**told, **extra}.items()):
        picture = _picture(number // 3)
        image_id = store.put_blob(picture)
        split = "val" if number // 3 % 5 == 4 else "train"
        about = (f"{image_id}.png", "scenes", split, SIZE, SIZE, "image/png", len(picture))
        images[image_id] = Image(image_id, *about)
        label = labels.get(name, (run.answer,))
        questions.append(Question(name, image_id, f"{name}?", label, (), name[:5], split, False, "scenes"))
        program = (f"{name}?", (), 0, "first", f"p-{name}", None, run.source, None, "h", "r", "m", "record")
        programs.append(Candidate(f"c-{name}", *program, 0.5, -0.3, 9, 80, 0, None))
        row = (
            name,
            image_id,
            f"p-{name}",
            "answered",
            run.answer,
            None,
            None,
            None,
            events_to_json(run.events),
        )
        traces.append(Trace(f"t-{name}", *row, 1, 0, "oracle", "vm", 0.1))
    tables: tuple[tuple[Table[Any], Iterable[Any]], ...] = (
        (IMAGES, images.values()),
        (QUESTIONS, questions),
        (PROGRAMS, programs),
        (TRACES, traces),
        (PROBES, ()),
    )
    for table, rows in tables:
        store.write_shard(table, "s-000", table.frame(rows), "f")
    verify_programs(store, "s-000", policy="label")
