"""A wire to PostgreSQL that can be cut, or go dead, while the service works."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.engine import make_url


class Line:
    """A TCP proxy. `cut` closes what is open and takes nothing new; `freeze` only falls silent."""

    def __init__(self, url: str) -> None:
        self._to = make_url(url)
        self._server: asyncio.Server | None = None
        self._ends: list[asyncio.StreamWriter] = []
        self._works: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._is_cut = False
        self._flows.set()

    @property
    def url(self) -> str:
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        plain = self._to.set(host="127.0.0.1", port=port, query={})
        return plain.render_as_string(hide_password=False)

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    def cut(self) -> None:
        self._is_cut = True
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    def mend(self) -> None:
        self._is_cut = False
        self._flows.set()

    def freeze(self) -> None:
        self._flows.clear()

    async def close(self) -> None:
        self.mend()
        self.cut()
        for work in self._works:
            work.cancel()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        there = await self._dial()
        self._ends += [writer, there[1]]
        for work in (self._flow(reader, there[1]), self._flow(there[0], writer)):
            task = asyncio.create_task(work)
            self._works.add(task)
            task.add_done_callback(self._works.discard)

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        directory = self._to.query.get("host")
        port = self._to.port or self._to.query.get("port", "5432")
        if isinstance(directory, str) and directory.startswith("/"):
            return await asyncio.open_unix_connection(f"{directory}/.s.PGSQL.{port}")
        return await asyncio.open_connection(self._to.host, int(str(port)))

    async def _flow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while octets := await reader.read(65536):
                await self._flows.wait()
                writer.write(octets)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def a_line(url: str) -> AsyncIterator[Line]:
    line = Line(url)
    await line.open()
    try:
        yield line
    finally:
        await line.close()
