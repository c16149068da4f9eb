"""Signatures of others: detached JWS (RFC 7515, appendix F), by keys that were registered here.

The algorithm follows from the key, never from what was sent. Ours are made by `Tokens.seal`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

LONGEST = 4096
SHORTEST_RSA = 2048
ALGORITHMS = {"OKP": ["EdDSA"], "EC": ["ES256"], "RSA": ["PS256", "RS256"]}

Jwk = Mapping[str, Any]


class KeyNotFit(ValueError):
    """It is no public key that we can check a signature with."""


def check_key(key: Jwk) -> None:
    """What is private was sent by mistake, and is not kept."""
    if "d" in key or key.get("kty") not in ALGORITHMS:
        raise KeyNotFit
    try:
        found = jwt.PyJWK(dict(key), ALGORITHMS[key["kty"]][0]).key
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise KeyNotFit from error
    if isinstance(found, RSAPublicKey) and found.key_size < SHORTEST_RSA:
        raise KeyNotFit


def is_signed(signature: str, payload: bytes, keys: Sequence[Jwk]) -> bool:
    """Whether one of these keys has signed it; the one it names, where it names one of them."""
    parts = signature.split(".")
    if len(signature) > LONGEST or len(parts) != len(["head", "", "signature"]) or parts[1]:
        return False
    named = header_of(signature).get("kid")
    fitting = [key for key in keys if named is not None and key.get("kid") == named] or keys
    whole = f"{parts[0]}.{jwt.utils.base64url_encode(payload).decode()}.{parts[2]}"
    return any(_fits(whole, key) for key in fitting)


def header_of(signature: str) -> Mapping[str, Any]:
    """What it says of itself, before anybody has checked it; nothing, where it cannot be read."""
    try:
        return jwt.get_unverified_header(signature)
    except (jwt.PyJWTError, ValueError, RecursionError):
        return {}


def _fits(whole: str, key: Jwk) -> bool:
    algorithms = ALGORITHMS[key["kty"]]
    try:
        jwt.api_jws.decode(whole, jwt.PyJWK(dict(key), algorithms[0]).key, algorithms)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError, json.JSONDecodeError):
        return False
    return True
