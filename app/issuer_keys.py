"""The public keys of another issuer (RFC 7517): which of them are used, and when they are fetched.

What a key is good for is said here and by the key, never by the token that names it. However many
tokens come, the issuer is asked once a minute at most; while it is down, the last keys serve on.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf
from typing import Any
from urllib.parse import urlsplit

import httpx2 as httpx
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.exceptions import InvalidKeyError

from app.domain.errors import Overloaded, Said

log = structlog.get_logger("siks.issuer")

FETCH_SECONDS = 3.0
FETCH_BYTES = 64 * 1024
MOST_KEYS = 50
LONGEST_NAME = 200
RSA_BITS = range(2048, 8192 + 1)

MINUTE = 60.0  # no more than one fetch in it
HOUR = 60 * MINUTE  # after which keys are asked for anew: one that was taken back is out by then
DAY = 24 * HOUR  # after which keys that could not be asked for anew are given up


class IssuerUnreachable(Overloaded):
    """The other issuer does not tell its keys just now."""

    title = Said(id="Layanan masuk luar tidak terjangkau", en="The other issuer is out of reach")
    detail = Said(
        id="Coba lagi dalam {retry_after} detik, atau masuk dengan nama pengguna dan kata sandi.",
        en="Try again in {retry_after} seconds, or sign in with username and password.",
    )


@dataclass(frozen=True)
class IssuerKey:
    public: RSAPublicKey | EllipticCurvePublicKey
    algorithm: str


# --- which keys are used


def keys_in(document: bytes) -> dict[str, IssuerKey]:
    """The keys that are fit, by name. A name that two of them have is nobody's."""
    said = json.loads(document)
    listed = said.get("keys") if isinstance(said, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no set of keys")  # noqa: TRY004 - whatever is wrong with it
    fit = [(jwk["kid"], key) for jwk in listed[:MOST_KEYS] if (key := _key_of(jwk))]
    times = Counter(name for name, _ in fit)
    found = {name: key for name, key in fit if times[name] == 1}
    if not found:
        raise ValueError("no key that is fit")
    return found


def _key_of(jwk: Any) -> IssuerKey | None:  # noqa: ANN401
    if not isinstance(jwk, dict) or not _is_for_us(jwk):
        return None
    try:
        return _rsa(jwk) if jwk["kty"] == "RSA" else _ec(jwk)
    except (InvalidKeyError, ValueError, TypeError, KeyError, OverflowError):
        return None


def _is_for_us(jwk: dict[str, Any]) -> bool:
    """Named, public, and meant for checking signatures by the algorithm we use such a key with."""
    name, operations = jwk.get("kid"), jwk.get("key_ops", ["verify"])
    algorithm = _algorithm_for(jwk)
    return (
        isinstance(name, str)
        and 0 < len(name) <= LONGEST_NAME
        and "d" not in jwk
        and jwk.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and algorithm is not None
        and jwk.get("alg", algorithm) == algorithm
    )


def _algorithm_for(jwk: dict[str, Any]) -> str | None:
    if jwk.get("kty") == "RSA":
        return "RS256"
    return "ES256" if (jwk.get("kty"), jwk.get("crv")) == ("EC", "P-256") else None


def _rsa(jwk: dict[str, Any]) -> IssuerKey | None:
    public = RSAAlgorithm.from_jwk({name: jwk[name] for name in ("kty", "n", "e")})
    if not isinstance(public, RSAPublicKey) or public.key_size not in RSA_BITS:
        return None
    return IssuerKey(public, "RS256")


def _ec(jwk: dict[str, Any]) -> IssuerKey | None:
    public = ECAlgorithm.from_jwk({name: jwk[name] for name in ("kty", "crv", "x", "y")})
    return IssuerKey(public, "ES256") if isinstance(public, EllipticCurvePublicKey) else None


# --- when they are fetched

_FAULTS = (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, RecursionError)


class IssuerKeys:
    """The keys at that address. Nothing is fetched before somebody comes with a token."""

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._known: dict[str, IssuerKey] = {}
        self._fetched_at = self._tried_at = -inf
        self._turn = asyncio.Lock()

    async def named(self, name: str) -> IssuerKey | None:
        """The key of that name, if the issuer has it."""
        waits = name not in self._known or not self._turn.locked()
        if waits and self._is_wanted(name):
            async with self._turn:
                await self._fetch_if_due(name)
        if self._age() >= DAY:
            self._known = {}
        if not self._known:
            raise IssuerUnreachable(retry_after=ceil(max(1.0, MINUTE - self._since_last_try())))
        return self._known.get(name)

    def learn(self, document: bytes) -> None:
        """Take over a set of keys: it replaces the one before."""
        self._known = keys_in(document)
        self._fetched_at = self._clock()

    def _is_wanted(self, name: str) -> bool:
        return name not in self._known or self._age() >= HOUR

    def _age(self) -> float:
        return self._clock() - self._fetched_at

    def _since_last_try(self) -> float:
        return self._clock() - self._tried_at

    async def _fetch_if_due(self, name: str) -> None:
        """Whoever had the turn before may have brought the key, or failed to."""
        if not self._is_wanted(name) or self._since_last_try() < MINUTE:
            return
        self._tried_at = self._clock()
        try:
            self.learn(await _fetched(self._url))
        except _FAULTS as error:
            log.warning("issuer_keys_not_fetched", why=f"{type(error).__name__}: {error}"[:200])


async def _fetched(url: str) -> bytes:
    """The document, in time, whole and not too much of it; from that address and no other."""
    by_proxy = urlsplit(url).scheme == "https"  # as the environment says; never to this machine
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    async with (
        asyncio.timeout(FETCH_SECONDS),
        httpx.AsyncClient(timeout=FETCH_SECONDS, trust_env=by_proxy, headers=headers) as http,
        http.stream("GET", url, follow_redirects=False) as answer,
    ):
        if answer.status_code != httpx.codes.OK or "content-encoding" in answer.headers:
            raise ValueError(f"answered {answer.status_code}")
        read = bytearray()
        async for chunk in answer.aiter_raw():
            read += chunk
            if len(read) > FETCH_BYTES:
                raise ValueError("answered too much")
        return bytes(read)
