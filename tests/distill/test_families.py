"""Every supported family, as a tiny model of its real class: prompts, labels, training, writing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers as tf
from torch.nn import functional

from tests.distill.families import BUILDERS, QUESTIONS, SIZES, build, picture, questions
from vpd.distill.adapters.families import adapter_for
from vpd.distill.base import Vlm, load_student
from vpd.distill.collate import IGNORE, Batch, Collator
from vpd.distill.features import flat, image_features
from vpd.distill.generate import Student
from vpd.distill.loss import DistillationLoss, example_losses
from vpd.distill.pictures import look
from vpd.distill.whole import WholeSequences
from vpd.rationale.prompts import prompt_for

PREFIX_LMS = ("paligemma", "paligemma2")
CAUSAL = [family for family in BUILDERS if family not in PREFIX_LMS]
STEPS = 50


@dataclass
class Trained:
    """A tiny model after a few steps on a fixed batch."""

    vlm: Vlm
    batch: Batch
    totals: list[float]


@pytest.fixture(scope="module", params=list(BUILDERS))
def trained(request: pytest.FixtureRequest) -> Trained:
    torch.set_num_threads(1)
    vlm = build(request.param)
    batch = Collator(vlm.processor)(questions())
    objective = DistillationLoss(vlm.model)
    optimizer = torch.optim.AdamW(objective.parameters(), lr=1e-2)
    totals = []
    for _ in range(STEPS):
        loss = sum(objective(batch).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        totals.append(loss.item())
    vlm.model.zero_grad()
    return Trained(vlm, batch, totals)


def test_family_loss_on_a_fixed_batch_falls(trained: Trained) -> None:
    assert trained.totals[-1] < 0.4 * trained.totals[0]


def test_family_has_an_image_feature_for_every_placeholder(trained: Trained) -> None:
    token = trained.vlm.model.config.image_token_id
    for name in SIZES:
        prefix = adapter_for(trained.vlm.processor).pictures([picture(name)])
        features = image_features(trained.vlm.model, prefix)
        assert (prefix["input_ids"] == token).sum() == len(flat(features.output.pooler_output)) > 0


def test_family_labels_are_the_target_and_its_end_and_nothing_of_the_prompt(trained: Trained) -> None:
    collate = Collator(trained.vlm.processor)
    for labels, question in zip(trained.batch.texts["answer"].labels, questions(), strict=True):
        written = collate.tokenizer.decode(labels[labels != IGNORE])
        assert written == question.answer.target + collate.adapter.end


def test_family_input_is_what_the_processor_makes_of_the_whole_text(trained: Trained) -> None:
    question = questions()[2]
    batch = Collator(trained.vlm.processor)([question])
    ours = torch.cat([batch.prefix["input_ids"], batch.texts["answer"].input_ids], dim=1)[0]
    whole = conversation(trained.vlm, "wide", question.answer.prompt)["input_ids"][0]
    assert torch.equal(ours[: len(whole)], whole)


@pytest.mark.parametrize("trained", CAUSAL, indirect=True)
def test_family_sharing_an_image_pass_has_losses_and_gradients_of_whole_sequences(trained: Trained) -> None:
    model, batch = trained.vlm.model, trained.batch
    shared = gradients(trained.vlm, sum(DistillationLoss(model)(batch).values()))
    pictures = WholeSequences(model, batch.prefix, image_features(model, batch.prefix), prefix_lm=False)
    losses = (example_losses(pictures.logits(rows), rows.labels).sum() for rows in batch.texts.values())
    whole = gradients(trained.vlm, sum(losses) / batch.questions)
    assert shared.keys() == whole.keys()
    for name, gradient in whole.items():
        torch.testing.assert_close(shared[name], gradient, atol=2e-5, rtol=1e-3)


def gradients(vlm: Vlm, loss: torch.Tensor) -> dict[str, torch.Tensor]:
    vlm.model.zero_grad()
    loss.backward()
    found = {n: p.grad.clone() for n, p in vlm.model.named_parameters() if p.grad is not None}
    vlm.model.zero_grad()
    return found


def test_family_with_activations_computed_again_has_the_same_losses(trained: Trained) -> None:
    model, objective = trained.vlm.model, DistillationLoss(trained.vlm.model)
    expected = {name: value.item() for name, value in objective(trained.batch).items()}
    model.activation_checkpointing_enable({"use_reentrant": False})
    try:
        again = objective(trained.batch)
        sum(again.values()).backward()
    finally:
        model.activation_checkpointing_disable()
        model.zero_grad()
    assert {name: value.item() for name, value in again.items()} == pytest.approx(expected, abs=1e-4)


def test_family_padding_beside_a_longer_prefix_changes_no_loss(trained: Trained) -> None:
    collate, objective = Collator(trained.vlm.processor), DistillationLoss(trained.vlm.model)
    with torch.no_grad():
        alone = sum(objective(collate([question]))["answer"].item() for question in questions())
        together = objective(trained.batch)["answer"].item() * trained.batch.questions
    assert together == pytest.approx(alone, abs=1e-4)


def test_family_writes_what_transformers_writes_alone(trained: Trained) -> None:
    alone = []
    for text, name in zip(QUESTIONS, ("square", "square", "wide"), strict=True):
        inputs = conversation(trained.vlm, name, prompt_for(text, "answer"))
        end = Collator(trained.vlm.processor).end
        made = trained.vlm.model.generate(**inputs, max_new_tokens=16, do_sample=False, eos_token_id=end)
        new = made[0, inputs["input_ids"].shape[1] :]
        alone.append(trained.vlm.processor.tokenizer.decode(new, skip_special_tokens=True).strip())
    assert any(alone)
    first = picture("square")
    assert Student(trained.vlm).answer([first, first, picture("wide")], QUESTIONS, batch_size=3) == alone


def conversation(vlm: Vlm, name: str, prompt: str) -> Any:
    """What the processor itself makes of a picture and a prompt."""
    if isinstance(vlm.processor, tf.PaliGemmaProcessor):
        return paligemma_inputs(vlm, name, prompt)
    content = [{"type": "image"}, {"type": "text", "text": prompt}]
    chat = [{"role": "user", "content": content}]
    text = vlm.processor.apply_chat_template(chat, add_generation_prompt=True)
    return vlm.processor(images=[picture(name)], text=[text], return_tensors="pt")


def paligemma_inputs(vlm: Vlm, name: str, prompt: str, suffix: str | None = None) -> dict[str, torch.Tensor]:
    """Its processor's inputs without labels; made tensors here, since it warns when it does that itself."""
    inputs = vlm.processor(images=picture(name), text="<image>" + prompt, suffix=suffix)
    return {key: torch.tensor(np.array(inputs[key])) for key in inputs if key != "labels"}


