"""`siks accounts`: what is typed and printed; what it does lies in `app.commands.console`."""

import asyncio
import csv
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Column, Table

from app.domain.actors import Role
from app.domain.errors import Language, Refusal
from app.domain.regions import Region
from app.settings import CannotRun, read_settings

if TYPE_CHECKING:
    from app.commands.accounts import Admitted
    from app.commands.console import Wanted
    from app.db.sessions import Database

accounts = typer.Typer(
    help="Officers' accounts: who may sign in, and as what.", no_args_is_help=True
)

Told = TypeVar("Told")
RoleOption = Annotated[Role, typer.Option("--role", help="What he is to be.")]
RegionOption = Annotated[
    str, typer.Option("--region", help="Kemendagri code without dots; none: the nation.")
]
AsCsv = Annotated[bool, typer.Option("--csv", help="CSV on standard output, for a mail merge.")]
NameOption = Annotated[
    str | None, typer.Option("--name", help="`{region}` stands for the region's name.")
]
UNBROKEN = {"username", "one_time_password", "until"}  # copied from a screen
COLUMNS = {"region_code", "role", "display_name", "username"}


@accounts.command("open")
def open_one(
    role: RoleOption,
    region: RegionOption = "",
    name: NameOption = None,
    username: Annotated[
        str | None, typer.Option(help="None: proposed from role and region.")
    ] = None,
    *,
    as_csv: AsCsv = False,
) -> None:
    """Open an account, the first administrator's too. Its one-time password is printed once."""
    from app.commands.console import Wanted, open_listed

    wanted = Wanted(role, region_of(region), name, username_of(username))
    _admit(_done(lambda database: open_listed(database, [wanted])), as_csv=as_csv)


@accounts.command("bulk")
def open_many(
    file: Annotated[
        Path | None,
        typer.Argument(help="CSV: region_code, and role, display_name, username if you like."),
    ] = None,
    every_village_of: Annotated[
        str | None, typer.Option(help="Instead of a file: all villages of it that have nobody.")
    ] = None,
    role: RoleOption = Role.VILLAGE_OPERATOR,
    name: NameOption = None,
    *,
    as_csv: AsCsv = False,
) -> None:
    """Open a list of accounts, all or none. Their one-time passwords are printed once."""
    from app.commands.console import fill, open_listed
    from app.domain.appointments import Posts

    if file is not None and every_village_of is None:
        wanted = _rows_of(file, role, name)
        admitted = _done(lambda database: open_listed(database, wanted))
    elif every_village_of is not None and file is None:
        posts = Posts(role, region_of(every_village_of))
        admitted = _done(lambda database: fill(database, posts, name))
    else:
        raise CannotRun("name a CSV file, or a region by --every-village-of; not both")
    _admit(admitted, as_csv=as_csv)


@accounts.command("reset")
def reset_some(
    usernames: Annotated[list[str], typer.Argument(help="Whose passwords.")],
    *,
    as_csv: AsCsv = False,
) -> None:
    """Give new one-time passwords, printed once. Whoever was signed in is out."""
    from app.commands.console import reset

    _admit(_done(lambda database: reset(database, usernames)), as_csv=as_csv)


@accounts.command("dismiss")
def dismiss_one(
    username: str, note: Annotated[str, typer.Option(help="Why: it stands in the audit.")]
) -> None:
    """Send somebody out, within 30 seconds."""
    from app.commands.console import dismiss

    _done(lambda database: dismiss(database, username, note))
    print(f"{username} is dismissed.")


@accounts.command("list")
def list_some(
    region: RegionOption = "",
    role: Annotated[Role | None, typer.Option(help="Who may act in it now.")] = None,
    *,
    as_csv: AsCsv = False,
) -> None:
    """List the accounts at home in a region."""
    from app.commands.console import listed

    where = region_of(region)
    found = _done(lambda database: listed(database, where, role))
    headings = ("username", "display_name", "state", "holds")
    for line in found:
        held = (f"{one['role']} {one['region_code']}".strip() for one in line["holds"])
        line["holds"] = ", ".join(held)
    rows = [[str(line[heading]) for heading in headings] for line in found]
    _tell(headings, rows, as_csv=as_csv, title=f"Accounts: {len(rows)}")


