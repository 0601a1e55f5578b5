"""The card of a registered student: what it is, what it learned from, how good it is, what it cannot do.

Markdown; as a file it has the front matter that the Hugging Face hub reads. The text is in
`templates/model_card.md.j2`. Not here: the card of the data set (`vpd.export.card`).
"""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from vpd.evaluation.report import NAMES, conclusion
from vpd.evaluation.results import Evaluation, Share

_SHARDS = 12  # shards named in the card; all are in the artifact data/examples.json of the MLflow run


def model_card(name: str, evaluation: Evaluation, run: Mapping[str, Any], lineage: Mapping[str, Any]) -> str:
    """Return the card; `run` is the document of the training run, `lineage` the tags of the version."""
    environment = Environment(
        loader=PackageLoader("vpd.evaluation"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["percent"] = _percent
    shards = dict(sorted(run["digests"].items()))
    return environment.get_template("model_card.md.j2").render(
        name=name,
        evaluation=evaluation,
        names=NAMES,
        conclusion=conclusion(evaluation),
        families=sorted({family for result in evaluation.results for family in result.families}),
        run=run,
        config=run["config"],
        lineage=lineage,
        shards=list(shards.items())[:_SHARDS],
        more_shards=max(0, len(shards) - _SHARDS),
    )


def card_file(card: str) -> str:
    """Return a card with its front matter."""
    from huggingface_hub import ModelCardData

    data = ModelCardData(
        language="en",
        library_name="transformers",
        pipeline_tag="image-text-to-text",
        tags=["visual-program-distillation", "visual-question-answering"],
    )
    return f"---\n{data.to_yaml()}\n---\n\n{card}"


def _percent(share: Share | None) -> str:
    return "–" if share is None else f"{share.mean:.1%} [{share.low:.1%}, {share.high:.1%}]"
