"""The gallery of a shard: what it counts, what it shows, and how it is kept in the store."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from vpd.errors import MissingShardError
from vpd.execution.engine import Engine
from vpd.execution.stage import execute_programs
from vpd.inspect import album
from vpd.inspect.album import PER_GROUP
from vpd.inspect.gallery import publish_gallery, shard_gallery
from vpd.records import PROGRAMS, QUESTIONS, TRACES, VERDICTS
from vpd.store import ArtifactStore, blob_name
from vpd.verification.stage import verify_programs

Check = Callable[[str], Any]
SHARD = "tests-000"


def shown(page: Any) -> dict[str, int]:
    """The number of cards of each group."""
    groups = [section for section in page.every("section", "group") if section.every("ul", "cards")]
    return {g.attributes["id"].removeprefix("group-"): len(g.every("a", "card")) for g in groups}


def counted(page: Any) -> dict[str, int]:
    links = [link.text.split() for link in page.one("ul", "groups").every("a")]
    return {name: int(count) for _, name, count, _ in links}


def test_gallery_counts_every_run_by_how_it_ended(store: ArtifactStore, assert_harmless: Check) -> None:
    verify_programs(store, SHARD)
    page = assert_harmless(shard_gallery(store, SHARD))
    runs = {
        (v.question_id, v.program_id or v.candidate_id): v
        for v in VERDICTS.rows(store.read_shard(VERDICTS, SHARD))
    }
    words = {True: "right", False: "wrong", None: "answered"}
    wanted = Counter(v.outcome if v.answer is None else words[v.correct] for v in runs.values())
    assert set(wanted) == {"right", "wrong", "answered", "vocabulary", "runtime", "budget", "syntax"}
    assert counted(page) == wanted
    assert shown(page) == {name: min(count, PER_GROUP) for name, count in wanted.items()}


def test_gallery_before_verification_judges_by_the_label_alike(store: ArtifactStore, parse: Check) -> None:
    before = counted(parse(shard_gallery(store, SHARD)))
    verify_programs(store, SHARD)
    assert counted(parse(shard_gallery(store, SHARD))) == before


def test_gallery_is_the_same_each_time(store: ArtifactStore) -> None:
    assert shard_gallery(store, SHARD) == shard_gallery(store, SHARD)


def test_gallery_every_card_opens_its_run_in_the_same_file(
    store: ArtifactStore, assert_harmless: Check
) -> None:
    page = assert_harmless(shard_gallery(store, SHARD))
    cards = page.every("a", "card")
    runs = {run.attributes["id"]: run for run in page.every("section", "open")}
    assert len(cards) == len(runs) > 20
    for card in cards:
        run = runs[card.attributes["href"].removeprefix("#")]
        assert run.one("h3").text == card.one("span", "ask").text
    ids = [element.attributes["id"] for element in page.every() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    assert {link.attributes["href"].removeprefix("#") for link in page.every("a")} <= set(ids)


def test_gallery_holds_each_picture_once(store: ArtifactStore, parse: Check) -> None:
    html = shard_gallery(store, SHARD)
    pictures = [image.attributes["id"] for image in parse(html).every("image")]
    assert len(pictures) == len(set(pictures)) == 2
    assert html.count("data:image/") == 2


def test_gallery_of_a_vanished_picture_shows_the_crash(
    store: ArtifactStore, engine: Engine, assert_harmless: Check
) -> None:
    gone = QUESTIONS.rows(store.read_shard(QUESTIONS, SHARD))[0].image_id
    store.objects.delete(blob_name(gone))
    store.objects.delete(f"tables/{TRACES.name}/{SHARD}/manifest.json")
    execute_programs(store, SHARD, engine)
    page = assert_harmless(shard_gallery(store, SHARD))
    assert counted(page)["crash"] > 0
    assert page.every("div", "nopicture")


def test_gallery_of_hostile_questions_runs_nothing(
    store: ArtifactStore, engine: Engine, assert_harmless: Check
) -> None:
    attack = "</style><script>alert(1)</script>\" onload='x' \u202e\x1b"
    texts: dict[str, str] = {}
    for table, column in ((QUESTIONS, "text"), (PROGRAMS, "question_text")):
        rows = table.rows(store.read_shard(table, SHARD))
        texts |= {getattr(row, column): getattr(row, column) + attack for row in rows}
        changed = [replace(row, **{column: texts[getattr(row, column)]}) for row in rows]
        store.write_shard(table, SHARD, table.frame(changed), "hostile")
    execute_programs(store, SHARD, engine)
    html = shard_gallery(store, SHARD)
    assert assert_harmless(html).text.count("<script>alert(1)</script>") > 40
    assert not {"\u202e", "\x1b"} & set(html)


def test_gallery_of_huge_programs_stays_within_its_size(
    store: ArtifactStore, engine: Engine, parse: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = PROGRAMS.rows(store.read_shard(PROGRAMS, SHARD))
    body = "\n".join(f"    v{n} = {n}" for n in range(200))
    large = [
        replace(row, source=row.source.replace("\n", f"\n{body}\n", 1)) for row in rows if row.program_id
    ]
    store.write_shard(PROGRAMS, SHARD, PROGRAMS.frame(large[:20]), "large")
    execute_programs(store, SHARD, engine)
    whole = shard_gallery(store, SHARD)
    monkeypatch.setattr(album, "LARGEST", 300_000)
    cut = shard_gallery(store, SHARD)
    assert counted(parse(cut)) == counted(parse(whole))
    assert 0 < sum(shown(parse(cut)).values()) < sum(shown(parse(whole)).values())
    assert len(cut) < 400_000


def test_gallery_of_a_shard_that_is_not_there_names_it(store: ArtifactStore) -> None:
    with pytest.raises(MissingShardError, match="tests-404"):
        shard_gallery(store, "tests-404")


def test_gallery_of_a_shard_without_programs_says_so(
    store: ArtifactStore, engine: Engine, assert_harmless: Check
) -> None:
    store.write_shard(PROGRAMS, SHARD, PROGRAMS.frame([]), "none")
    execute_programs(store, SHARD, engine)
    assert "No program was run" in assert_harmless(shard_gallery(store, SHARD)).one("main").text


def galleries(store: ArtifactStore) -> list[str]:
    return store.objects.list(f"galleries/{SHARD}/")


def test_published_gallery_is_kept_once_and_follows_the_data(store: ArtifactStore, engine: Engine) -> None:
    address = publish_gallery(store, SHARD)
    [name] = galleries(store)
    assert address == f"{store.uri}/{name}"
    store.objects.put(name, b"kept")
    assert publish_gallery(store, SHARD) == address
    assert store.objects.get(name) == b"kept"

    rows = PROGRAMS.rows(store.read_shard(PROGRAMS, SHARD))
    store.write_shard(PROGRAMS, SHARD, PROGRAMS.frame(rows[:3]), "fewer")
    execute_programs(store, SHARD, engine)
    newer = publish_gallery(store, SHARD)
    assert newer != address
    assert [f"{store.uri}/{name}" for name in galleries(store)] == [newer]


def test_published_gallery_after_a_stop_at_any_point_is_whole(
    store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Stands for the death of the process: nothing catches it."""

    def dies(*_: object) -> None:
        raise Killed

    store.objects.put(f"galleries/{SHARD}/{'0' * 20}.html", b"older")
    for step in ("put", "delete"):
        with monkeypatch.context() as patch:
            patch.setattr(store.objects, step, dies)
            with pytest.raises(Killed):
                publish_gallery(store, SHARD)
    assert all(store.objects.get(name) for name in galleries(store))
    address = publish_gallery(store, SHARD)
    data = store.objects.get(address.removeprefix(f"{store.uri}/"))
    assert data is not None
    assert data.decode() == shard_gallery(store, SHARD)


def test_published_gallery_on_s3_has_an_s3_address(store: ArtifactStore, s3_endpoint: str) -> None:
    remote = ArtifactStore.open("s3://vpd/gallery", s3_endpoint)
    for name in store.objects.list(""):
        data = store.objects.get(name)
        assert data is not None
        remote.objects.put(name, data)
    address = publish_gallery(remote, SHARD)
    assert re.fullmatch(rf"s3://vpd/gallery/galleries/{SHARD}/[0-9a-f]+\.html", address)
    assert galleries(remote) == [address.removeprefix(f"{remote.uri}/")]
