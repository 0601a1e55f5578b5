"""Tokenizers for models with random weights: every byte is a token, so every text can be written."""

from collections.abc import Callable
from typing import Any

import transformers
from tokenizers import ByteLevelBPETokenizer, Tokenizer
from tokenizers.pre_tokenizers import ByteLevel

from benchmarks._model_sizes import NAMES


def byte_words(*special: str) -> dict[str, int]:
    """Return a vocabulary of single bytes, for the start and the inside of a word."""
    letters = sorted(ByteLevel.alphabet())
    return {word: number for number, word in enumerate([*special, *letters, *(f"##{c}" for c in letters)])}


def clip_tokenizer(longest: int) -> Any:
    """Return CLIP's tokenizer, which cuts texts at `longest` tokens."""
    letters = sorted(ByteLevel.alphabet())
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: number for number, word in enumerate(words)}
    return transformers.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=longest)


def byte_tokenizer(tokenizer_class: Callable[..., Any]) -> Any:
    """Return a tokenizer of the Gemma family that knows every byte."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "▁"]
    letters = [chr(code) for code in range(33, 127)]
    words = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), *letters, "\n"]
    return tokenizer_class(vocab={word: number for number, word in enumerate(words)}, merges=[])


def llama_tokenizer(*special: str) -> Any:
    """Return a byte-level tokenizer with these special tokens."""
    bpe = ByteLevelBPETokenizer()
    named = ["<pad>", "<bos>", "<eos>", *special]
    bpe.train_from_iterator([" ".join(NAMES)], vocab_size=300, special_tokens=named, show_progress=False)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(bpe.to_str()),
        pad_token="<pad>",
        bos_token="<bos>",
        eos_token="<eos>",
        clean_up_tokenization_spaces=False,
        **({"extra_special_tokens": {"image_token": "<image>"}} if "<image>" in special else {}),
    )
