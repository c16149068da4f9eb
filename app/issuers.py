"""Who somebody is, by the word of another issuer: an OpenID Connect ID token, and no more of it.

What he may do is never taken from there; that is said by his assignments here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from app.domain.errors import NotRecognised, Said
from app.issuer_keys import IssuerKey, IssuerKeys

LEEWAY = timedelta(seconds=30)
OLDEST = timedelta(minutes=10)
LONGEST = 8192
LONGEST_SUBJECT = 250
CLAIMS = ["iss", "aud", "sub", "iat", "exp"]
TYPES = {"jwt", "at+jwt"}  # others, of logout say, are of the same key and the same audience


class IdentityNotBelieved(NotRecognised):
    """The token of the other issuer is none, or not for us, or too old."""

    title = Said(id="Token dari penerbit luar ditolak", en="The other issuer's token is refused")
    detail = Said(
        id="Masuk kembali pada penerbit token itu, lalu kirim token identitas yang baru.",
        en="Sign in again at the issuer of that token, then send the new ID token.",
    )


@dataclass(frozen=True)
class Identity:
    issuer: str
    subject: str


class Issuer:
    def __init__(self, name: str, *, audience: str, keys: IssuerKeys) -> None:
        self.keys = keys
        self._name = name
        self._audience = audience

    async def identify(self, token: str) -> Identity:
        if len(token) > LONGEST:
            raise IdentityNotBelieved
        try:
            header = jwt.get_unverified_header(token)
            key = await self.keys.named(_named_by(header))
            return self._identity(self._claims(token, key))
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise IdentityNotBelieved from error

    def _claims(self, token: str, key: IssuerKey | None) -> Mapping[str, Any]:
        if key is None:
            raise IdentityNotBelieved
        return jwt.decode(
            token,
            key.public,
            algorithms=[key.algorithm],
            issuer=self._name,
            audience=self._audience,
            leeway=LEEWAY,
            options={"require": CLAIMS},
        )

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        """One audience: with a token that others got too, each could come in another's name."""
        age = datetime.now(UTC).timestamp() - int(claims["iat"])
        subject = claims["sub"]
        if (
            claims["aud"] not in (self._audience, [self._audience])
            or age > (OLDEST + LEEWAY).total_seconds()
            or not _is_name(subject)
            or "events" in claims  # RFC 8417: it tells of something, it does not identify
        ):
            raise IdentityNotBelieved
        return Identity(self._name, subject)


def _is_name(subject: str) -> bool:
    return 0 < len(subject) <= LONGEST_SUBJECT and subject.isascii() and subject.isprintable()


def _named_by(header: Mapping[str, Any]) -> str:
    """The key it names. What it says of its algorithm is compared with the key's, later."""
    kind, name = header.get("typ", "jwt"), header.get("kid")
    if not isinstance(name, str) or not isinstance(kind, str) or "crit" in header:
        raise IdentityNotBelieved
    if kind.lower().removeprefix("application/") not in TYPES:
        raise IdentityNotBelieved
    return name
