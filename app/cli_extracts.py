"""`siks extract` and `siks changes`: what is typed and printed; see `app.extracting`."""

import json
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

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
from app.domain.extracts.columns import Resource
from app.domain.extracts.formats import Compression, Format
from app.settings import CannotRun, read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.client import Service

FAILED = 1
Of = Annotated[Resource, typer.Option(help="What the rows are of.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How it is written.")]
Packed = Annotated[Compression, typer.Option(help="Of NDJSON and CSV; the others pack themselves.")]
RegionOption = Annotated[
    str | None, typer.Option(help="The code of a region within yours; else all of yours.")
]
Programme = Annotated[str | None, typer.Option(help="Only what has to do with this programme.")]
StateOption = Annotated[
    str | None, typer.Option(help="In this state, instead of what stands: proposed, inactive, ….")
]
Decree = Annotated[UUID | None, typer.Option(help="As this decree has determined it.")]
ChangedAfter = Annotated[str | None, typer.Option(help="Only what changed since this cursor.")]
Folder = Annotated[Path, typer.Option(help="A folder of its own, for the files.", file_okay=False)]
After = Annotated[str, typer.Option(help="A cursor: changes_after of a manifest, or the last one.")]
Resources = Annotated[
    str | None, typer.Option(help="Which, with commas between them; else all that you read.")
]
Lines = Annotated[Path, typer.Option(help="The file they go to, one to a line.", dir_okay=False)]
ClientId = Annotated[str | None, typer.Option(help="Of a machine, instead of a username.")]
SecretFile = Annotated[Path | None, typer.Option(help="Whose first line is that machine's secret.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print what came of it as JSON.")]


def extract(  # noqa: PLR0913 - what can be typed
    resource: Of,
    out: Folder,
    *,
    format_: FormatOption = Format.NDJSON,
    compression: Packed = Compression.NONE,
    region: RegionOption = None,
    programme: Programme = None,
    state: StateOption = None,
    decree: Decree = None,
    changed_after: ChangedAfter = None,
    url: Url = None,
    token: Token = None,
    username: Username = None,
    password: Password = None,
    password_file: PasswordFile = None,
    client_id: ClientId = None,
    client_secret_file: SecretFile = None,
    language: LanguageOption = Language.ENGLISH,
    as_json: AsJson = False,
) -> None:
    """Pull your part of the registry: all files of an extract, checked against its manifest.

    What breaks off is taken up where it was: type the same again. Exit 0: all of it is there and
    is what the service has signed; 1: refused or failed; 2: typed wrongly.
    """
    wanted = _given(
        resource=resource,
        format=format_,
        compression=compression,
        region_code=region,
        filters=_given(programme=programme, state=state),
        decree_id=decree and str(decree),
        changed_after=changed_after,
    )
    who = Who(token, username, password or password_file, client_id, client_secret_file)
    with _service(url, who, language) as service:
        manifest = _pulled(service, wanted, out)
    _tell(manifest, _in_short(manifest), as_json)


def _pulled(service: "Service", wanted: Mapping[str, Any], out: Path) -> Mapping[str, Any]:
    from app import extracting

    with shown() as told:
        return extracting.pulled(service, wanted, out, told)


def _in_short(manifest: Mapping[str, Any]) -> str:
    counted = f"{manifest['rows']} {manifest['resource']} (files: {len(manifest['files'])})"
    return f"{counted}. Follow what changes: siks changes --after {manifest['changes_after']}"


def changes(  # noqa: PLR0913 - what can be typed
    after: After,
    out: Lines,
    *,
    resources: Resources = None,
    region: RegionOption = None,
    url: Url = None,
    token: Token = None,
    username: Username = None,
    password: Password = None,
    password_file: PasswordFile = None,
    client_id: ClientId = None,
    client_secret_file: SecretFile = None,
    language: LanguageOption = Language.ENGLISH,
    as_json: AsJson = False,
) -> None:
    """Pull what has changed since a cursor, to the end, and print the cursor to go on from.

    A line is an object with resource, id, change, at and row, as in /v1/changes: where row is null
    delete the row of that id, else keep it in place of yours. The file is there once it is whole.
    Exit 0: it is, the cursor is printed; 1: refused or failed; 2: typed wrongly.
    """
    from app import extracting

    asked = _given(resources=resources, region_code=region)
    who = Who(token, username, password or password_file, client_id, client_secret_file)
    with _service(url, who, language) as service:
        followed = extracting.followed(service, after, asked, out)
    note(f"{followed['changes']} changes stand in {out}")
    _tell(followed, followed["next"], as_json)


def _given(**said: object) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value}


@dataclass(frozen=True)
class Who:
    token: str | None
    username: str | None
    password: str | Path | None
    client_id: str | None
    secret_file: Path | None

    def signing_in(self, url: str) -> Callable[[], str]:
        from app.client import client_sign_in

        if self.client_id:
            machine, secret = self.client_id, _secret(self.secret_file, "Secret")
            return lambda: client_sign_in(url, machine, secret)
        said = first_line(self.password) if isinstance(self.password, Path) else self.password
        return signing_in(url, self.token, self.username, said)


def _secret(file: Path | None, what: str) -> str:
    return first_line(file) or str(typer.prompt(what, hide_input=True))


@contextmanager
def _service(url: str | None, who: Who, language: Language) -> "Iterator[Service]":
    """Whatever goes wrong is one line, and exit 1."""
    from app.client import Service

    try:
        where = url.rstrip("/") if url else read_settings().address
        with Service(where, who.signing_in(where), language=language, noted=note) as service:
            yield service
    except CannotRun as reason:
        note(str(reason))
        raise typer.Exit(FAILED) from None


def _tell(told: Mapping[str, Any], sentence: str, as_json: bool) -> None:  # noqa: FBT001
    print(json.dumps(told, ensure_ascii=False) if as_json else sentence)
