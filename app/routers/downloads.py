"""Content on its way out: the bytes that lie in the storage, whole, in part, or known already."""

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Header, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.exchange.storage import Storage
from app.routers.at_once import AtOnce

AT_ONCE = 20  # a slow line holds on to one for minutes


A_FILE = {"schema": {"type": "string", "format": "binary"}}


def a_file_of(kinds: Iterable[str], what: str = "The file.") -> dict[int | str, dict[str, Any]]:
    """How the contract tells of what `answer_content` answers."""
    content = dict.fromkeys(kinds, A_FILE)
    return {
        200: {"description": what, "content": content},
        206: {"description": "The part of it that Range asks for.", "content": content},
        304: {"description": "You have it already (If-None-Match)."},
    }


@dataclass(frozen=True)
class Content:
    """What is given out, and how it is called: in plain signs, and as people call it."""

    sha256: bytes
    size: int
    media_type: str
    plain: str
    named: str


def storage_of(request: Request) -> Storage:
    storage: Storage = request.app.state.storage
    return storage


class Downloads(AtOnce):
    """Each is content that is being sent."""


class Download(StreamingResponse):
    """It counts as long as it lasts, however it ends."""

    def __init__(
        self, pieces: AsyncIterator[bytes], status: int, headers: dict[str, str], of: Downloads
    ) -> None:
        super().__init__(pieces, status, headers, media_type=None)
        self._downloads = of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._downloads.one_more():
            await super().__call__(scope, receive, send)


RANGE = re.compile(r"bytes=([0-9]{0,12})-([0-9]{0,12})")


def part_of(asked: str | None, size: int) -> tuple[int, int] | None:
    """From where to before where, of one range that lies in it; any other is not heeded."""
    found = RANGE.fullmatch(asked or "")
    if found is None or found.group(1, 2) == ("", ""):
        return None
    if not found[1]:
        first, end = max(size - int(found[2]), 0), size
    else:
        first, end = int(found[1]), min(int(found[2] or size) + 1, size)
    return (first, end) if first < end else None


def headers_of(content: Content) -> dict[str, str]:
    """Nothing in it is to run in a browser, and nothing of it in a cache that others look into."""
    named = f"attachment; filename=\"{content.plain}\"; filename*=UTF-8''{quote(content.named)}"
    return {
        "Content-Disposition": named,
        "ETag": f'"{content.sha256.hex()}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }


def is_known(etag: str, said: str | None) -> bool:
    """nginx makes an ETag a weak one where it compresses: it names the same bytes."""
    known = {each.strip().removeprefix("W/") for each in (said or "").split(",")}
    return etag in known or "*" in known


async def answer_content(request: Request, content: Content, storage: Storage) -> Response:
    """The bytes, a part of them, or that they are known."""
    headers = headers_of(content)
    if is_known(headers["ETag"], request.headers.get("if-none-match")):
        return Response(None, 304, headers)
    is_same = request.headers.get("if-range", headers["ETag"]) == headers["ETag"]
    part = part_of(request.headers.get("range") if is_same else None, content.size)
    downloads: Downloads = request.app.state.downloads
    downloads.admit()
    pieces = await storage.get(content.sha256, content.size, part)
    first, end = part or (0, content.size)
    headers |= {"Content-Type": content.media_type, "Content-Length": str(end - first)}
    if part:
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{content.size}"
    return Download(pieces, 206 if part else 200, headers, of=downloads)


RangeAsked = Annotated[str | None, Header(alias="Range", max_length=100)]
Known = Annotated[str | None, Header(alias="If-None-Match", max_length=1000)]
