"""Rows of text in parts of like length, so that the short ones are not padded to the longest.

Rationales of one batch differ much in length. A part is one more pass over the weights, which ZeRO-3 gathers
for it, so parts are few. They are always equally many: ranks that made different numbers of passes would wait
for each other for ever.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch

from vpd.distill.collate import TextBatch


def by_length(rows: TextBatch, parts: int) -> list[TextBatch]:
    """Return the rows (padded on the right) in so many parts, each as wide as its longest row.

    The shortest rows come first, cut where the fewest tokens are padding. Where there are fewer rows than
    parts, the first row is there once more for each part that lacks one, without labels: its loss is zero.
    """
    if parts == 1:
        return [rows]
    lengths, order = rows.attention_mask.sum(1).sort(stable=True)
    sizes = _sizes(lengths.tolist(), min(parts, len(order)))
    made = [_narrowed(rows, chosen) for chosen in torch.split(order, sizes)]
    return made + [made[0].uncounted()] * (parts - len(made))


def _sizes(lengths: Sequence[int], parts: int) -> list[int]:
    """Return how many rows of ascending length belong to each part."""
    ends = np.arange(len(lengths) + 1)
    rows = ends - ends[:, None]
    tokens = np.where(rows > 0, rows * np.array([0, *lengths]), np.inf)  # of a part, by its start and its end
    least, starts = tokens[0], []
    for _ in range(parts - 1):
        ways = least[:, None] + tokens
        starts.append(ways.argmin(0))
        least = ways.min(0)
    cuts = [len(lengths)]
    for start in reversed(starts):
        cuts.append(int(start[cuts[-1]]))
    return [end - start for end, start in pairwise([*cuts, 0])][::-1]


def _narrowed(rows: TextBatch, chosen: torch.Tensor) -> TextBatch:
    width = int(rows.attention_mask[chosen].sum(1).max())
    texts = (rows.input_ids, rows.attention_mask, rows.labels)
    return TextBatch(rows.picture[chosen], *(tensor[chosen, :width] for tensor in texts))
