"""What `sampled_programs` reports, and its check on the yield."""

import re

import dagster as dg
import pytest

import vpd_assets.sampled_programs as module
from tests.assets.conftest import RuleSampler, RuleWriter
from vpd.records import PROGRAMS, QUESTIONS
from vpd_assets.catalog import SHARD_ASSETS
from vpd_assets.checks.yields import CLEAN_SHARE_FALL
from vpd_assets.sampled_programs import sampled_programs
from vpd_assets.samples import QUESTIONS_SHOWN, sample_candidates


@pytest.fixture
def spoil(monkeypatch):
    """Have the writer know fewer and fewer questions."""

    def forget(*words: str) -> None:
        known = RuleWriter._program

        def program(question: str) -> str:
            return "I do not know." if any(word in question for word in words) else known(question)

        monkeypatch.setattr(RuleWriter, "_program", staticmethod(program))

    return forget


def checked(pipeline, temperature: float) -> dg.AssetCheckEvaluation:
    """Sample again at another temperature, so that everything is asked anew, and check."""
    pipeline.resources["program_sampler"] = RuleSampler(candidates=2, temperature=temperature)
    result = pipeline.run([sampled_programs])
    [evaluation] = [e for e in result.get_asset_check_evaluations() if e.check_name == "steady_yield"]
    return evaluation


def value(evaluation: dg.AssetCheckEvaluation, name: str) -> object:
    return evaluation.metadata[name].value


def test_sampled_programs_report_how_good_they_are(done):
    for shard, event in done.events(sampled_programs).items():
        rows = PROGRAMS.rows(done.store.read_shard(PROGRAMS, shard))
        told = {name: entry.value for name, entry in event.metadata.items()}
        assert told["k"] == 2
        assert told["texts"] == len({q.asks for q in QUESTIONS.rows(done.store.read_shard(QUESTIONS, shard))})
        assert told["parse_share"] == pytest.approx(
            sum(r.program_id is not None for r in rows) / len(rows), abs=1e-4
        )
        clean = sum(r.problem is None for r in rows)
        assert told["clean_share"] == pytest.approx(clean / len(rows), abs=1e-4)
        assert 0 < told["clean_share"] < 1
        graphs = {(r.asks, r.call_graph) for r in rows if r.call_graph}
        assert told["call_graphs_per_question"] == pytest.approx(len(graphs) / told["texts"], abs=1e-4)
        assert told["cost"] is None
        assert "| syntax |" in told["problems"]
        assert "| first |" in told["rounds"]
        assert "| live |" in told["origins"]


def test_sample_candidates_shows_whole_questions_as_python(done):
    shard = done.shards[0]
    shown = sample_candidates(done.store, shard)["sample"].value
    blocks = re.findall(r"^(`{3,})python\n(.*?)^\1$", shown, flags=re.DOTALL | re.MULTILINE)
    assert len(blocks) == 2 * QUESTIONS_SHOWN
    assert all("log-probability -0.100" in text and ", first," in text for _, text in blocks)


def test_sample_candidates_of_a_text_with_fences_stays_one_block(pipeline):
    pipeline.run(SHARD_ASSETS[:2])
    pipeline.resources["program_sampler"] = RuleSampler(candidates=1, repair=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RuleWriter, "_program", staticmethod(lambda _: "No.\n```\nno\n```\n```json\n{}\n```"))
        assert pipeline.run([sampled_programs]).success
    shown = sample_candidates(pipeline.store, pipeline.shards[0])["sample"].value
    blocks = re.findall(r"^(`{3,})python\n(.*?)^\1$", shown, flags=re.DOTALL | re.MULTILINE)
    assert [text.count("```") for _, text in blocks] == [4] * QUESTIONS_SHOWN


def test_sampled_programs_log_how_far_they_are(pipeline, monkeypatch):
    monkeypatch.setattr(module, "LOG_EVERY", 0.0)
    pipeline.run(SHARD_ASSETS[:2])
    result = pipeline.run([sampled_programs])
    logs = [entry.user_message for entry in pipeline.instance.all_logs(result.run_id)]
    texts = done = 0
    for line in logs:
        found = re.search(
            r"(\d+) of (\d+) questions; ([\d,]+) answers live in ([\d,]+) requests.*tokens/s", line
        )
        if found:
            done, texts = int(found[1]), int(found[2])
    assert done == texts > 0


def test_steady_yield_of_the_first_programs_passes_with_nothing_to_compare(pipeline):
    pipeline.run(SHARD_ASSETS[:2])
    first = checked(pipeline, 0.5)
    assert first.passed
    assert "clean_share_before" not in first.metadata
    assert "nothing" in str(value(first, "compared_with"))


def test_steady_yield_warns_when_clean_programs_become_fewer(pipeline, spoil):
    pipeline.run(SHARD_ASSETS[:2])
    first = checked(pipeline, 0.5)
    same = checked(pipeline, 0.6)
    assert same.passed
    assert value(same, "clean_share") == value(same, "clean_share_before") == value(first, "clean_share")
    spoil("How many")
    worse = checked(pipeline, 0.7)
    assert value(worse, "clean_share_before") - value(worse, "clean_share") > CLEAN_SHARE_FALL
    assert not worse.passed
    assert worse.severity == dg.AssetCheckSeverity.WARN
    assert value(worse, "parse_share_before") == value(first, "parse_share")


def test_steady_yield_again_without_other_programs_says_the_same(pipeline, spoil):
    pipeline.run(SHARD_ASSETS[:2])
    checked(pipeline, 0.5)
    spoil("How many")
    worse = checked(pipeline, 0.7)
    again = checked(pipeline, 0.7)
    assert not again.passed
    assert value(again, "clean_share_before") == value(worse, "clean_share_before")
    other = checked(pipeline, 0.8)
    assert other.passed