def test_family_saved_and_loaded_writes_the_same(trained: Trained, tmp_path: Path) -> None:
    trained.vlm.save(tmp_path)
    loaded = load_student(str(tmp_path))
    images = [picture(name) for name in ("square", "square", "wide")]
    before = Student(trained.vlm).answer(images, QUESTIONS)
    assert any(before)
    assert Student(loaded).answer(images, QUESTIONS) == before
    assert type(loaded.model) is type(trained.vlm.model)


@pytest.mark.parametrize("family", PREFIX_LMS)
def test_prefix_lm_loss_is_that_of_its_own_processor_and_labels(family: str) -> None:
    vlm, question = build(family), questions()[0]
    inputs = paligemma_inputs(vlm, "square", question.answer.prompt, question.answer.target)
    labels = inputs["input_ids"].masked_fill(inputs["token_type_ids"] == 0, IGNORE)[0, 1:]
    with torch.no_grad():
        logits = vlm.model(**inputs).logits
        theirs = functional.cross_entropy(logits[0, :-1], labels, ignore_index=IGNORE)
        ours = DistillationLoss(vlm.model)(Collator(vlm.processor)([question]))["answer"]
    assert ours.item() == pytest.approx(theirs.item(), abs=1e-5)


@pytest.mark.parametrize("trained", PREFIX_LMS, indirect=True)
def test_prefix_lm_target_is_causal(trained: Trained) -> None:
    rows, model = trained.batch.texts["answer"], trained.vlm.model
    changed = rows.input_ids.clone()
    last = rows.attention_mask.sum(1) - 1
    changed[torch.arange(len(last)), last] += 1
    with torch.no_grad():
        pictures = look(model, trained.batch.prefix)
        before = pictures.logits(rows)
        after = pictures.logits(type(rows)(rows.picture, changed, rows.attention_mask, rows.labels))
    longest = int(last.argmax())
    torch.testing.assert_close(before[longest, : last[longest]], after[longest, : last[longest]])


def test_smolvlm_is_prompted_as_its_own_processor_does(monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.models.smolvlm import processing_smolvlm

    from vpd.distill.adapters.loading import UnusedVideoProcessor, pictures_only

    monkeypatch.setattr(processing_smolvlm, "num2words", str)
    ours = build("smolvlm").processor
    videos = UnusedVideoProcessor({})
    videos.num_frames, videos.fps = 1, 1
    theirs = pictures_only(tf.SmolVLMProcessor)(
        ours.image_processor, ours.tokenizer, videos, image_seq_len=4, chat_template=ours.chat_template
    )
    for name in SIZES:
        one, other = (
            processor(images=[[picture(name)]], text=["<|start|><image>Color?"], return_tensors="pt")
            for processor in (ours, theirs)
        )
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one)
