"""`siks import`: what is typed and printed; what it does lies in `app.sending`."""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_callers import (
    LanguageOption,
    Password,
    PasswordFile,
    Token,
    Url,
    Username,
    first_line,
    note,
    shown,
    signing_in,
)
from app.domain.errors import Language
from app.domain.imports.columns import ImportKind
from app.domain.imports.workflow import Mode
from app.settings import CannotRun, read_settings

if TYPE_CHECKING:
    from app.client import Service

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
    from app.client import Service

    wanted = Wanted(file, kind, mode, errors, apply=apply, wait=wait or apply or bool(errors))
    try:
        where = url.rstrip("/") if url else read_settings().address
        if errors:
            _begin(errors, beside=file)
        sign_in = signing_in(where, token, username, password or first_line(password_file))
        with Service(where, sign_in, language=language, noted=note) as service:
            import_ = _done(service, wanted)
    except CannotRun as reason:
        note(str(reason))
        raise typer.Exit(Ending.FAILED) from None
    _tell(import_, as_json=as_json)
    raise typer.Exit(ending_of(import_))


def _begin(errors: Path, *, beside: Path) -> None:
    """Why it cannot be written is told before anything is sent."""
    from app.sending import ERROR_COLUMNS

    if errors.exists() and beside.exists() and errors.samefile(beside):
        raise CannotRun(f"{errors} is what you send: name another file for what is wrong")
    _write(errors, ERROR_COLUMNS, ())


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

    with shown() as told:
        import_ = sending.sent(service, wanted.file, wanted.kind, told)
        if wanted.wait:
            import_ = sending.settled(service, import_, told)
        if wanted.apply and import_["state"] == "ready":
            import_ = sending.applied(service, import_, wanted.mode, told)
    if wanted.errors:
        problems = sending.problems(service, import_)
        count = _write(wanted.errors, sending.ERROR_COLUMNS, problems)
        note(f"{count} problems stand in {wanted.errors}")
    return import_


def ending_of(import_: Mapping[str, Any]) -> Ending:
    counts = import_["counts"]
    if import_["state"] in {"refused", "undone"}:
        return Ending.FAILED
    left = counts["left"] if import_["state"] == "applied" else counts["bad"]
    return Ending.ROWS_LEFT if left else Ending.ALL_GOOD


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
