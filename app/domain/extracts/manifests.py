"""The manifest: what an extract is, of which moment, and the sum of each of its files.

It is signed over its canonical form: JSON with sorted keys, no spaces, in UTF-8, of everything but
the signature. Whoever holds the files and the manifest can prove what he got, and that it is whole.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from app.domain.extracts.columns import Column, Resource, all_columns
from app.domain.extracts.formats import DELETIONS, Compression, Form, Format

SEAL = "siks-manifest+jws"
MEDIA: Mapping[Format | Compression, str] = {
    Format.NDJSON: "application/x-ndjson",
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PARQUET: "application/vnd.apache.parquet",
    Compression.GZIP: "application/gzip",
    Compression.ZSTD: "application/zstd",
}
UNSIGNED = "signature"


def media_type(form: Form) -> str:
    return MEDIA.get(form.compression) or MEDIA[form.format]


def name_of(resource: str, number: int, form: Form, *, is_deletions: bool = False) -> str:
    told = f"{resource}-deletions" if is_deletions else resource
    return f"{told}-{number:04}.{form.suffix}"


def canonical(manifest: Mapping[str, Any]) -> bytes:
    signed = {name: value for name, value in manifest.items() if name != UNSIGNED}
    return json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed(told: Mapping[str, Any], seal: Callable[[bytes, str], str]) -> dict[str, Any]:
    """What the database tells of an extract, as its manifest."""
    form = Form(Format(told["format"]), Compression(told["compression"]))
    files = [_file(told, form, each) for each in told["files"]]
    manifest = {
        **told,
        "columns": [_column(each) for each in _columns(told)],
        "files": [each for each in files if not each["is_deletions"]],
        "deletions": next((each for each in files if each["is_deletions"]), None),
        "links": {
            "self": f"/v1/extracts/{told['extract_id']}/manifest",
            "changes": f"/v1/changes?after={told['changes_after']}",
        },
    }
    return {**manifest, UNSIGNED: seal(canonical(manifest), SEAL)}


def _columns(told: Mapping[str, Any]) -> list[Column]:
    columns = all_columns(Resource(told["resource"]))
    return [each for each in columns if each.name in told["columns"]]


def _column(column: Column) -> dict[str, object]:
    return {"name": column.name, "kind": column.kind, "group": column.group}


def _file(told: Mapping[str, Any], form: Form, file: Mapping[str, Any]) -> dict[str, Any]:
    number, is_deletions = file["number"], file["is_deletions"]
    form = DELETIONS if is_deletions else form
    return {
        **file,
        "name": name_of(told["resource"], number, form, is_deletions=is_deletions),
        "media_type": media_type(form),
        "link": f"/v1/extracts/{told['extract_id']}/files/{number}",
    }
