"""What commands share that reach a service over HTTP: who asks, and what is shown meanwhile."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

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
from app.settings import CannotRun

Url = Annotated[str | None, typer.Option(help="Where the service is.")]
Token = Annotated[str | None, typer.Option(help="An access token; it lives ten minutes.")]
Username = Annotated[str | None, typer.Option(help="Instead of a token: sign in.")]
Password = Annotated[str | None, typer.Option(help="Asked for when not given.")]
PasswordFile = Annotated[
    Path | None, typer.Option(help="Whose first line it is: what is typed, others can see.")
]
LanguageOption = Annotated[Language, typer.Option(help="Of what is said to be wrong.")]


def note(said: str) -> None:
    """Beside what the command is asked for, which alone goes to its output."""
    print(f"siks: {said}", file=sys.stderr)


def first_line(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text("utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRun(f"{file} cannot be read ({error})") from None


def signing_in(
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
def shown() -> Iterator[Callable[[str, int, int | None], None]]:
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
