"""Asking a student: what it writes is what one greedy pass per question would write."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from vpd.distill.base import Vlm
from vpd.distill.collate import Collator
from vpd.distill.config import TrainConfig
from vpd.distill.data import Examples, Part
from vpd.distill.generate import Student
from vpd.distill.loss import DistillationLoss
from vpd.distill.picture_files import open_image
from vpd.distill.student import build_student
from vpd.rationale.prompts import Mode, prompt_for

Make = Callable[..., TrainConfig]
QUESTIONS = ["Color 0?", "Color 1? And what is the color of the one beside it?", "Color 2?"]


@pytest.fixture
def vlm(config: Make) -> Vlm:
    """A student with a few steps of training, so that it writes more than one token over and over."""
    torch.manual_seed(0)
    examples = Examples.of(config())
    built = build_student(config().student, examples.texts(), 0)
    batch = Collator(built.processor)(next(examples.batches(12, Part(), questions=24)))
    objective = DistillationLoss(built.model)
    optimizer = torch.optim.AdamW(objective.parameters(), lr=3e-3)
    for _ in range(60):
        optimizer.zero_grad()
        sum(objective(batch).values()).backward()
        optimizer.step()
    return built


@pytest.fixture
def pictures(config: Make) -> list[Image.Image]:
    """One picture twice, and another one."""
    batch = next(Examples.of(config()).batches(6, Part(), questions=24))
    first, other = open_image(batch[0].image, "first"), open_image(batch[-1].image, "other")
    return [first, first, other]


@pytest.mark.parametrize("mode", ["answer", "rationale"])
def test_answer_in_a_batch_writes_what_transformers_writes_alone(
    vlm: Vlm, pictures: list[Image.Image], mode: Mode
) -> None:
    alone = []
    for picture, question in zip(pictures, QUESTIONS, strict=True):
        content = [{"type": "image"}, {"type": "text", "text": prompt_for(question, mode)}]
        text = vlm.processor.apply_chat_template([{"role": "user", "content": content}])
        inputs = vlm.processor(images=picture, text=text, return_tensors="pt")
        longest = {"answer": 16, "rationale": 192}[mode]
        written = vlm.model.eval().generate(**inputs, max_new_tokens=longest, do_sample=False)
        new = written[0, inputs["input_ids"].shape[1] :]
        alone.append(vlm.processor.tokenizer.decode(new, skip_special_tokens=True).strip())
    assert any(alone)
    student = Student(vlm)
    read = [student.collate.notation.read(text).strip() for text in alone]
    assert student.answer(pictures, QUESTIONS, mode, batch_size=3) == read


def test_answer_does_not_depend_on_the_batch_size(vlm: Vlm, pictures: list[Image.Image]) -> None:
    student = Student(vlm)
    assert student.answer(pictures, QUESTIONS, "rationale", 1) == student.answer(
        pictures, QUESTIONS, "rationale", 2
    )


def test_answer_of_a_saved_student_is_the_same(vlm: Vlm, pictures: list[Image.Image], tmp_path: Path) -> None:
    vlm.save(tmp_path / "model")
    assert Student.load(tmp_path / "model").answer(pictures, QUESTIONS) == Student(vlm).answer(
        pictures, QUESTIONS
    )


def test_answer_to_nothing_is_nothing(vlm: Vlm) -> None:
    assert Student(vlm).answer([], []) == []
