"""The loss of a preference stage: against TRL's, against whole sequences, in every kind of family."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional

from tests.distill.conftest import picture
from tests.distill.families import build
from tests.distill.preferring import blank_student
from vpd.distill.base import Vlm, load_student
from vpd.distill.data import TextExample
from vpd.distill.picture_files import open_image
from vpd.distill.preference_loss import PairBatch, PairCollator, PreferenceLoss, preference
from vpd.distill.preference_pairs import Pair, PairRow

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
PROMPT = "How many red cubes are there? Explain the answer."
TEXTS = [
    ("I see one at [10 20 30 40]. The answer is 1.", "I see none. The answer is 0."),
    ("I find none. The answer is 0.", "I see one at [1 2 3 4]. The answer is 1."),
    ("One. The answer is 1.", "Color 0? The answer is red."),
]


def pairs(reference: torch.Tensor | None = None) -> list[Pair]:
    """Three pairs about two pictures."""
    made = []
    for number, (chosen, rejected) in enumerate(TEXTS):
        row = PairRow(
            number, "q", f"i{number % 2}", "train", TextExample(PROMPT, chosen), TextExample(PROMPT, rejected)
        )
        made.append(Pair(row, picture(number % 2), None if reference is None else reference[number]))
    return made


def measured(vlm: Vlm) -> torch.Tensor:
    """Return the log-probabilities (3, 2) of the pairs."""
    with torch.no_grad():
        found: torch.Tensor = PreferenceLoss(vlm.model, 0.1)(PairCollator(vlm.processor)(pairs()))[
            "log_probabilities"
        ]
    return found


def test_preference_of_known_log_probabilities_is_the_published_one() -> None:
    policy, reference = torch.tensor([[-1.0, -4.0], [-3.0, -2.0]]), torch.tensor([[-2.0, -3.0], [-2.5, -2.5]])
    margins = [0.5 * 2.0, 0.5 * -1.0]
    found = preference(policy, reference, beta=0.5)
    expected = sum(math.log(1 + math.exp(-m)) for m in margins) / 2
    assert found["preference"].item() == pytest.approx(expected)
    assert found["margin"].item() == pytest.approx(sum(margins) / 2)
    assert found["reward_accuracy"].item() == 0.5
    assert (found["chosen"].item(), found["rejected"].item()) == (-2.0, -3.0)


def test_preference_has_the_gradient_of_the_loss_alone() -> None:
    policy = torch.tensor([[-1.0, -4.0]], requires_grad=True)
    found = preference(policy, torch.zeros(1, 2), beta=0.5)
    assert [name for name, value in found.items() if value.requires_grad] == ["preference"]


@pytest.mark.parametrize("family", ["llava", "qwen2_5_vl", "paligemma2"])
def test_preference_in_a_family_falls_and_raises_margins(family: str) -> None:
    vlm = build(family)
    batch = PairCollator(vlm.processor)(pairs(measured(vlm)))
    objective = PreferenceLoss(vlm.model, 0.1)
    optimizer = torch.optim.AdamW(vlm.model.parameters(), lr=3e-3)
    told = []
    for _ in range(8):
        told.append(objective(batch))
        optimizer.zero_grad()
        told[-1]["preference"].backward()
        optimizer.step()
    assert told[0]["preference"].item() == pytest.approx(math.log(2), abs=1e-4)
    assert told[-1]["preference"].item() < 0.8 * told[0]["preference"].item()
    assert told[-1]["margin"].item() > 0.2
    assert told[-1]["reward_accuracy"].item() == 1.0


@pytest.mark.parametrize("family", ["idefics3", "qwen3_vl"])
def test_log_probabilities_are_those_of_whole_sequences(family: str) -> None:
    vlm = build(family)
    found = measured(vlm)
    batch = PairCollator(vlm.processor)(pairs())
    vlm.model.eval()
    for side, rows in enumerate((batch.chosen, batch.rejected)):
        for number in range(len(TEXTS)):
            assert whole(vlm, number, rows) == pytest.approx(found[number, side].item(), abs=1e-3)


@torch.no_grad()
def whole(vlm: Vlm, number: int, rows: Any) -> float:
    """Return the log-probability of one text after its picture and prompt, in one sequence."""
    collate = PairCollator(vlm.processor).collate
    prefix = collate.prefix([open_image(picture(number % 2), "a picture")])
    before = prefix["input_ids"].shape[1]
    kept = rows.attention_mask[number].bool()
    ids = torch.cat([prefix.pop("input_ids")[0], rows.input_ids[number][kept]])[None]
    labels = rows.labels[number][kept]
    mask = torch.ones_like(ids)
    prefix.pop("attention_mask")
    if "mm_token_type_ids" in prefix:
        kinds = prefix["mm_token_type_ids"]
        prefix["mm_token_type_ids"] = functional.pad(kinds, (0, ids.shape[1] - before))
    logits = vlm.model(input_ids=ids, attention_mask=mask, **prefix).logits[0, before:]
    return -functional.cross_entropy(logits, labels, ignore_index=-100, reduction="sum").item()


def test_preference_is_that_of_trl_on_the_same_sequences(tmp_path: Path) -> None:
    start, now = (load_student(blank_student(tmp_path / "start")) for _ in range(2))
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in now.model.parameters():
            weight += 0.02 * torch.randn_like(weight)
    batch = PairCollator(start.processor)(pairs(measured(start)))
    ours = PreferenceLoss(now.model, 0.3)(batch)
    trainer = trl_trainer(start, tmp_path, beta=0.3)
    loss = trainer._compute_loss(now.model, trl_inputs(now, batch), return_outputs=False)
    told = {name: values[-1] for name, values in trainer._metrics["eval"].items()}
    assert ours["preference"].item() == pytest.approx(loss.item(), rel=1e-4)
    assert ours["margin"].item() == pytest.approx(told["rewards/margins"], rel=1e-3)
    assert ours["chosen"].item() == pytest.approx(told["logps/chosen"], rel=1e-4)
    assert ours["rejected"].item() == pytest.approx(told["logps/rejected"], rel=1e-4)


def trl_trainer(reference: Vlm, folder: Path, beta: float) -> Any:
    """Return TRL's trainer with a reference model; its data are not used."""
    import datasets
    from trl import DPOConfig, DPOTrainer

    row = {"prompt": PROMPT, "chosen": TEXTS[0][0], "rejected": TEXTS[0][1], "images": []}
    args = DPOConfig(
        output_dir=str(folder / "trl"),
        beta=beta,
        report_to=[],
        use_cpu=True,
        bf16=False,
        disable_tqdm=True,
        gradient_checkpointing=False,
        max_length=None,
    )
    policy = load_student(str(folder / "start"))
    data = datasets.Dataset.from_list([row])
    return DPOTrainer(
        policy.model, reference.model, args, train_dataset=data, processing_class=reference.processor
    )


