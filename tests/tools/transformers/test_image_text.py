"""Properties and options: the texts, and what becomes of their scores."""

from types import SimpleNamespace

import pytest
import torch
from transformers import AutoProcessor

from vpd.tools.colors import COLORS
from vpd.tools.transformers.image_text import BestMatch, PropertyCheck, Scores
from vpd.tools.transformers.properties import claims, photo_of
from vpd.tools.transformers.weights import Loaded


class Prefers:
    """Scores texts by a table of logits, -5 for others; notes the tokens that it is given."""

    device, dtype = torch.device("cpu"), torch.float32
    config = SimpleNamespace(text_config=SimpleNamespace(max_position_embeddings=64))

    def __init__(self, tokenizer, **logits):
        self.tokenizer = tokenizer
        self.logits = {text.replace("_", " "): value for text, value in logits.items()}

    def __call__(self, pixel_values, input_ids, **rest):
        self.ids, self.rest = input_ids, rest
        texts = self.tokenizer.batch_decode(input_ids, skip_special_tokens=True)
        row = [self._logit(" ".join(text.lower().split())) for text in texts]
        return SimpleNamespace(logits_per_image=torch.tensor([row] * len(pixel_values)))

    def _logit(self, text):
        squeezed = text.replace(" ", "")
        return next((v for t, v in self.logits.items() if t.replace(" ", "") == squeezed), -5.0)


@pytest.fixture
def scoring(models):
    def made(kind, **logits):
        processor = AutoProcessor.from_pretrained(models[kind], backend="pil")
        return Scores(kind), Loaded(Prefers(processor.tokenizer, **logits), processor)

    return made


@pytest.mark.parametrize("kind", ["clip", "siglip"])
@pytest.mark.parametrize(
    ("logits", "holds"),
    [
        ({"a_photo_of_a_red_car": 2.0, "a_photo_of_a_blue_car": 1.0}, True),
        ({"a_photo_of_a_red_car": 1.0, "a_photo_of_a_blue_car": 2.0}, False),
        ({"a_photo_of_a_red_car": 1.0, "a_photo_of_a_car": 2.0}, False),
        ({"a_photo_of_a_red_car": 2.0, "a_photo_of_a_wooden_car": 3.0}, True),  # of another kind: not asked
    ],
)
def test_a_property_holds_if_its_claim_beats_every_rival(scoring, requests_of, kind, logits, holds):
    scores, model = scoring(kind, **logits)
    answers = PropertyCheck(scores, 0.5).answer(model, requests_of("car", "red"))
    assert {answer.value for answer in answers} == {holds}
    assert all(0.5 <= answer.confidence <= 1 for answer in answers)


@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_a_higher_threshold_says_yes_less_easily(scoring, requests_of, kind):
    scores, model = scoring(kind, a_photo_of_a_red_car=0.4, a_photo_of_a_car=0.0)
    verdicts = [
        PropertyCheck(scores, t).answer(model, requests_of("car", "red"))[0].value for t in (0.5, 0.7)
    ]
    assert verdicts == [True, False]


def test_clip_scores_texts_against_each_other_and_siglip_each_by_itself(scoring, requests_of):
    logits = {"a_photo_of_a_red_car": 0.0, "a_photo_of_a_car": 0.0}
    for kind, expected in (("clip", [0.5, 0.5]), ("siglip", [0.5, 0.5])):
        scores, model = scoring(kind, **logits)
        [own, *_] = scores.of(model, requests_of(), [["a photo of a red car", "a photo of a car"]] * 8)
        assert own == pytest.approx(expected)
    for kind, expected in (("clip", [1.0]), ("siglip", [0.5])):
        scores, model = scoring(kind, **logits)
        [own, *_] = scores.of(model, requests_of(), [["a photo of a car"]] * 8)
        assert own == pytest.approx(expected)


def test_siglip_reads_texts_padded_to_their_full_length_without_a_mask(scoring, requests_of):
    scores, model = scoring("siglip")
    BestMatch(scores).answer(model, requests_of(("red", "blue")))
    assert model.network.ids.shape == (2, 64)
    assert "attention_mask" not in model.network.rest


@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_the_best_option_is_given_as_it_was_asked(scoring, requests_of, kind):
    scores, model = scoring(kind, a_photo_of_a_blue_car=3.0, a_photo_of_a_cat=1.0)
    requests = [*requests_of(("cat", "Blue car")), *requests_of(("dog", "cat"))]
    answers = BestMatch(scores).answer(model, requests)
    assert [a.value for a in answers] == ["Blue car"] * 8 + ["cat"] * 8
    assert all(0.5 < a.confidence <= 1 for a in answers)


def test_a_claim_stands_against_its_kind_and_the_plain_name():
    said = claims("Car", "red")
    assert said[0] == "a photo of a red car"
    assert said[-1] == "a photo of a car"
    assert "a photo of a blue car" in said
    assert "a photo of an orange car" in said
    assert len(said) == len(COLORS) + 1
    assert len(set(said)) == len(said)


@pytest.mark.parametrize(
    ("thing", "property", "claim", "rivals"),
    [
        ("door", "open", "a photo of an open door", ["a photo of a closed door", "a photo of a door"]),
        ("man", "holding a cup", "a photo of a man holding a cup", ["a photo of a man"]),
        ("man", "with a hat", "a photo of a man with a hat", ["a photo of a man"]),
        ("cat", "fluffy", "a photo of a fluffy cat", ["a photo of a cat"]),
    ],
)
def test_claims_read_as_people_write(thing, property, claim, rivals):
    assert claims(thing, property) == [claim, *rivals]


def test_a_shade_of_a_colour_does_not_stand_against_that_colour():
    said = claims("car", "dark red")
    assert "a photo of a red car" not in said
    assert "a photo of a blue car" in said
    assert "a photo of a gray car" not in claims("car", "grey")


def test_articles_are_not_doubled():
    assert [photo_of(words) for words in ("a cat", "The dog", "apple", "car")] == [
        "a photo of a cat",
        "a photo of the dog",
        "a photo of an apple",
        "a photo of a car",
    ]
