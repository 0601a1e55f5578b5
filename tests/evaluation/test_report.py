import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from vpd.errors import StoreError
from vpd.evaluation.arms import Arm
from vpd.evaluation.attribution import FAULTS
from vpd.evaluation.evaluate import EvaluationSettings, evaluate
from vpd.evaluation.report import blame, conclusion, loss_curves, render_report
from vpd.evaluation.results import Boxes, Evaluation, GroundTruth, RationaleTruth
from vpd.records import PREDICTIONS, QUESTIONS
from vpd.store import ArtifactStore

MakeArm = Callable[[str, Any], Arm]
HOSTILE = '</h3><script>alert("x")</script>" onload="x'


class Page(HTMLParser):
    """What is in a page: section ids, tags, and addresses it would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            if name in {"src", "href"} and value:
                self.addresses.append(value)
            if name.startswith("on"):
                self.handlers.append(name)


@pytest.fixture
def evaluation(store: ArtifactStore, arm: MakeArm, fake_model: Any) -> Evaluation:
    settings = EvaluationSettings(resamples=200)
    return evaluate(store, arm("student", fake_model(0.7)), arm("instruct", fake_model(0.4)), settings)


def test_report_has_every_section_and_loads_nothing(store: ArtifactStore, evaluation: Evaluation) -> None:
    for run in evaluation.runs.values():
        store.put_document(
            f"runs/{run}", {"history": [{"step": 1, "answer": 2.0}, {"step": 2, "answer": 1.0}], "seed": 7}
        )
    html = render_report(store, evaluation)
    page = Page(html)
    sections = {"conclusion", "results", "differences", "families", "rationales", "training", "yields"}
    sections |= {"truth", "mistakes"}
    assert page.ids >= sections | {"gallery", "limits", "provenance"}
    assert page.addresses
    assert all(address.startswith("data:image/") for address in page.addresses)
    assert page.tags.count("article") == 24
    assert "script" not in page.tags
    assert evaluation.evaluation_id in html
    assert len(html) < 3_000_000


def test_report_without_training_documents_leaves_the_loss_plot_out(
    store: ArtifactStore, evaluation: Evaluation
) -> None:
    assert "training" not in Page(render_report(store, evaluation)).ids


def test_report_escapes_hostile_questions_and_model_texts(
    store: ArtifactStore, arm: MakeArm, fake_model: Any
) -> None:
    frame = store.read_shard(QUESTIONS, "toy-000")
    rows = [{**r, "text": f"{r['text']} {HOSTILE}", "family": HOSTILE} for r in frame.iter_rows(named=True)]
    store.write_shard(QUESTIONS, "toy-000", type(frame)(rows, schema=QUESTIONS.schema), "hostile")
    model = fake_model(0.7, rationale=f"{HOSTILE} [1 2 3 4] The answer is {{answer}}.")
    done = evaluate(
        store, arm("student", model), arm("instruct", fake_model(0.4)), EvaluationSettings(resamples=200)
    )
    html = render_report(store, done)
    page = Page(html)
    assert "script" not in page.tags
    assert not page.handlers
    assert html.count("&lt;/h3&gt;&lt;script&gt;") > 10


@pytest.mark.parametrize(
    ("pictures", "low", "high", "words"),
    [
        (100, 0.01, 0.1, "ahead"),
        (100, -0.1, -0.01, "behind"),
        (100, -0.1, 0.1, "no difference"),
        (6, 0.05, 0.05, "not reliable"),
    ],
)
def test_conclusion_claims_no_more_than_the_interval_and_the_pictures_allow(
    evaluation: Evaluation, pictures: int, low: float, high: float, words: str
) -> None:
    gap = evaluation.comparisons[0].difference.model_copy(update={"low": low, "high": high})
    compared = [evaluation.comparisons[0].model_copy(update={"difference": gap})]
    said = conclusion(evaluation.model_copy(update={"pictures": pictures, "comparisons": compared}))
    claims = {"ahead", "behind", "no difference", "not reliable"}
    assert {claim for claim in claims if claim in said} == {words}


def test_report_shows_what_was_predicted_after_the_data_grew(
    store: ArtifactStore, evaluation: Evaluation
) -> None:
    before = Page(render_report(store, evaluation)).tags
    frame = store.read_shard(QUESTIONS, "toy-001")
    more = [{**r, "question_id": f"new {r['question_id']}"} for r in frame.iter_rows(named=True)]
    store.write_shard(QUESTIONS, "toy-002", type(frame)(more, schema=QUESTIONS.schema), "new")
    assert Page(render_report(store, evaluation)).tags == before


def test_report_without_predictions_says_what_is_missing(
    store: ArtifactStore, evaluation: Evaluation
) -> None:
    shard = evaluation.result("student", "answer").shard
    store.objects.delete(f"tables/{PREDICTIONS.name}/{shard}/manifest.json")
    with pytest.raises(StoreError, match=shard):
        render_report(store, evaluation)


def test_report_without_ground_truth_says_that_it_was_not_measured(
    store: ArtifactStore, evaluation: Evaluation
) -> None:
    html = render_report(store, evaluation.model_copy(update={"truth": None, "boxes": None}))
    assert html.count("Not measured") == 3
    assert "Not measured" not in render_report(store, evaluation)


def test_blame_counts_wrong_and_missing_answers_by_whose_mistake_they_are() -> None:
    nothing = RationaleTruth(
        rationales=0, all_true=0, kinds={}, families={}, boxes=Boxes(stated=0, right=0, mean_iou=None)
    )
    faults = dict.fromkeys(FAULTS, 0) | {"right": 5, "lucky": 2, "tool_error": 1, "program_failure": 2}
    more = dict.fromkeys(FAULTS, 0) | {"program_error": 1, "crash": 9}
    said = blame(GroundTruth(faults={"count": faults, "exist": more}, rationales=nothing))
    assert [int(n) for n in re.findall(r"\b(\d+)\b(?![.%])", said)] == [4, 1, 3, 2, 7]
    assert "25.0%" in said
    assert "75.0%" in said


def test_loss_curves_average_and_keep_the_last_step() -> None:
    history = [{"step": float(i + 1), "answer": float(i % 2)} for i in range(1000)]
    (curve,) = loss_curves({"student": history, "instruct": []})
    assert len(curve.points) <= 120
    assert curve.points[-1][0] == 1000
    assert sum(y for _, y in curve.points) / len(curve.points) == pytest.approx(0.5, abs=0.02)
