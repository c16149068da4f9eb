"""Whether the manifest of an extract is ours, as anybody finds out: with the published key."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.domain.extracts.manifests import SEAL, canonical


def verified(manifest: Mapping[str, Any], jwks: Mapping[str, Any]) -> bool:
    """`jwks` is what `/.well-known/jwks.json` answers. The same key signs tokens: `typ` tells."""
    try:
        header, _, signature = manifest["signature"].partition("..")
        said = json.loads(_decoded(header))
        [key] = [each["x"] for each in jwks["keys"] if each["kid"] == said["kid"]]
        public = Ed25519PublicKey.from_public_bytes(_decoded(key))
        public.verify(_decoded(signature), _signed(header, manifest))
    except (InvalidSignature, LookupError, TypeError, ValueError, AttributeError):
        return False
    return bool(said.get("typ") == SEAL)


def _signed(header: str, manifest: Mapping[str, Any]) -> bytes:
    told = base64.urlsafe_b64encode(canonical(manifest)).rstrip(b"=").decode()
    return f"{header}.{told}".encode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
