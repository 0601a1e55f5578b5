"""Ask a trained student: greedy answers or rationales, in batches that look at each picture once.

It works on the GPU if PyTorch sees one.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image

from vpd.distill.base import Vlm, load_student
from vpd.distill.collate import Collator
from vpd.distill.notation import NotationName
from vpd.distill.pictures import look
from vpd.distill.reading import continue_text
from vpd.rationale.prompts import Mode, prompt_for

LONGEST = {"answer": 16, "rationale": 192}  # tokens written at most


class Student:
    """A model that answers questions about pictures."""

    def __init__(self, vlm: Vlm, notation: NotationName = "boxes") -> None:
        """Take a model; `notation` is how places in what it is asked are written."""
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = vlm.model.eval().to(self.device)
        self.collate = Collator(vlm.processor, notation=notation)

    @classmethod
    def load(cls, folder: Path | str, notation: NotationName = "boxes") -> "Student":
        """Load an exported model by folder, or one from the hub; raises ConfigError if it is none."""
        return cls(load_student(str(folder)), notation)

    def answer(
        self,
        images: Sequence[Image.Image],
        questions: Sequence[str],
        mode: Mode = "answer",
        batch_size: int = 32,
    ) -> list[str]:
        """Return an answer, or a rationale that ends with one, to each question about its picture.

        A picture object that is given for several questions of a batch is looked at once.
        """
        prompts = [prompt_for(question, mode) for question in questions]
        texts: list[str] = []
        for start in range(0, len(prompts), batch_size):
            part = slice(start, start + batch_size)
            texts += self.write(images[part], prompts[part], LONGEST[mode])
        return texts

    @torch.inference_mode()
    def write(self, images: Sequence[Image.Image], prompts: Sequence[str], longest: int) -> list[str]:
        """Return what follows each prompt about its picture, of at most `longest` tokens, in one batch."""
        distinct = {id(image): image for image in images}
        place = {key: i for i, key in enumerate(distinct)}
        prefix = self.collate.prefix(list(distinct.values()))
        rows = self.collate.prompts(prompts, [place[id(image)] for image in images]).to(self.device)
        prefix = {name: tensor.to(self.device) for name, tensor in prefix.items()}
        pictures = look(self.model, prefix, shared=len(prompts) > 1)
        logits, read = pictures.begin(rows)
        written = torch.full((len(prompts), longest), self.collate.pad, device=self.device)
        row = torch.arange(len(prompts), device=self.device)
        going = torch.ones_like(row, dtype=torch.bool)
        for column in range(longest):
            tokens = logits.argmax(-1)
            going &= tokens[:, 0] != self.collate.end
            written[row[going], column] = tokens[going, 0]
            if column + 1 == longest or not going.any():
                break
            if 2 * going.sum() <= len(going):  # half of the texts have ended: go on with the others alone
                read, tokens, row = read.only(going), tokens[going], row[going]
                going = going[going]
            logits, read = continue_text(self.model, read, tokens, torch.ones_like(tokens))
        return self.collate.texts(written)
