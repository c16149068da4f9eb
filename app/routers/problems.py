"""Every refusal leaves the service as one kind of document: an RFC 9457 problem, in the
language of the caller. Nothing that was sent is echoed back."""

import re
from collections.abc import Collection, Sequence
from operator import itemgetter
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Scope

from app.domain.agreements import AgreementExpired
from app.domain.errors import (
    Conflict,
    Fault,
    Incomplete,
    Language,
    NotFound,
    NotPermitted,
    NotRecognised,
    Outdated,
    Overloaded,
    Refusal,
    Said,
    TooSoon,
)
from app.domain.sight import ReadsNobody
from app.domain.sign_ins import ClientNotRecognised
from app.routers.heads import sent


class Malformed(Incomplete):
    """The request does not have the shape this operation asks for."""

    title = Said(id="Isi permintaan belum benar", en="The request is not well formed")
    detail = Said(
        id="Perbaiki bagian yang disebut dalam errors, lalu kirim lagi.",
        en="Correct the parts named in errors, then send it again.",
    )


class Unreadable(Refusal):
    """The message itself cannot be read."""

    title = Said(id="Pesan tidak terbaca", en="The message cannot be read")
    detail = Said(id="Kirim JSON yang utuh dalam UTF-8.", en="Send complete JSON in UTF-8.")


class NoSuchPath(NotFound):
    """There is nothing at this address."""

    title = Said(id="Alamat ini tidak ada", en="There is nothing at this address")
    detail = Said(id="Lihat /docs untuk daftar alamat.", en="See /docs for the addresses.")


class NoSuchMethod(Refusal):
    """This address does not take that method."""

    title = Said(id="Metode tidak tersedia di alamat ini", en="This address has no such method")
    detail = Said(
        id="Lihat kepala Allow untuk metode yang ada.", en="See the Allow header for its methods."
    )


class TooLarge(Refusal):
    """The message is larger than this service takes."""

    title = Said(id="Pesan terlalu besar", en="The message is too large")
    detail = Said(
        id="Batasnya {limit} bita. Pecah menjadi beberapa permintaan.",
        en="The limit is {limit} bytes. Split it into several requests.",
    )


class TooSlow(Refusal):
    """The message did not arrive in time."""

    title = Said(id="Kiriman terlalu lama", en="The message took too long to arrive")
    detail = Said(
        id="Isi permintaan belum lengkap setelah {seconds} detik. Kirim lagi saat sinyal membaik; "
        "dengan Idempotency-Key yang sama tidak ada yang ganda.",
        en="The request was not complete after {seconds} seconds. Send it again on a better line; "
        "with the same Idempotency-Key nothing is doubled.",
    )


class NotJson(Refusal):
    """The body is not declared as JSON."""

    title = Said(id="Jenis isi tidak didukung", en="This kind of content is not supported")
    detail = Said(
        id="Kirim JSON dengan kepala Content-Type: application/json.",
        en="Send JSON with the header Content-Type: application/json.",
    )


class VersionNotNamed(Refusal):
    """A change of an existing thing says which version it changes."""

    title = Said(id="If-Match wajib ada", en="If-Match is required")
    detail = Said(
        id="Baca dahulu data ini, lalu kirim ETag-nya dalam kepala If-Match.",
        en="Read this first, then send its ETag in the header If-Match.",
    )


STATUS: dict[type[Refusal], int] = {
    Unreadable: 400,
    NotRecognised: 401,
    NotPermitted: 403,
    NotFound: 404,
    NoSuchMethod: 405,
    TooSlow: 408,
    Conflict: 409,
    Outdated: 412,
    TooLarge: 413,
    NotJson: 415,
    Incomplete: 422,
    VersionNotNamed: 428,
    TooSoon: 429,
    Overloaded: 503,
}


class ProblemPart(BaseModel):
    """One part of what was sent, and what is wrong with it."""

    pointer: str
    code: str
    detail: str