@accounts.command("vacancies")
def list_vacancies(
    region: RegionOption = "",
    role: RoleOption = Role.VILLAGE_OPERATOR,
    *,
    as_csv: AsCsv = False,
) -> None:
    """List the villages (regions of the role's tier) where nobody holds a role now."""
    from app.commands.console import vacant
    from app.domain.appointments import Posts

    posts = Posts(role, region_of(region))
    told = _done(lambda database: vacant(database, posts))
    headings = ("region_code", "name")
    rows = [[str(line[heading]) for heading in headings] for line in told["items"]]
    title = f"{role}: {told['vacant']} of {told['posts']} vacant"
    _tell(headings, rows, as_csv=as_csv, title=title)


# --- what is typed


def region_of(code: str) -> Region:
    try:
        return Region(code)
    except ValueError as error:
        raise CannotRun(str(error)) from None


def username_of(said: str | None) -> str | None:
    from app.domain.appointments import USERNAME

    username = said.strip().casefold() if said else None
    if username and not USERNAME.fullmatch(username):
        raise CannotRun(f"{username!r}: 3 to 60 of a-z, 0-9 and . _ -, the first no sign")
    return username or None


def _rows_of(file: Path, role: Role, name: str | None) -> "list[Wanted]":
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRun(f"{file} cannot be read: {error}") from None
    semicolons = ";" in "".join(lines[:1])  # as spreadsheets of this country write it
    read = csv.DictReader(lines, delimiter=";" if semicolons else ",")
    columns = set(read.fieldnames or ())
    if "region_code" not in columns or columns - COLUMNS:
        raise CannotRun(f"{file}: its columns are region_code, role, display_name and username")
    return [_row_of(number, line, role, name) for number, line in enumerate(read, 1)]


def _row_of(number: int, line: Mapping[str, object], role: Role, name: str | None) -> "Wanted":
    from app.commands.console import Wanted

    said = {column: str(line.get(column) or "").strip() for column in COLUMNS}
    try:
        held = Role(said["role"] or role)
        region, username = region_of(said["region_code"]), username_of(said["username"])
    except (ValueError, CannotRun) as error:
        raise CannotRun(f"row {number}: {error}") from None
    return Wanted(held, region, said["display_name"] or name, username)


# --- what is done, and told


def _done(work: "Callable[[Database], Awaitable[Told]]") -> Told:
    """On the database of the settings, as the service's role. A refusal ends the command."""
    from app import databases
    from app.db.sessions import Database

    async def within(url: str) -> Told:
        database = Database(url, connections=1)
        await database.open()
        try:
            return await work(database)
        finally:
            await database.close()

    with databases.opened(read_settings()) as opened:
        databases.check_service_role(opened.as_app)
        try:
            return asyncio.run(within(opened.as_app))
        except Refusal as refusal:
            raise CannotRun(_said(refusal)) from None


def _said(refusal: Refusal) -> str:
    faults = [
        f"{fault.pointer}: {fault.said.told(Language.ENGLISH, fault.words)}"
        for fault in refusal.faults
    ]
    return "\n".join(faults) or type(refusal).detail.told(Language.ENGLISH, refusal.words)


def _admit(admitted: "Sequence[Admitted]", *, as_csv: bool) -> None:
    headings = ("username", "display_name", "one_time_password", "until")
    rows = [
        (
            one.account.username,
            one.account.display_name,
            one.password or "",
            f"{one.account.one_time_expires_at:%Y-%m-%d}" if one.password else "",
        )
        for one in admitted
    ]
    title = f"Accounts: {len(rows)}. These passwords are not shown again."
    _tell(headings, rows, as_csv=as_csv, title=title)


def _tell(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, as_csv: bool, title: str
) -> None:
    if as_csv:
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow(headings)
        out.writerows([[_harmless(cell) for cell in row] for row in rows])
        return
    columns = [Column(name, overflow="fold", no_wrap=name in UNBROKEN) for name in headings]
    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _harmless(cell: str) -> str:
    """What a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
