"""The gallery of verdicts: what it counts, what it shows of each, and how it is kept in the store."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest

from tests.verdicts import VERDICT
from vpd.errors import MissingShardError
from vpd.inspect.album import PER_GROUP
from vpd.inspect.gallery import publish_gallery
from vpd.inspect.reasons import MEANING, count_reasons, kind_of, reason_class
from vpd.inspect.verdicts import publish_verdicts, verdict_gallery
from vpd.records import PROBES, PROGRAMS, QUESTIONS, VERDICTS, Probe, Verdict
from vpd.store import ArtifactStore
from vpd.verification.policy import RefusedBy
from vpd.verification.stage import verify_programs

Check = Callable[[str], Any]
SHARD = "tests-000"


@pytest.fixture
def verified(store: ArtifactStore) -> ArtifactStore:
    """Verdicts; on other pictures the first program of a question does well, the second badly."""
    others = tuple(f"other-{n}" for n in range(9))
    rows = [
        Probe(c.candidate_id, c.question_text, (), c.program_id, others, answers, others, right, 0.1, (), ())
        for c in PROGRAMS.rows(store.read_shard(PROGRAMS, SHARD))
        if c.program_id is not None and c.sample_index in (0, 1)
        for answers in [(*"321321321",)]
        for right in [others[: 3 if c.sample_index else 9]]
    ]
    store.write_shard(PROBES, SHARD, PROBES.frame(rows), "probes")
    verify_programs(store, SHARD)
    return store


def verdicts(store: ArtifactStore) -> list[Verdict]:
    return VERDICTS.rows(store.read_shard(VERDICTS, SHARD))


def groups(page: Any) -> dict[str, Any]:
    found = [section for section in page.every("section", "group") if section.every("ul", "cards")]
    return {group.attributes["id"].removeprefix("group-"): group for group in found}


def test_every_refusal_of_the_policies_is_a_class_with_a_meaning() -> None:
    for refused_by in get_args(RefusedBy):
        verdict = replace(VERDICT, kept=False, chosen=False, refused_by=refused_by, outcome="runtime")
        name = reason_class(verdict)
        assert MEANING[name]
        assert kind_of(name) == ("failed" if refused_by == "outcome" else "wrong")


def test_kept_verdicts_are_chosen_or_kept() -> None:
    other = replace(VERDICT, chosen=False)
    assert count_reasons([other, VERDICT, other]) == {"chosen": 1, "kept": 2}
    assert {kind_of("chosen"), kind_of("kept")} == {"right"}


def test_outcome_that_is_not_known_is_a_class_of_its_own_and_last() -> None:
    strange = replace(VERDICT, kept=False, chosen=False, refused_by="outcome", outcome="a strange one")
    assert list(count_reasons([strange, VERDICT])) == ["chosen", "a strange one"]


def test_gallery_counts_every_verdict_by_its_class(verified: ArtifactStore, assert_harmless: Check) -> None:
    page = assert_harmless(verdict_gallery(verified, SHARD))
    wanted = count_reasons(verdicts(verified))
    assert {"chosen", "label", "pictures", "meaning", "runtime", "syntax"} <= set(wanted)
    links = [link.text.split() for link in page.one("ul", "groups").every("a")]
    assert {name: int(count) for _, name, count, _ in links} == wanted
    assert list(groups(page)) == list(wanted)


def test_gallery_shows_a_bounded_number_of_each_class_and_says_so(
    verified: ArtifactStore, assert_harmless: Check
) -> None:
    found = groups(assert_harmless(verdict_gallery(verified, SHARD)))
    counts = count_reasons(verdicts(verified))
    for name, group in found.items():
        cards = len(group.every("a", "card"))
        assert 0 < cards <= min(PER_GROUP, counts[name])
        assert (f"{cards} are shown" in group.text) == (cards < counts[name])
    assert max(len(group.every("a", "card")) for group in found.values()) == PER_GROUP


def test_gallery_shows_a_program_of_a_question_once(verified: ArtifactStore, parse: Check) -> None:
    rows = PROGRAMS.rows(verified.read_shard(PROGRAMS, SHARD))
    twins = [replace(row, candidate_id=f"{row.candidate_id}-twin", sample_index=9) for row in rows]
    verified.write_shard(PROGRAMS, SHARD, PROGRAMS.frame([*rows, *twins]), "twins")
    verify_programs(verified, SHARD)
    page = parse(verdict_gallery(verified, SHARD))
    ids = [element.attributes["id"] for element in page.every() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    counts = count_reasons(verdicts(verified))
    assert counts["kept"] > 0
    links = [link.text.split() for link in page.one("ul", "groups").every("a")]
    assert sum(int(count) for _, _, count, _ in links) == len(rows) + len(twins)


def test_gallery_every_card_gives_the_reason_and_opens_the_run_with_its_evidence(
    verified: ArtifactStore, assert_harmless: Check
) -> None:
    page = assert_harmless(verdict_gallery(verified, SHARD))
    of_trace = {v.trace_id: v for v in verdicts(verified)}
    opened = {run.attributes["id"]: run for run in page.every("section", "open")}
    seen: Counter[str] = Counter()
    for name, group in groups(page).items():
        for card in group.every("a", "card"):
            run = opened[card.attributes["href"].removeprefix("#")]
            verdict = of_trace.get(run.attributes["id"])
            if verdict is None:
                continue
            seen[name] += 1
            assert reason_class(verdict) == name
            assert verdict.reason in run.one("p", "said").text
            facts = {
                term.text: text.text
                for panel in run.every("dl", "facts")
                for term, text in zip(panel.every("dt"), panel.every("dd"), strict=True)
            }
            assert facts["Policy"].startswith(verdict.policy)
            if verdict.answer is not None:
                assert verdict.reason in card.one("span", "why").text
            if verdict.tried:
                assert f"{verdict.tried_right} of {verdict.tried}" in facts["Other pictures"]
    assert {"chosen", "label", "pictures", "runtime"} <= set(seen)


def test_gallery_of_unlabelled_questions_gives_reasons_too(
    verified: ArtifactStore, assert_harmless: Check
) -> None:
    rows = QUESTIONS.rows(verified.read_shard(QUESTIONS, SHARD))
    verified.write_shard(QUESTIONS, SHARD, QUESTIONS.frame([replace(q, answers=()) for q in rows]), "bare")
    verify_programs(verified, SHARD)
    page = assert_harmless(verdict_gallery(verified, SHARD))
    assert all(run.one("p", "said").text for run in page.every("section", "open"))
    assert "agreement@2" in page.one("header").text


def test_gallery_of_hostile_texts_runs_nothing(verified: ArtifactStore, assert_harmless: Check) -> None:
    attack = "</style><script>alert(1)</script>\" onload='x' \u202e\x1b"
    texts = ("policy", "outcome", "answer", "reason", "scorer")
    changed = [
        replace(v, **dict.fromkeys(texts, attack), refused_by=attack, kept_by=(attack,))
        for v in verdicts(verified)
    ]
    verified.write_shard(VERDICTS, SHARD, VERDICTS.frame(changed), "hostile")
    html = verdict_gallery(verified, SHARD)
    assert assert_harmless(html).text.count("<script>alert(1)</script>") > PER_GROUP
    assert not {"\u202e", "\x1b"} & set(html)


def test_gallery_of_a_verdict_whose_program_is_gone_counts_it_and_shows_the_others(
    verified: ArtifactStore, parse: Check
) -> None:
    found = verdicts(verified)
    gone = [replace(v, program_id="gone", trace_id="gone") if v.chosen else v for v in found]
    verified.write_shard(VERDICTS, SHARD, VERDICTS.frame(gone), "gone")
    shown = groups(parse(verdict_gallery(verified, SHARD)))
    assert not shown["chosen"].every("a", "card")
    assert shown["label"].every("a", "card")


def test_gallery_before_verification_names_what_is_missing(store: ArtifactStore) -> None:
    with pytest.raises(MissingShardError, match=f"verdicts/{SHARD}"):
        verdict_gallery(store, SHARD)


def test_gallery_of_no_candidates_says_so(verified: ArtifactStore, assert_harmless: Check) -> None:
    verified.write_shard(VERDICTS, SHARD, VERDICTS.frame([]), "none")
    assert "no candidates" in assert_harmless(verdict_gallery(verified, SHARD)).one("main").text


def test_published_galleries_of_runs_and_verdicts_stand_side_by_side(verified: ArtifactStore) -> None:
    runs, judged = publish_gallery(verified, SHARD), publish_verdicts(verified, SHARD)
    names = verified.objects.list(f"galleries/{SHARD}/")
    assert sorted(f"{verified.uri}/{name}" for name in names) == sorted([runs, judged])
    assert "/verdicts-" in judged
    assert publish_verdicts(verified, SHARD) == judged

    verified.write_shard(VERDICTS, SHARD, VERDICTS.frame(verdicts(verified)[:9]), "fewer")
    newer = publish_verdicts(verified, SHARD)
    assert newer != judged
    names = verified.objects.list(f"galleries/{SHARD}/")
    assert sorted(f"{verified.uri}/{name}" for name in names) == sorted([runs, newer])
