"""What work costs: processor time, memory, and how often it waits for PostgreSQL."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from app.embedded import Server
from app.homes import PORT

PROC = Path("/proc")
TICKS = 100  # of a second, in which Linux tells the time of children that have ended
ENCRYPTION_ASKED = {80877103, 80877104}  # SSLRequest, GSSENCRequest: answered by one byte
LISTENS = f".s.PGSQL.{PORT}"


# --- processor time


def cpu_of(pid: int) -> float:
    """Seconds, of a process and its children, those included that have ended."""
    return sum(_spent(each) for each in family(pid))


def cpu_of_postgres(server: Server) -> float:
    """Seconds, of all its processes: backends come and go, and none is forgotten."""
    return cpu_of(postmaster(server))


def postmaster(server: Server) -> int:
    """The socket's lock file says whose it is."""
    lock = server.sockets / f"{LISTENS}.lock"
    return int(lock.read_text(encoding="ascii").split()[0])


def family(pid: int) -> Iterator[int]:
    """The process, its children and theirs."""
    yield pid
    with suppress(OSError):
        for task in (PROC / str(pid) / "task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                yield from family(int(child))


def _spent(pid: int) -> float:
    with suppress(OSError):
        told = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        children = told.rpartition(")")[2].split()[13:15]
        threads = (PROC / str(pid) / "task").iterdir()
        return sum(map(_on_processor, threads)) + sum(map(int, children)) / TICKS
    return 0


def _on_processor(task: Path) -> float:
    with suppress(OSError):
        return int((task / "schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    return 0


# --- memory


def pss(pid: int) -> float:
    """Megabytes: its own, and its part of what it shares. Its children's too."""
    return sum(_of_memory(each, "smaps_rollup", "Pss") for each in family(pid))


def rss(pid: int) -> float:
    return _of_memory(pid, "status", "VmRSS")


def _of_memory(pid: int, file: str, name: str) -> float:
    with suppress(OSError):
        for line in (PROC / str(pid) / file).read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1e3
    return 0


# --- round trips


@dataclass
class Trips:
    """How often PostgreSQL has said that it is ready for the next: once each time it was asked."""

    server: Server
    count: int = 0
    lines: list[asyncio.StreamWriter] = field(default_factory=list)


@asynccontextmanager
async def counted(server: Server, folder: Path) -> AsyncIterator[Trips]:
    """Another socket, in that folder, of the same server. `trips.server` tells its URLs."""
    trips = Trips(Server(folder))

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        real = await asyncio.open_unix_connection(str(server.sockets / LISTENS))
        trips.lines += [writer, real[1]]
        counting = Messages(trips)
        with suppress(ConnectionError):
            await asyncio.gather(
                _forward(reader, real[1], counting.said_by_client),
                _forward(real[0], writer, counting.said_by_server),
            )

    listening = await asyncio.start_unix_server(pass_on, str(folder / LISTENS))
    try:
        yield trips
    finally:
        listening.close()
        for line in trips.lines:
            line.close()


class Messages:
    """Reads along in PostgreSQL's protocol: a letter, a length, that many bytes."""

    def __init__(self, trips: Trips) -> None:
        self._trips = trips
        self._rest = b""
        self._bare = 0  # single bytes that are still to come: answers to questions of encryption
        self._begun = False

    def said_by_client(self, data: bytes) -> None:
        if self._begun:
            return
        first = struct.unpack("!II", data[:8])
        self._begun = first[1] not in ENCRYPTION_ASKED
        self._bare += not self._begun

    def said_by_server(self, data: bytes) -> None:
        data, self._bare = data[self._bare :], max(0, self._bare - len(data))
        data = self._rest + data
        at = 0
        while at + 5 <= len(data):
            size = 1 + struct.unpack_from("!I", data, at + 1)[0]
            if at + size > len(data):
                break
            self._trips.count += data[at : at + 1] == b"Z"
            at += size
        self._rest = data[at:]


async def _forward(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: Callable[[bytes], None]
) -> None:
    while data := await reader.read(2**18):
        heard(data)
        writer.write(data)
        await writer.drain()
    writer.close()
