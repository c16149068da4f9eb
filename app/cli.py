"""`siks`: what an operator of the service types. What it does lies in the modules it names."""

import asyncio
import signal
import sys
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from app.cli_accounts import accounts
from app.cli_extracts import changes, extract
from app.cli_imports import import_file
from app.settings import CannotRun, read_settings

if TYPE_CHECKING:
    from app.databases import Databases

siks = typer.Typer(
    help="SIKS: the registry of social welfare, from the village to the ministry.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
demo = typer.Typer(help="Five made-up regencies to try things on.", no_args_is_help=True)
regions = typer.Typer(help="The region tree.", no_args_is_help=True)
audit = typer.Typer(help="The audit, and whether it is whole.", no_args_is_help=True)
siks.add_typer(demo, name="demo")
siks.add_typer(regions, name="regions")
siks.add_typer(audit, name="audit")
siks.add_typer(accounts, name="accounts")
siks.command("import")(import_file)
siks.command("extract")(extract)
siks.command("changes")(changes)

console = Console()
Url = Annotated[str | None, typer.Option("--url", help="Where the service is.")]


@siks.command()
def serve(
    *,
    with_demo: Annotated[
        bool | None, typer.Option("--demo/--no-demo", help="Load demo data if there is no account.")
    ] = None,
) -> None:
    """Run the service; without SIKS_DATABASE_URL on an embedded PostgreSQL with demo data."""
    from app import databases, serving

    settings = read_settings()
    with serving.listening(settings) as port, databases.opened(settings) as opened:
        _refuse_second(opened)
        with console.status("Preparing the database"):
            serving.prepare(opened, settings)
            ready = serving.completed(settings, opened)
        if opened.embedded if with_demo is None else with_demo:
            _offer_demo(opened)
        console.print(f"Serving on {settings.address} (documentation: /docs). Ctrl-C stops it.")
        serving.serve(ready, port)


@siks.command()
def worker() -> None:
    """Work on jobs: imports, and whatever else takes long. Several may run, on any machine."""
    from app import databases, serving

    settings = read_settings()
    with databases.opened(settings) as opened:
        databases.check_service_role(opened.as_app)
        console.print("Working on jobs. Ctrl-C stops it; what is under way is put back.")
        serving.work(serving.completed(settings, opened), opened.as_app)


@siks.command()
def migrate(
    *,
    print_roles: Annotated[
        bool, typer.Option("--print-roles", help="Only print what a DBA runs first.")
    ] = False,
) -> None:
    """Bring the database to the newest migration, and its regions to the newest file."""
    from app import databases, serving
    from app.db import migrations

    if print_roles:
        print_role_script()
        return
    with databases.opened(read_settings()) as opened:
        changed = serving.migrate(opened.as_owner)
    console.print(f"The database stands at {migrations.head()}; {changed} regions were changed.")


@siks.command()
def health(url: Url = None) -> None:
    """Whether the service can work now: exit 0 if so, else 1. For containers and for people."""
    from app.client import is_ready

    can_work = is_ready(url or read_settings().address)
    print("ready" if can_work else "not ready")
    if not can_work:
        raise typer.Exit(1)


@siks.command()
def counts() -> None:
    """Count the proposals of every regency now, as the service does every few minutes."""
    from app import databases
    from app.commands.counts import refresh_at

    with databases.opened(read_settings()) as opened:
        databases.check_service_role(opened.as_app)
        done = asyncio.run(refresh_at(opened.as_app))
    console.print(f"{done} regencies were counted.")


@siks.command()
def token(
    username: str,
    url: Url = None,
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, help="Asked for when not given.")
    ] = "",
) -> None:
    """Sign in and print an access token, for `Authorization: Bearer`."""
    from app.client import sign_in

    print(sign_in(url or read_settings().address, username, password))


# At most 400 to a village: more would be like no village there is.
Households = Annotated[
    int | None,
    typer.Option(min=1, max=383_200, help="How many to load, instead of twenty to a village."),
]


@demo.callback(invoke_without_command=True)
def demo_of(context: typer.Context, households: Households = None) -> None:
    """Five made-up regencies to try things on; with --households N, to measure things on."""
    if context.invoked_subcommand is None:
        _load_demo(households)
    elif households is not None:
        raise CannotRun("--households loads the demo by itself: leave out the other command")


@demo.command("load")
def load_demo() -> None:
    """Load the demo data into a database that has no account yet."""
    _load_demo()


def _load_demo(households: int | None = None) -> None:
    from app import databases

    with databases.opened(read_settings()) as opened:
        _offer_demo(opened, households)


@demo.command("walk")
def walk_demo(url: Url = None) -> None:
    """Take one family from the village to the ministry, over HTTP, then verify the audit."""
    from app.demo.walk import Stumbled, walk

    try:
        asyncio.run(walk(url or read_settings().address))
    except Stumbled as reason:
        raise CannotRun(f"the walk ended early: {reason}") from None
    verify_audit()


@regions.command("load")
def load_regions() -> None:
    """Bring the region tree to what the region file says."""
    from app import databases
    from app.db import regions_file

    with databases.opened(read_settings()) as opened:
        changed = asyncio.run(regions_file.load(opened.as_owner_migrated))
    console.print(f"{changed} regions were new or changed.")


@audit.command("verify")
def verify_audit() -> None:
    """Recompute every chain; name the first entry that is not as it was written."""
    from app import databases
    from app.db import audit_chain

    with databases.opened(read_settings()) as opened:
        report = asyncio.run(audit_chain.verify(opened.as_owner_migrated))
    print(report)
    if not report.intact:
        raise typer.Exit(1)


def print_role_script() -> None:
    from app.db import roles

    print(roles.as_script(), end="")


def _offer_demo(opened: "Databases", households: int | None = None) -> None:
    from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

    from app.demo import accounts, seed
    from app.stores import storage_of

    count = households or seed.HOUSEHOLDS
    shown = (*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*shown, console=console, transient=True) as progress:
        task = progress.add_task("Loading demo data", total=count)
        loading = seed.load(
            opened.as_owner_migrated,
            households=count,
            told=lambda settled: progress.advance(task, settled),
        )
        is_there = asyncio.run(loading)
        asyncio.run(seed.keep_scan(storage_of(read_settings())))
    if is_there:
        console.print(accounts.accounts_table())
    else:
        console.print("There are accounts already, not the demo's: no demo data were loaded.")


def _refuse_second(opened: "Databases") -> None:
    server = opened.embedded
    if server and server.holder:
        raise CannotRun(
            f"another siks of this clone is running (process {server.holder}): stop it first"
        )


def _leave(number: int, _: object) -> NoReturn:
    """As an exception, so that what was started is stopped."""
    raise SystemExit(128 + number)


def main() -> None:
    signal.signal(signal.SIGTERM, _leave)
    try:
        siks()
    except CannotRun as reason:
        print(f"siks: {reason}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
