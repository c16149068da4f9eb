"""Access tokens: JWTs of ten minutes, signed with our own Ed25519 key, and with nothing else.

The algorithm comes from here, never from the token, and there is one key for it; so there is
nothing to confuse. A token is for one assignment: it names a role over a region.
"""

import base64
import hashlib
import json
import os
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import uuid_utils.compat
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from app.domain.actors import Actor, Role
from app.domain.errors import NotRecognised, Said
from app.domain.regions import Region

ALGORITHM = "EdDSA"
TYPE = "at+jwt"  # RFC 9068: an access token, and no other JWT this key may ever sign
LIFE = timedelta(minutes=10)
LEEWAY = timedelta(seconds=30)
LONGEST = 2048
MOST_BELIEVED = 10_000  # about 10 MB; whoever came first goes first
CLAIMS = ["iss", "aud", "sub", "role", "region", "sv", "iat", "exp", "jti"]


class TokenNotValid(NotRecognised):
    """The bearer token is missing, expired, or not one of ours."""

    title = Said(id="Anda belum dikenali", en="You are not recognised")
    detail = Said(
        id="Token akses tidak ada, kedaluwarsa, atau tidak berlaku lagi. Masuk kembali dahulu.",
        en="The access token is missing, expired or no longer valid. Sign in again first.",
    )


@dataclass(frozen=True)
class Recognised:
    """What a token says once it is believed."""

    actor: Actor
    session_version: int
    expires_at: datetime


class Tokens:
    def __init__(
        self,
        key: Ed25519PrivateKey,
        *,
        issuer: str,
        audience: str,
        leeway: timedelta = LEEWAY,
    ) -> None:
        self._private = key
        self._public = key.public_key()
        self._issuer = issuer
        self._audience = audience
        self._leeway = leeway
        self._key_id = thumbprint(self._jwk())
        self._believed: OrderedDict[str, Recognised] = OrderedDict()

    def issue(self, actor: Actor, *, session_version: int) -> str:
        issued_at = datetime.now(UTC)
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(actor.id),
            "role": actor.role.value,
            "region": actor.region.code,
            "sv": session_version,
            "iat": issued_at,
            "exp": issued_at + LIFE,
            "jti": str(uuid_utils.compat.uuid4()),
        }
        headers = {"kid": self._key_id, "typ": TYPE}
        return jwt.encode(claims, self._private, ALGORITHM, headers)

    def verify(self, token: str) -> Recognised:
        """What it says. Whoever sends it again, sign by sign, is believed until it expires."""
        believed = self._believed.get(token)
        if believed is not None and datetime.now(UTC) < believed.expires_at:
            return believed
        recognised = self._verified(token)
        self._believed[token] = recognised
        if len(self._believed) > MOST_BELIEVED:
            self._believed.popitem(last=False)
        return recognised

    def _verified(self, token: str) -> Recognised:
        if len(token) > LONGEST:
            raise TokenNotValid
        try:
            header = jwt.get_unverified_header(token)
            self._expect(header)
            return _recognised(self._claims(token))
        except (jwt.InvalidTokenError, ValueError, TypeError) as error:
            raise TokenNotValid from error

    def _expect(self, header: Mapping[str, object]) -> None:
        if (header.get("kid"), header.get("typ")) != (self._key_id, TYPE):
            raise TokenNotValid

    def _claims(self, token: str) -> dict[str, Any]:
        return jwt.decode(
            token,
            self._public,
            algorithms=[ALGORITHM],
            issuer=self._issuer,
            audience=self._audience,
            leeway=self._leeway,
            options={"require": CLAIMS, "strict_aud": True},
        )

    def _jwk(self) -> dict[str, str]:
        public = self._public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {"crv": "Ed25519", "kty": "OKP", "x": _base64url(public)}

    def seal(self, payload: bytes, kind: str) -> str:
        """A detached signature (JWS without its payload, RFC 7515 appendix F): `typ` says of what,
        so it is never taken for a token."""
        headers = {"kid": self._key_id, "typ": kind}
        sealed = jwt.PyJWS().encode(payload, self._private, ALGORITHM, headers)
        header, _, signature = sealed.split(".")
        return f"{header}..{signature}"

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public key, for others who check our tokens (RFC 7517)."""
        return {"keys": [{**self._jwk(), "kid": self._key_id, "use": "sig", "alg": ALGORITHM}]}


def _recognised(claims: Mapping[str, Any]) -> Recognised:
    """A role over a region of the wrong tier is no actor, and raises a ValueError here."""
    if type(claims["sv"]) is not int:
        raise TokenNotValid
    return Recognised(
        Actor(UUID(claims["sub"]), Role(claims["role"]), Region(claims["region"])),
        claims["sv"],
        datetime.fromtimestamp(claims["exp"], UTC),
    )


def thumbprint(jwk: Mapping[str, str]) -> str:
    """RFC 7638: the same key has the same name everywhere."""
    canonical = json.dumps(jwk, sort_keys=True, separators=(",", ":"))
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


# --- keys


def read_key(pem: str) -> Ed25519PrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("the signing key is not an Ed25519 key")  # noqa: TRY004 - a wrong setting
    return key


def load_or_make_key(path: Path) -> Ed25519PrivateKey:
    """The key in that file, made by whoever comes first; two who come at once agree on one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_key(path)
    return read_key(path.read_text())


def _make_key(path: Path) -> None:
    """Written aside and then linked, so that nobody ever reads half a key or overwrites one."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.touch(mode=0o600, exist_ok=False)
    try:
        aside.write_bytes(_pem(Ed25519PrivateKey.generate()))
        path.hardlink_to(aside)
    except FileExistsError:
        return
    finally:
        aside.unlink()


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