def trl_inputs(vlm: Vlm, batch: PairBatch) -> dict[str, torch.Tensor]:
    """Return the same sequences as TRL takes them: first all chosen, then all rejected."""
    length = max(batch.chosen.input_ids.shape[1], batch.rejected.input_ids.shape[1]) + 1
    rows: dict[str, list[torch.Tensor]] = {"input_ids": [], "attention_mask": [], "completion_mask": []}
    for side in (batch.chosen, batch.rejected):
        for number in range(len(TEXTS)):
            kept = int(side.attention_mask[number].sum())
            end = side.labels[number][kept - 1 : kept]
            ids = torch.cat([side.input_ids[number][:kept], end])
            written = torch.cat(
                [torch.zeros(1, dtype=torch.long), (side.labels[number][:kept] != -100).long()]
            )
            before = batch.prefix["input_ids"][side.picture[number]]
            fill = (0, length - len(ids))
            rows["input_ids"].append(
                torch.cat([before, functional.pad(ids, fill, value=vlm.processor.tokenizer.pad_token_id)])
            )
            rows["attention_mask"].append(
                torch.cat([torch.ones_like(before), functional.pad(torch.ones_like(ids), fill)])
            )
            rows["completion_mask"].append(
                torch.cat([torch.zeros_like(before), functional.pad(written, fill)])
            )
    pixels = torch.cat(
        [batch.prefix["pixel_values"][side.picture] for side in (batch.chosen, batch.rejected)]
    )
    return {name: torch.stack(values) for name, values in rows.items()} | {"pixel_values": pixels}
