"""The dataset card: what is in a data set, where it comes from, and what is not guaranteed.

Markdown with the front matter that the Hugging Face hub reads; `configs` there tell `datasets` which files
are which table. The text is in `card.md.j2`.
"""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from vpd.export.content import TABLES
from vpd.export.examples import EXAMPLE_ROWS
from vpd.export.origin import NOT_STATED, Origin

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def card_text(
    origin: Origin,
    tables: Mapping[str, Mapping[str, int]] | None = None,
    repeated: Mapping[str, int] | None = None,
) -> str:
    """Return the card of a data set.

    `tables` are the rows by table and split of an export in Parquet, `repeated` the rows that it left out
    because an equal one is there; without them the card speaks of examples alone.
    """
    environment = Environment(
        loader=PackageLoader("vpd.export", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["cell"] = _cell
    return environment.get_template("card.md.j2").render(
        origin=origin,
        front_matter=_front_matter(origin, tables or {}),
        tables=tables or {},
        about={table.name: table.about for table in TABLES},
        repeated=repeated or {},
    )


def _front_matter(origin: Origin, tables: Mapping[str, Mapping[str, int]]) -> str:
    from huggingface_hub import DatasetCardData

    licences = {source.licence for source in origin.sources}
    data = DatasetCardData(
        language=["en"],
        license="unknown" if NOT_STATED in licences or not licences else "other",
        task_categories=["visual-question-answering", "image-text-to-text"],
        size_categories=[_size(sum(count.examples for count in origin.examples))],
        pretty_name="Visual program distillation: " + ", ".join(s.name for s in origin.sources),
        tags=["visual-program-distillation", "chain-of-thought"],
        configs=[_config(name, splits) for name, splits in tables.items() if splits],
    )
    return str(data.to_yaml())


def _config(table: str, splits: Mapping[str, int]) -> dict[str, Any]:
    files = [{"split": split, "path": f"data/{table}/{split}-*.parquet"} for split in splits]
    return {"config_name": table, "data_files": files, "default": table == EXAMPLE_ROWS.name}


def _size(rows: int) -> str:
    return next((name for bound, name in _SIZES if rows < bound), "1M<n<10M" if rows < 10**7 else "n>10M")


def _cell(value: object) -> str:
    """Return a value as the text of a table's cell."""
    return " ".join(str(value).split()).replace("|", "\\|")
