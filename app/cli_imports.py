"""`siks import`: what is typed and printed; what it does lies in `app.sending`."""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from app.domain.errors import Language
from app.domain.imports.columns import ImportKind
from app.domain.imports.workflow import Mode
from app.settings import CannotRun, read_settings

if TYPE_CHECKING:
    from app.sending import Service

COUNTED = ("rows", "bad", "doubtful", "doubled", "taken", "same", "left")


class Ending(IntEnum):
    """What the exit code tells a script. 2 is that it was typed wrongly."""

    ALL_GOOD = 0
    FAILED = 1
    ROWS_LEFT = 3


Kind = Annotated[ImportKind, typer.Option(help="What kind of file it is.")]
ModeOption = Annotated[Mode, typer.Option(help="Of --apply: all or nothing, or what is good.")]
Errors = Annotated[
    Path | None, typer.Option(help="A CSV file to write what is wrong to.", dir_okay=False)
]
Url = Annotated[str | None, typer.Option(help="Where the service is.")]
Token = Annotated[str | None, typer.Option(help="An access token; it lives ten minutes.")]
Username = Annotated[str | None, typer.Option(help="Instead of a token: sign in.")]
Password = Annotated[str | None, typer.Option(help="Asked for when not given.")]
PasswordFile = Annotated[
    Path | None, typer.Option(help="Whose first line it is: what is typed, others can see.")
]
LanguageOption = Annotated[Language, typer.Option(help="Of what is said to be wrong.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the import as JSON.")]
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
    password_file: PasswordFile = None,
    language: LanguageOption = Language.ENGLISH,
    apply: Apply = False,
    wait: Wait = False,
    as_json: AsJson = False,
) -> None:
    """Send a file to a service, have it checked, and put it on record.

    What breaks off is taken up where it was: type the same again. Exit 0: all of it is good, or
    was taken; 1: refused or failed; 2: typed wrongly; 3: some rows are wrong, or were left.
    """
    from app.sending import Service

    wanted = Wanted(file, kind, mode, errors, apply=apply, wait=wait or apply or bool(errors))
    try:
        where = url.rstrip("/") if url else read_settings().address
        if errors:
            _begin(errors, beside=file)
        signing_in = _signing_in(where, token, username, password or _first_line(password_file))
        with Service(where, signing_in, language=language, noted=_note) as service:
            import_ = _done(service, wanted)
    except CannotRun as reason:
        _note(str(reason))
        raise typer.Exit(Ending.FAILED) from None
    _tell(import_, as_json=as_json)
    raise typer.Exit(ending_of(import_))


def _note(said: str) -> None:
    """Beside what the command is asked for, which alone goes to its output."""
    print(f"siks: {said}", file=sys.stderr)


def _begin(errors: Path, *, beside: Path) -> None:
    """Why it cannot be written is told before anything is sent."""
    from app.sending import ERROR_COLUMNS

    if errors.exists() and beside.exists() and errors.samefile(beside):
        raise CannotRun(f"{errors} is what you send: name another file for what is wrong")
    _write(errors, ERROR_COLUMNS, ())


def _first_line(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text("utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRun(f"{file} cannot be read ({error})") from None


@dataclass(frozen=True)
class Wanted:
    file: Path
    kind: ImportKind
    mode: Mode
    errors: Path | None
    apply: bool
    wait: bool


def _done(service: "Service", wanted: Wanted) -> Mapping[str, Any]:
    from app import sending

    with _shown() as told:
        import_ = sending.sent(service, wanted.file, wanted.kind, told)
        if wanted.wait:
            import_ = sending.settled(service, import_, told)
        if wanted.apply and import_["state"] == "ready":
            import_ = sending.applied(service, import_, wanted.mode, told)
    if wanted.errors:
        problems = sending.problems(service, import_)
        count = _write(wanted.errors, sending.ERROR_COLUMNS, problems)
        _note(f"{count} problems stand in {wanted.errors}")
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
def _shown() -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar for each thing that is being done, one after another, where somebody sees it."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
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


def _tell(import_: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(import_, ensure_ascii=False))
        return
    counts = ", ".join(f"{import_['counts'][name]} {name}" for name in COUNTED)
    print(f"Import {import_['id']} is {import_['state']}: {counts}.")
    if import_["problem"]:
        why = import_["problem"]
        print(f"{why['title']}. {why['detail']}")
