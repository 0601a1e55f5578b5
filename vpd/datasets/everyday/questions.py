"""The bank of questions about everyday scenes: 36 in the style of GQA, 24 of TallyQA, 24 of OK-VQA.

The texts were written for this project; of the public datasets only the kinds of questions are taken. Answers
need no more than the tools for photographs can tell: no actions, materials or parts.
"""

from vpd.datasets.everyday.gqa import GQA
from vpd.datasets.everyday.okvqa import OKVQA
from vpd.datasets.everyday.tallyqa import TALLYQA

BANK = (*GQA, *TALLYQA, *OKVQA)
