"""Another issuer: what it tells of its keys, and of people."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from app.issuer_keys import IssuerKeys
from app.issuers import Issuer

NAME = "https://masuk.example/realms/pegawai"
AUDIENCE = "siks-ng"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()


def jwk_of(key: Any, kid: str, **more: object) -> dict[str, Any]:  # noqa: ANN401
    kinds = {rsa.RSAPrivateKey: RSAAlgorithm, ed25519.Ed25519PrivateKey: OKPAlgorithm}
    algorithm = next((a for kind, a in kinds.items() if isinstance(key, kind)), ECAlgorithm)
    jwk = algorithm.to_jwk(key.public_key(), as_dict=True)
    jwk.pop("key_ops", None)
    return {**jwk, "kid": kid, "use": "sig", **more}


def keys(*jwks: dict[str, Any]) -> bytes:
    return json.dumps({"keys": jwks}).encode()


USUAL = keys(jwk_of(RSA, "rsa"), jwk_of(EC, "ec"))


@dataclass
class LittleIssuer:
    """It tells its keys over HTTP, and counts how often it is asked."""

    document: bytes = USUAL
    status: str = "200 OK"
    headers: str = ""
    seconds: float = 0.0
    asked: int = 0
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""
    hand: list[float] = field(default_factory=lambda: [1000.0])

    @asynccontextmanager
    async def telling(self) -> AsyncIterator["LittleIssuer"]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks.json"
        async with server:
            yield self

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        self.is_asked.set()
        await asyncio.sleep(self.seconds)
        head = f"HTTP/1.1 {self.status}\r\n{self.headers}Connection: close\r\n\r\n"
        writer.write(head.encode() + self.document)
        await writer.drain()
        writer.close()

    def as_known(self) -> Issuer:
        known = IssuerKeys(self.url, clock=lambda: self.hand[0])
        return Issuer(NAME, audience=AUDIENCE, keys=known)


def says(subject: str, **differing: object) -> dict[str, Any]:
    """What an ID token of that issuer says now; None takes a claim away."""
    now = datetime.now(UTC)
    usual = {
        "iss": NAME,
        "aud": AUDIENCE,
        "sub": subject,
        "iat": now,
        "exp": now + timedelta(minutes=5),
        "nonce": "n-0S6",
    }
    return {
        name: now + said if isinstance(said, timedelta) else said
        for name, said in (usual | differing).items()
        if said is not None
    }


def id_token(subject: str, *, key: Any = RSA, kid: str = "rsa", **differing: object) -> str:  # noqa: ANN401
    algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
    return jwt.encode(says(subject, **differing), key, algorithm, {"kid": kid})
