"""The published contract: what FastAPI says of the routes, and what only we know of them."""

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.domain.questionnaire.codebooks import CODEBOOKS
from app.routers.problems import Problem

TAGS = {
    "auth": "Signing in and staying in; who I am.",
    "accounts": "Officers' accounts, for the administrators of their regions.",
    "regions": "The region tree by Kemendagri code. Reference data: everybody reads all of it.",
    "households": "Rumah tangga: people who eat from one kitchen, in one village.",
    "families": "Keluarga: the people of one family card (KK) in a household.",
    "members": "Anggota rumah tangga: the persons.",
    "surveys": "Verifikasi dan validasi: dated answer sheets of households.",
    "visits": "Kunjungan: who is to survey which household, and whether it was done well.",
    "documents": "Dokumen: scans, photos and evidence, kept as they were sent.",
    "codebooks": "The questionnaires: what is asked, what an answer is, which rules hold.",
    "proposals": "Usulan, on their way from the village to the ministry.",
    "decisions": "What each tier says of a proposal.",
    "decrees": "SK penetapan: what the ministry determines as a set, and its numbered lists.",
    "imports": "Impor: files in, every row with its outcome out.",
    "extracts": "Ekstrak: a resource of a region as files of one moment, with a signed manifest.",
    "jobs": "Pekerjaan: what the service does in the background for somebody, and how far it is.",
    "lists": "Daftar: BNBA and recapitulations, as files for people.",
    "letters": "Surat keterangan: that somebody is registered, which anybody can check.",
    "audit": "Every step that was ever taken.",
    "policies": "What a regency decides about its own tiers.",
    "windows": "When whose work counts for which period.",
    "notices": "What one is told of without asking.",
    "reasons": "The closed list of reasons.",
    "health": "For balancers and people on call.",
}
BEARER = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "An access token of `POST /v1/auth/token`. It lives ten minutes.",
}
MAKES = ("draft_", "store_", "issue_letter", "request_list")  # how such operations are called
TEXT = {"schema": {"type": "string"}}
ETAG = {"description": "The version, to be sent as If-Match.", **TEXT}
LINK = {"description": 'The next page, as `<...>; rel="next"`.', **TEXT}
LOCATION = {"description": "Where it is to be read.", **TEXT}
RETRY_AFTER = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
REQUEST_ID = {"description": "Name this number when you report a fault.", **TEXT}
EXAMPLE = {
    "type": "urn:siks:problem:not-yet-complete",
    "title": "Usulan belum lengkap",
    "status": 422,
    "detail": "Lengkapi semua bagian yang disebut dalam errors, lalu ajukan lagi. Draf tersimpan.",
    "errors": [
        {
            "pointer": "/members/0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a11/nik",
            "code": "M30",
            "detail": "kol 2: Wajib diisi sebelum diusulkan.",
        }
    ],
}


def install(app: FastAPI, *, public: Collection[str]) -> None:
    def contract() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _secured(_completed(_generated(app)), public)
        return app.openapi_schema

    app.openapi = contract  # type: ignore[method-assign]


def as_text(app: FastAPI) -> str:
    """As it is committed: `openapi/openapi.json`."""
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


def _generated(app: FastAPI) -> dict[str, Any]:
    return get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=[{"name": name, "description": said} for name, said in TAGS.items()],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )


def _completed(contract: dict[str, Any]) -> dict[str, Any]:
    schemas = contract["components"]["schemas"]
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"))
    schemas["Problem"] = problem | {"examples": [EXAMPLE]}
    _describe_answers(schemas)
    for path in contract["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                _say_as_sent(parameter)
            for status, response in operation["responses"].items():
                headers = _headers(status, _schema_of(response, schemas))
                made = operation["operationId"].startswith(MAKES)
                if made and status in {"201", "202"}:
                    headers["Location"] = LOCATION
                response["headers"] = headers
    return contract


def _secured(contract: dict[str, Any], public: Collection[str]) -> dict[str, Any]:
    """What the token check does before a route is found, no route can say."""
    contract["components"]["securitySchemes"] = {"HTTPBearer": BEARER}
    open_folders = tuple(path for path in public if path.endswith("/"))
    for path, operations in contract["paths"].items():
        is_public = path in public or path.startswith(open_folders)
        for operation in () if is_public else operations.values():
            operation["security"] = [{"HTTPBearer": []}]
    return contract


def _say_as_sent(parameter: dict[str, Any]) -> None:
    """Nobody can send null outside a body; and what is refused without If-Match requires it."""
    schema = parameter["schema"]
    choices = [each for each in schema.pop("anyOf", []) if each.get("type") != "null"]
    if len(choices) > 1:
        schema["anyOf"] = choices
    elif choices:
        schema |= choices[0]
    if parameter["name"] == "If-Match":
        parameter["required"] = True


def _describe_answers(schemas: dict[str, Any]) -> None:
    """Where answers stand, they are those of one generation of the form."""
    named = {_name_of(version): book.answers_schema() for version, book in CODEBOOKS.items()}
    generations = [{"$ref": f"#/components/schemas/{name}"} for name in named]
    for part in _parts_of(schemas):
        if part.pop("x-codebooks", False):
            del part["type"]
            part["anyOf"] = generations
    schemas.update(named)


def _name_of(version: str) -> str:
    """dtks-2020: AnswersDtks2020."""
    return "Answers" + "".join(word.capitalize() for word in version.split("-"))


def _parts_of(schema: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    inside: Iterable[Any] = ()
    if isinstance(schema, dict):
        yield schema
        inside = list(schema.values())
    elif isinstance(schema, list):
        inside = schema
    for each in inside:
        yield from _parts_of(each)


def _schema_of(response: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    said = response.get("content", {}).get("application/json", {}).get("schema", {})
    found: dict[str, Any] = schemas.get(said.get("$ref", "").rpartition("/")[2], said)
    return found


def _headers(status: str, schema: dict[str, Any]) -> dict[str, Any]:
    parts = schema.get("properties", {})
    headers = {"X-Request-ID": REQUEST_ID}
    if "version" in parts:
        headers["ETag"] = ETAG
    if {"next", "items"} <= parts.keys():
        headers["Link"] = LINK
    if status in {"429", "503"}:
        headers["Retry-After"] = RETRY_AFTER
    return headers
