"""Croissant 1.0 metadata (MLCommons): the tables of an export as JSON-LD that other programs can load.

Files are found in the folder of the metadata itself. Messages are given as their texts, one a message; lists
of parts (`messages`, and all of preferences-rationales) have no form in Croissant that readers agree on, and
are left to Parquet. Not described: the JSONL forms, which hold the same examples.
"""

import datetime
import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from vpd.export.content import TABLES
from vpd.export.origin import Origin
from vpd.export.tables import FLAGS, IMAGES, TALK, TEXT, TEXTS, ExportTable

# What a column is in Croissant: its type, whether it is a list, and where in an element the value is.
_FIELDS: dict[Any, tuple[str, bool, str | None]] = {
    TEXT: ("sc:Text", False, None),
    TEXTS: ("sc:Text", True, None),
    FLAGS: ("sc:Boolean", True, None),
    TALK: ("sc:Text", True, "content"),
}


def croissant(origin: Origin, tables: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """Return the metadata of a data set with these tables of rows by split."""
    context = json.loads(files("vpd.export").joinpath("croissant_context.json").read_text(encoding="utf-8"))
    names = ", ".join(source.name for source in origin.sources)
    present = [table for table in TABLES if tables.get(table.name)]
    return {
        "@context": context,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "-".join(source.name for source in origin.sources),
        "description": f"Answers and chains of thought for questions about pictures of {names}, by visual "
        "program distillation. README.md says what is not guaranteed.",
        "url": "./README.md",
        "version": f"1.0.0+{origin.version}",
        "datePublished": datetime.date.today().isoformat(),
        "license": "; ".join(f"{source.name}: {source.licence}" for source in origin.sources),
        "creator": {"@type": "sc:Organization", "name": "vpd"},
        "citeAs": f"vpd data set {names}, version {origin.version}",
        "distribution": [_file_set(table) for table in present],
        "recordSet": [_record_set(table) for table in present],
    }


def _file_set(table: ExportTable) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"files-{table.name}",
        "encodingFormat": "application/x-parquet",
        "includes": f"data/{table.name}/*.parquet",
    }


def _record_set(table: ExportTable) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": table.about,
        "field": list(_fields(table)),
    }


def _fields(table: ExportTable) -> Iterator[dict[str, Any]]:
    if table.pictures:
        yield _field(table, IMAGES, "sc:ImageObject", True, "bytes")
    for column, kind in table.columns.items():
        if kind in _FIELDS:
            yield _field(table, column, *_FIELDS[kind])


def _field(table: ExportTable, column: str, kind: str, repeated: bool, part: str | None) -> dict[str, Any]:
    source: dict[str, Any] = {"fileSet": {"@id": f"files-{table.name}"}, "extract": {"column": column}}
    if part is not None:
        source["transform"] = {"jsonPath": part}
    field = {"@type": "cr:Field", "@id": f"{table.name}/{column}", "dataType": kind, "source": source}
    return {**field, "repeated": True} if repeated else field
