"""The request for a rationale in other words: what a language model is told, and with which parameters.

All of it decides answers, so all of it is part of a request's key. The model sees the draft with markers for
its boxes and nothing else: neither the question nor the picture.
"""

from vpd.chat.request import Request

REWRITER = "rewrite@1"
TEMPERATURE = 0.3
MAX_TOKENS = 256  # the longest draft of 120 words, twice over
SEED = 0

INSTRUCTION = """\
You are given a short text about a picture. Say the same in fluent English. Keep every fact, name, number \
and marker such as [B1], in the same order; leave nothing out and add nothing. Join short sentences where \
that reads well. The last sentence stays as it is. Write the new text only, in one paragraph.\
"""

EXAMPLES: tuple[tuple[str, str], ...] = (
    (
        "I find a sphere at [B1]. I see 4 objects at [B2], [B3], [B4] and [B1]. The objects at [B2] and [B4] "
        "are in front of the sphere. 2 of the 4 objects are in front of the sphere. The answer is 2.",
        "There is a sphere at [B1], and I can see 4 objects at [B2], [B3], [B4] and [B1]. The objects at "
        "[B2] and [B4] are closer than the sphere, so 2 of the 4 objects are in front of the sphere. The "
        "answer is 2.",
    ),
    (
        "I find 2 large objects at [B1] and [B2]. The large object at [B2] is a cylinder. The color of the "
        "large object at [B2] is red. The answer is red.",
        "The picture shows 2 large objects at [B1] and [B2]. The large object at [B2] is a cylinder and has "
        "the color red. The answer is red.",
    ),
    (
        "I find no cone. There is a cylinder, at [B1]. There are fewer cones than cylinders. The answer is "
        "yes.",
        "There is no cone in the picture, but I see a cylinder at [B1]. So there are fewer cones than "
        "cylinders. The answer is yes.",
    ),
)


def build_request(model: str, draft: str) -> Request:
    """Return the request for a draft, whose boxes are markers, in the words of a model by name."""
    messages = [{"role": "system", "content": INSTRUCTION}]
    for text, reworded in EXAMPLES:
        messages.append({"role": "user", "content": text})
        messages.append({"role": "assistant", "content": reworded})
    messages.append({"role": "user", "content": draft})
    payload = {
        "model": model,
        "messages": messages,
        "temperature": TEMPERATURE,
        "max_tokens": MAX_TOKENS,
        "seed": SEED,
    }
    return Request.of(draft, payload)
