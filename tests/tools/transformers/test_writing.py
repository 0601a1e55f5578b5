"""Answers that models write: prompts, ends, and what becomes of the words."""

from types import SimpleNamespace

import pytest
import torch
from transformers import AutoProcessor

from vpd.tools.protocol import ToolFailure
from vpd.tools.transformers.weights import Loaded
from vpd.tools.transformers.writing import READING_PROMPT, Questions, Reading, until_end

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")


class Writes:
    """Writes given texts token by token, each token with the probability 0.8; notes what it is given."""

    device, dtype = torch.device("cpu"), torch.float32

    def __init__(self, tokenizer, *texts):
        self.tokenizer = tokenizer
        self.generation_config = SimpleNamespace(eos_token_id=tokenizer.eos_token_id)
        end = [tokenizer.eos_token_id]
        ids = [tokenizer(text, add_special_tokens=False).input_ids + end for text in texts]
        longest = max(map(len, ids))
        self.new = torch.tensor([own + [tokenizer.pad_token_id] * (longest - len(own)) for own in ids])

    def generate(self, logits_processor, input_ids, max_new_tokens, do_sample, eos_token_id, **inputs):
        assert not do_sample
        self.ends = eos_token_id
        self.ids, self.inputs = input_ids, inputs
        size = len(self.tokenizer)
        for step in self.new[:, :max_new_tokens].T:
            scores = torch.full((len(step), size), 0.2 / (size - 1)).log()
            scores[torch.arange(len(step)), step] = torch.tensor(0.8).log()
            logits_processor(input_ids, scores)
        return torch.cat([input_ids, self.new[:, :max_new_tokens]], dim=1)


@pytest.fixture
def writing(models):
    def made(kind, *texts):
        processor = AutoProcessor.from_pretrained(models[kind], backend="pil")
        return Loaded(Writes(processor.tokenizer, *texts), processor)

    return made


@pytest.mark.parametrize("kind", ["paligemma", "idefics3", "llava"])
def test_answers_are_cut_at_their_end_and_read_in_lower_case(writing, requests_of, kind):
    requests = requests_of("What color?")[:3]
    model = writing(kind, "Red.", "dark  Blue and green", "2")
    answers = Questions("{question}", 40).answer(model, requests)
    assert [a.value for a in answers] == ["red", "dark blue and green", "2"]
    assert [a.confidence for a in answers] == pytest.approx([0.8] * 3, abs=1e-4)


def test_no_answer_is_a_failure_and_no_text_is_an_empty_text(writing, requests_of):
    requests = requests_of("What color?")[:1]
    [answer] = Questions("{question}", 9).answer(writing("llava", ""), requests)
    assert isinstance(answer, ToolFailure)
    for said, text in (("No text.", ""), ('"no text"', ""), ("", ""), (" STOP\nhere ", "STOP\nhere")):
        [answer] = Reading(READING_PROMPT, 20).answer(writing("llava", said), requests)
        assert answer.value == text


@pytest.mark.parametrize("kind", ["idefics3", "llava"])
def test_a_chat_template_is_used_where_there_is_one(writing, requests_of, kind):
    model = writing(kind, "x", "x")
    Questions("{question} Short!", 3).answer(
        model, [*requests_of("Why?")[:1], *requests_of("What is it?")[1:2]]
    )
    first, second = model.processor.tokenizer.batch_decode(model.network.ids)
    assert first.endswith("Why? Short!<end>\nAssistant:")
    assert second.endswith("What is it? Short!<end>\nAssistant:")  # padding is on the left
    assert first.count("User:") == 1
    assert "<image>" in first


def test_without_a_chat_template_the_prompt_follows_the_pictures_placeholder(writing, requests_of):
    model = writing("paligemma", "x")
    Questions("answer en {question}", 3).answer(model, requests_of("Why?")[:1])
    [prompt] = model.processor.tokenizer.batch_decode(model.network.ids)
    assert prompt.endswith("<image><bos>answer en Why?\n")
    assert "labels" not in model.network.inputs


def test_a_question_with_braces_is_taken_as_it_is(writing, requests_of):
    model = writing("paligemma", "x")
    Questions("answer en {question}", 3).answer(model, requests_of("{0} {question}?")[:1])
    [prompt] = model.processor.tokenizer.batch_decode(model.network.ids)
    assert prompt.endswith("answer en {0} {question}?\n")


def test_tokens_count_up_to_and_with_the_first_end():
    tokens = torch.tensor([[5, 6, 2, 2, 7], [1, 5, 5, 5, 5], [5, 5, 5, 5, 5]])
    assert until_end(tokens, [1, 2]).sum(1).tolist() == [3, 1, 5]
    assert until_end(tokens, []).all()


def test_a_model_that_only_reads_is_asked_as_its_processor_asks(writing, requests_of):
    model = writing("got_ocr2", "STOP<|im_end|>and more", "EXIT")
    answers = Reading(None, 30).answer(model, requests_of()[:2])
    assert [a.value for a in answers] == ["STOP", "EXIT"]
    prompts = model.processor.tokenizer.batch_decode(model.network.ids)
    assert all("OCR:" in prompt and prompt.count("<imgpad>") == 256 for prompt in prompts)
    assert model.processor.tokenizer.convert_tokens_to_ids("<|im_end|>") in model.network.ends
