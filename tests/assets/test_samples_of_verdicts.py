"""What the UI shows of verdicts and examples: charts, reasons and the gallery of a shard."""

import base64
import io
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from PIL import Image

from vpd.errors import StoreError
from vpd.inspect.reasons import count_reasons
from vpd.inspect.verdicts import verdict_gallery
from vpd.records import VERDICTS
from vpd_assets.cot_dataset import cot_dataset
from vpd_assets.verdict_samples import sample_verdicts
from vpd_assets.verified_programs import verified_programs

LARGEST = 30_000  # bytes of a chart


def chart(markdown: str) -> Image.Image:
    data = base64.b64decode(re.fullmatch(r"!\[\w+\]\(data:image/png;base64,(.*)\)", markdown)[1])
    assert len(data) < LARGEST
    return Image.open(io.BytesIO(data))


def test_verified_programs_show_a_chart_of_the_yields_of_each_shard(done):
    for event in done.events(verified_programs).values():
        assert chart(event.metadata["yield_by_policy"].value).width > 300


def test_cot_dataset_shows_a_chart_of_the_rationales_of_each_shard(done):
    for event in done.events(cot_dataset).values():
        assert chart(event.metadata["rationales"].value).width > 300


def test_verified_programs_count_verdicts_by_reason(done):
    for shard, event in done.events(verified_programs).items():
        counts = count_reasons(VERDICTS.rows(done.store.read_shard(VERDICTS, shard)))
        rows = [line.split(" | ") for line in event.metadata["reasons"].value.splitlines()[2:]]
        assert {name.strip("| "): int(count) for name, count, _ in rows} == counts
        assert counts["chosen"] > 0


def test_verified_programs_link_the_gallery_of_each_shard(done):
    for shard, event in done.events(verified_programs).items():
        address = urlsplit(event.metadata["gallery"].value)
        assert address.scheme == "file"
        assert Path(unquote(address.path)).read_text() == verdict_gallery(done.store, shard)


def test_sample_of_verdicts_without_room_for_a_gallery_shows_the_rest(done, monkeypatch):
    def full(self, name, data):
        raise StoreError("the disk is full")

    monkeypatch.setattr(done.store.objects.__class__, "put", full)
    monkeypatch.setattr(done.store.objects.__class__, "exists", lambda self, name: False)
    shown = sample_verdicts(done.store, done.shards[0])
    assert "the disk is full" in shown["gallery"].value
    assert chart(shown["yield_by_policy"].value)