class Problem(BaseModel):
    """RFC 9457: `type` is stable, the sentences follow Accept-Language (id, en)."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemPart]


def language_of(scope: Scope) -> Language:
    """Which of our languages Accept-Language likes best; Indonesian if it likes neither."""
    asked = (sent(scope, b"accept-language") or "").lower().split(",")
    found = [match for wish in asked if (match := WISH.fullmatch(wish.strip()))]
    wishes = [(float(match["weight"] or 1), match["language"]) for match in found]
    weight, language = max(wishes, key=itemgetter(0), default=(0, ""))
    return Language(language) if weight else Language.INDONESIAN


WISH = re.compile(
    r"(?P<language>id|en)(?:-[a-z0-9-]+)?"
    r"(?:\s*;\s*q=(?P<weight>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
)


def problem_of(refusal: Refusal, language: Language) -> Problem:
    kind = type(refusal)
    return Problem(
        type=type_of(kind),
        title=kind.title.told(language),
        status=status_of(kind),
        detail=kind.detail.told(language, refusal.words),
        errors=[
            ProblemPart(pointer=f.pointer, code=f.code, detail=f.said.told(language, f.words))
            for f in refusal.faults
        ],
        **refusal.members,
    )


def type_of(kind: type[Refusal]) -> str:
    return f"urn:siks:problem:{kind.code()}"


def status_of(kind: type[Refusal]) -> int:
    return next(STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS)


CHALLENGE: dict[type[Refusal], str] = {ClientNotRecognised: 'Basic realm="siks", charset="UTF-8"'}
UNREAD = {408, 413, 415}  # what is left of the body would hold the connection


def problem_response(refusal: Refusal, *, language: Language) -> Response:
    problem = problem_of(refusal, language)
    headers = {"Content-Language": language, "Cache-Control": "no-store"}
    if problem.status == STATUS[NotRecognised]:
        headers["WWW-Authenticate"] = CHALLENGE.get(type(refusal), "Bearer")
    if problem.status in UNREAD:
        headers["Connection"] = "close"
    if "retry_after" in refusal.words:
        headers["Retry-After"] = str(refusal.words["retry_after"])
    return JSONResponse(
        problem.model_dump(mode="json"),
        problem.status,
        headers,
        media_type="application/problem+json",
    )


def refuses(*kinds: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of an operation that can be refused in these ways."""
    titles: dict[int, list[str]] = {}
    for kind in (*kinds, *_of_machines(kinds)):
        line = f"{kind.title.en} (`{type_of(kind)}`)."
        titles.setdefault(status_of(kind), []).append(line)
    return {
        status: {
            "description": " ".join(lines),
            "content": {"application/problem+json": {"schema": {"$ref": PROBLEM_SCHEMA}}},
        }
        for status, lines in sorted(titles.items())
    }


def _of_machines(kinds: Collection[type[Refusal]]) -> tuple[type[Refusal], ...]:
    """Where who reads nobody is refused, so is a machine whose agreement is over."""
    return (AgreementExpired,) if ReadsNobody in kinds else ()


PROBLEM_SCHEMA = "#/components/schemas/Problem"
ANYWHERE = refuses(Unreadable, NotRecognised, TooSlow, TooLarge, NotJson, Malformed, Overloaded)

SHAPES: dict[str, Said] = {
    "missing": Said(id="Bagian ini wajib diisi.", en="This is required."),
    "not_allowed": Said(
        id="Nama bagian ini tidak dikenal; hapus atau perbaiki namanya.",
        en="There is no part by this name; remove it or correct its name.",
    ),
    "too_short": Said(id="Terlalu pendek.", en="Too short."),
    "too_long": Said(id="Terlalu panjang.", en="Too long."),
    "out_of_range": Said(id="Di luar batas yang diizinkan.", en="Out of the range allowed."),
    "not_a_choice": Said(
        id="Bukan salah satu pilihan yang ada.", en="Not one of the choices there are."
    ),
    "not_a_date": Said(
        id="Tulis tanggal sebagai tahun-bulan-hari, misalnya 1984-05-19.",
        en="Write the date as year-month-day, 1984-05-19 for example.",
    ),
    "day_to_come": Said(
        id="Hari ini belum tiba; periksa tanggalnya.", en="This day has not come; check the date."
    ),
    "not_text": Said(id="Harus berupa teks.", en="This must be text."),
    "not_a_number": Said(id="Harus berupa bilangan.", en="This must be a number."),
    "not_a_boolean": Said(id="Harus true atau false.", en="This must be true or false."),
    "not_an_id": Said(id="Bukan UUID yang sah.", en="Not a UUID."),
    "characters": Said(
        id="Memuat karakter yang tidak dapat disimpan; ketik ulang teksnya.",
        en="Contains characters that cannot be kept; type the text again.",
    ),
    "pattern": Said(
        id="Bentuknya belum sesuai contoh pada dokumentasi.",
        en="Not of the form the documentation shows.",
    ),
    "repeated": Said(
        id="Satu id muncul dua kali; tiap baris memerlukan id sendiri.",
        en="One id occurs twice; each row needs an id of its own.",
    ),
    "not_json": Said(id="Bukan JSON yang utuh.", en="Not complete JSON."),
    "malformed": Said(id="Bentuk isian ini tidak sesuai.", en="Not of the right shape."),
}

