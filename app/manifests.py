"""Whether the manifest of an extract is ours, as anybody finds out: with the published key."""

from collections.abc import Mapping
from typing import Any

from app.domain.extracts.manifests import SEAL, UNSIGNED, canonical
from app.signatures import header_of, is_signed


def verified(manifest: Mapping[str, Any], jwks: Mapping[str, Any]) -> bool:
    """`jwks` is what `/.well-known/jwks.json` answers. The same key signs tokens: `typ` tells."""
    try:
        signature = manifest[UNSIGNED]
        said = header_of(signature)
        [key] = [each for each in jwks["keys"] if each["kid"] == said["kid"]]
        return said.get("typ") == SEAL and is_signed(signature, canonical(manifest), [key])
    except (LookupError, TypeError, ValueError, AttributeError):
        return False
