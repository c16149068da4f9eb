"""Files on their way in, in pure ASGI: each whole before anything else is done with it.

They are kept out of memory, and what is not asked of them here is whether they are what they say.
"""

import asyncio
import hashlib
import re
from collections.abc import Collection, Container
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO

from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.errors import Overloaded, Refusal, Said
from app.routers.heads import is_declared_larger, kind_of
from app.routers.layers import once
from app.routers.problems import NotJson, TooLarge, TooSlow, language_of, problem_response


class NotAFile(NotJson):
    """The body is not declared as a document."""

    title = Said(id="Jenis berkas tidak didukung", en="This kind of file is not supported")
    detail = Said(
        id="Kirim berkasnya sebagai isi permintaan, dengan Content-Type application/pdf, "
        "image/jpeg atau image/png.",
        en="Send the file itself as the body, with the Content-Type application/pdf, image/jpeg "
        "or image/png.",
    )


class NotATable(NotJson):
    """The body is not declared as a table."""

    title = Said(id="Jenis berkas tidak didukung", en="This kind of file is not supported")
    detail = Said(
        id="Kirim berkas XLSX atau CSV sebagai isi permintaan, dengan Content-Type text/csv atau "
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.",
        en="Send the XLSX or CSV file itself as the body, with the Content-Type text/csv or "
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.",
    )


class NotAPart(NotJson):
    """The body is not declared as bytes."""

    title = Said(id="Jenis isi tidak didukung", en="This kind of content is not supported")
    detail = Said(
        id="Kirim bita bagian itu sebagai isi permintaan, dengan Content-Type "
        "application/octet-stream.",
        en="Send the bytes of the part as the body, with the Content-Type "
        "application/octet-stream.",
    )


class Paths:
    """Where files are sent, whatever the ids that stand in a path."""

    def __init__(self, *templates: str) -> None:
        forms = (re.sub(r"{[a-z_]+}", "[^/]+", template) for template in templates)
        self._form = re.compile("|".join(forms))

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self._form.fullmatch(path) is not None


BYTES = frozenset({"application/octet-stream"})
# What it is, its bytes tell; senders do not always know.
TABLES = frozenset(
    {
        "text/csv",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/octet-stream",
    }
)


@dataclass(frozen=True)
class Upload:
    """A file that has arrived: in memory while it is small, then on the disk."""

    file: IO[bytes]
    size: int
    sha256: bytes


class WholeFile:
    """`WholeBody` for the paths where files are sent: they come to lie in `state.upload`.

    A file says that it is of one of the `kinds` taken there; whether it is, the route finds out.
    How many may be arriving is one limit; how much of them is kept meanwhile, another.
    """

    IN_MEMORY = 1_000_000

    def __init__(
        self,
        app: ASGIApp,
        *,
        paths: Container[str],
        kinds: Collection[str],
        refusal: type[NotJson],
        most: int,
        seconds: float,
        at_once: int,
        most_kept: int,
    ) -> None:
        self.app = app
        self.paths = paths
        self.kinds = frozenset(kinds)
        self.refusal = refusal
        self.most = most
        self.seconds = seconds
        self.at_once = at_once
        self.most_kept = most_kept
        self.arriving = 0
        self.kept = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] not in self.paths:
            await self.app(scope, receive, send)
            return
        with SpooledTemporaryFile(max_size=self.IN_MEMORY) as file:
            counted = _Counted(self, file)
            try:
                upload = await self._arrived(counted, scope, receive)
                if isinstance(upload, Refusal):
                    refusal = problem_response(upload, language=language_of(scope))
                    await refusal(scope, receive, send)
                elif upload is not None:
                    scope.setdefault("state", {})["upload"] = upload
                    await self.app(scope, once(b"", receive), send)
            finally:
                self.kept -= counted.size

    async def _arrived(
        self, counted: "_Counted", scope: Scope, receive: Receive
    ) -> Upload | Refusal | None:
        if kind_of(scope) not in self.kinds:
            return self.refusal()
        if is_declared_larger(scope, self.most):
            return TooLarge(limit=self.most)
        if self.arriving >= self.at_once:
            return Overloaded()
        self.arriving += 1
        try:
            async with asyncio.timeout(self.seconds):
                return await self._read(counted, receive)
        except TimeoutError:
            return TooSlow(seconds=int(self.seconds))
        finally:
            self.arriving -= 1

    async def _read(self, counted: "_Counted", receive: Receive) -> Upload | Refusal | None:
        """All of it; or why not; or None where the sender is gone."""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            counted.add(message.get("body", b""))
            if counted.size > self.most:
                return TooLarge(limit=self.most)
            if self.kept > self.most_kept:
                return Overloaded()
            more = message.get("more_body", False)
        return counted.upload()


class _Counted:
    """One file on its way in, and what it adds to those that are kept."""

    def __init__(self, layer: WholeFile, file: IO[bytes]) -> None:
        self._layer = layer
        self._file = file
        self._sum = hashlib.sha256()
        self.size = 0

    def add(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._sum.update(chunk)
        self.size += len(chunk)
        self._layer.kept += len(chunk)

    def upload(self) -> Upload:
        return Upload(self._file, self.size, self._sum.digest())