# What pydantic calls it -> what we call it. The first word of its name decides where none fits.
_CODES = {
    "missing": "missing",
    "extra_forbidden": "not_allowed",
    "string_too_short": "too_short",
    "too_short": "too_short",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "finite_number": "out_of_range",
    "out_of_range": "out_of_range",
    "enum": "not_a_choice",
    "literal_error": "not_a_choice",
    "union_tag_invalid": "not_a_choice",
    "union_tag_not_found": "missing",
    "string_pattern_mismatch": "pattern",
    "string_unicode": "characters",
    "characters": "characters",
    "repeated": "repeated",
    "day_to_come": "day_to_come",
    "json_invalid": "not_json",
}
_FAMILIES = {
    "date": "not_a_date",
    "datetime": "not_a_date",
    "string": "not_text",
    "int": "not_a_number",
    "float": "not_a_number",
    "decimal": "not_a_number",
    "bool": "not_a_boolean",
    "uuid": "not_an_id",
}
FAULTS_SHOWN = 100


def code_of(kind: str) -> str:
    return _CODES.get(kind) or _FAMILIES.get(kind.partition("_")[0], "malformed")


def pointer_of(place: Sequence[str | int], body: object) -> str:
    """A JSON pointer into the body; `?name`, `Header name` or `path name` for what is no body.

    pydantic puts names of its own (the branch of a union, the key of a mapping) into its places;
    the pointer keeps only what leads further into the body, and the name it ends with.
    """
    origin, *rest = place
    if origin != "body":
        return {"query": "?", "header": "Header ", "path": "path "}.get(str(origin), "") + str(
            rest[0] if rest else ""
        )
    if rest[-1:] == ["[key]"]:
        rest.pop()
    steps: list[str | int] = []
    for step in rest[:-1]:
        inside = _inside(body, step)
        if isinstance(inside, dict | list):
            body = inside
            steps.append(step)
    steps += rest[-1:]
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def _inside(body: object, step: str | int) -> object:
    if isinstance(body, dict):
        return body.get(step)
    if isinstance(body, list) and isinstance(step, int) and step < len(body):
        return body[step]
    return None


async def refuse(request: Request, refusal: Refusal) -> Response:
    return problem_response(refusal, language=language_of(request.scope))


async def refuse_malformed(request: Request, error: RequestValidationError) -> Response:
    faults = []
    for found in error.errors()[:FAULTS_SHOWN]:
        code = code_of(found["type"])
        if code == "not_json":
            return await refuse(request, Unreadable())
        pointer = pointer_of(found["loc"], error.body)
        faults.append(Fault(_printable(pointer), code, SHAPES[code]))
    return await refuse(request, Malformed(faults))


def _printable(pointer: str) -> str:
    """A pointer names keys the sender chose: they may not even be text."""
    return pointer.encode("utf-8", "replace").decode("utf-8")[:200]


BY_STATUS: dict[int, type[Refusal]] = {
    400: Unreadable,
    404: NoSuchPath,
    405: NoSuchMethod,
    413: TooLarge,
    415: NotJson,
}


async def refuse_http(request: Request, error: HTTPException) -> Response:
    """What the framework itself refuses: a path, a method, a body it cannot read."""
    kind = BY_STATUS.get(error.status_code, Unreadable)
    response = await refuse(request, kind(limit=error.detail))
    response.headers.update(error.headers or {})
    if kind is NoSuchMethod:
        response.headers["Allow"] = ", ".join(_methods_of(request))
    return response


def _methods_of(request: Request) -> list[str]:
    """The framework names those of one operation; an address may have several."""
    routes = request.app.router.routes
    return [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes
        )
    ]


def install(app: FastAPI) -> None:
    app.add_exception_handler(Refusal, refuse)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, refuse_malformed)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, refuse_http)  # type: ignore[arg-type]
