"""The closed vocabulary of a COCO detector: 80 names, their plurals and true synonyms.

"man" is no synonym of "person": a detector of persons cannot tell, so the name is outside the vocabulary.
"""

NAMES = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
    "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee",
    "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard",
    "tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple",
    "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch",
    "potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard",
    "cell phone", "microwave", "oven", "toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors",
    "teddy bear", "hair drier", "toothbrush",
)  # fmt: skip
SYNONYMS = {
    "human": "person",
    "human being": "person",
    "people": "person",
    "bike": "bicycle",
    "automobile": "car",
    "motorbike": "motorcycle",
    "aeroplane": "airplane",
    "plane": "airplane",
    "sofa": "couch",
    "television": "tv",
    "mobile phone": "cell phone",
    "cellphone": "cell phone",
    "laptop computer": "laptop",
    "computer mouse": "mouse",
    "remote control": "remote",
    "fridge": "refrigerator",
    "doughnut": "donut",
    "hair dryer": "hair drier",
    "tennis racquet": "tennis racket",
}
KINDS = {
    "animal": ("bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe"),
    "mammal": ("cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe"),
    "feline": ("cat",),
    "vehicle": ("bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat"),
    "motor vehicle": ("car", "motorcycle", "bus", "truck"),
    "aircraft": ("airplane",),
    "food": (
        "banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake",
    ),
    "fruit": ("banana", "apple", "orange"),
    "vegetable": ("broccoli", "carrot"),
    "dessert": ("donut", "cake"),
    "furniture": ("bench", "chair", "couch", "bed", "dining table"),
    "table": ("dining table",),
    "appliance": ("microwave", "oven", "toaster", "refrigerator"),
    "kitchen utensil": ("fork", "knife", "spoon"),
    "bag": ("backpack", "handbag", "suitcase"),
    "ball": ("sports ball",),
    "sports equipment": (
        "frisbee", "skis", "snowboard", "sports ball", "baseball bat", "baseball glove", "skateboard",
        "surfboard", "tennis racket",
    ),
    "computer": ("laptop",),
    "telephone": ("cell phone",),
    "timepiece": ("clock",),
    "clothing": ("tie",),
    "plant": ("potted plant",),
    "toy": ("teddy bear",),
}  # fmt: skip
"""Kinds of things, by the names of the classes that are one; there are others that the detector misses."""
_IRREGULAR = {"knives": "knife", "mice": "mouse", "computer mice": "mouse", "ski": "skis"}


def _plural(name: str) -> str:
    return f"{name}es" if name.endswith(("s", "ch", "x", "sh")) else f"{name}s"


_KNOWN = (
    {_plural(name): name for name in NAMES}
    | {_plural(word): name for word, name in SYNONYMS.items()}
    | _IRREGULAR
    | SYNONYMS
    | {name: name for name in NAMES}
)


def known_name(words: str) -> str | None:
    """Return the detector's name for a noun in lower case, or None if it is outside the vocabulary."""
    return _KNOWN.get(words)
