"""`siks import`: what is typed and printed; what it does lies in `app.sending`."""

import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from app.domain.imports.columns import ImportKind
from app.domain.imports.workflow import Mode
from app.settings import CannotRun, read_settings

if TYPE_CHECKING:
    from app.sending import Service

COUNTED = ("rows", "bad", "doubtful", "doubled", "taken", "same", "left")


class Ending(IntEnum):
    """What the exit code tells a script."""

    ALL_GOOD = 0
    FAILED = 1
    ROWS_LEFT = 2


Kind = Annotated[ImportKind, typer.Option(help="What kind of file it is.")]
ModeOption = Annotated[Mode, typer.Option(help="Of --apply: all or nothing, or what is good.")]
Errors = Annotated[
    Path | None, typer.Option(help="A CSV file to write what is wrong to.", dir_okay=False)
]
Url = Annotated[str | None, typer.Option(help="Where the service is.")]
Token = Annotated[str | None, typer.Option(help="An access token; it lives ten minutes.")]
Username = Annotated[str | None, typer.Option(help="Instead of a token: sign in.")]
Password = Annotated[str | None, typer.Option(help="Asked for when not given.")]
Apply = Annotated[bool, typer.Option("--apply", help="Put it on record once it is checked.")]
Wait = Annotated[bool, typer.Option("--wait", help="Until it is checked.")]


def import_file(  # noqa: PLR0913 - what can be typed
    file: Annotated[Path, typer.Argument(help="XLSX or CSV.", dir_okay=False)],
    kind: Kind,
    *,
    mode: ModeOption = Mode.GOOD,
    errors: Errors = None,
    url: Url = None,
    token: Token = None,
    username: Username = None,
    password: Password = None,
    apply: Apply = False,
    wait: Wait = False,
) -> None:
    """Send a file to a service, have it checked, and put it on record.

    What breaks off is taken up where it was: type the same again. Exit 0: all of it is good, or
    was taken; 1: refused or failed; 2: some rows are wrong, or were left.
    """
    from app.sending import Service

    where = url.rstrip("/") if url else read_settings().address
    wanted = Wanted(file, kind, mode, errors, apply=apply, wait=wait or apply or bool(errors))
    try:
        with Service(where, _signing_in(where, token, username, password)) as service:
            import_ = _done(service, wanted, Console(highlight=False))
    except CannotRun as reason:
        print(f"siks: {reason}", file=sys.stderr)
        raise typer.Exit(Ending.FAILED) from None
    raise typer.Exit(ending_of(import_))


@dataclass(frozen=True)
class Wanted:
    file: Path
    kind: ImportKind
    mode: Mode
    errors: Path | None
    apply: bool
    wait: bool


def _done(service: "Service", wanted: Wanted, console: Console) -> Mapping[str, Any]:
    from app import sending

    with _shown(console) as told:
        import_ = sending.sent(service, wanted.file, wanted.kind, told)
        if wanted.wait:
            import_ = sending.settled(service, import_, told)
        if wanted.apply and import_["state"] == "ready":
            import_ = sending.applied(service, import_, wanted.mode, told)
    _tell(console, import_)
    if wanted.errors:
        problems = sending.problems(service, import_)
        count = _write(wanted.errors, sending.ERROR_COLUMNS, problems)
        console.print(f"{count} problems stand in {escape(str(wanted.errors))}.", soft_wrap=True)
    return import_


def ending_of(import_: Mapping[str, Any]) -> Ending:
    counts = import_["counts"]
    if import_["state"] in {"refused", "undone"}:
        return Ending.FAILED
    left = counts["left"] if import_["state"] == "applied" else counts["bad"]
    return Ending.ROWS_LEFT if left else Ending.ALL_GOOD


def _signing_in(
    url: str, token: str | None, username: str | None, password: str | None
) -> Callable[[], str]:
    from app.client import sign_in

    if token:
        return lambda: token
    if not username:
        raise CannotRun("say who you are: --username, or --token")
    secret = password or typer.prompt("Password", hide_input=True)
    return lambda: sign_in(url, username, secret)


@contextmanager
def _shown(console: Console) -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar for each thing that is being done, one after another."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, TaskID] = {}

        def told(phase: str, done: int, total: int | None) -> None:
            if phase not in tasks:
                tasks[phase] = progress.add_task(phase)
            progress.update(tasks[phase], completed=done, total=total)

        yield told


def _write(path: Path, header: Iterable[str], rows: Iterable[tuple[object, ...]]) -> int:
    from app.exchange.sheets import CSV_ENCODING, DELIMITER, neutral

    count = 0
    try:
        with path.open("w", encoding=CSV_ENCODING, newline="") as file:
            lines = csv.writer(file, delimiter=DELIMITER)
            lines.writerow(header)
            for row in rows:
                lines.writerow(["" if each is None else neutral(str(each)) for each in row])
                count += 1
    except OSError as error:
        raise CannotRun(f"{path} cannot be written ({error.strerror})") from None
    return count


def _tell(console: Console, import_: Mapping[str, Any]) -> None:
    counts = ", ".join(f"{import_['counts'][name]} {name}" for name in COUNTED)
    console.print(f"Import {import_['id']} is {import_['state']}: {counts}.", soft_wrap=True)
    if import_["problem"]:
        why = import_["problem"]
        console.print(escape(f"{why['title']}. {why['detail']}"), soft_wrap=True)
