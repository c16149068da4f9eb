"""Anybody can tell by the published key whether a manifest is ours."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.domain.extracts.manifests import SEAL, canonical
from app.manifests import verified
from app.tokens import Tokens

MANIFEST = {"resource": "members", "rows": 3}


def tokens() -> Tokens:
    return Tokens(Ed25519PrivateKey.generate(), issuer="siks", audience="siks")


OURS, OTHERS = tokens(), tokens()


def sealed(by: Tokens, kind: str = SEAL) -> dict[str, Any]:
    return {**MANIFEST, "signature": by.seal(canonical(MANIFEST), kind)}


def test_it_is_ours_with_our_seal():
    assert verified(sealed(OURS), OURS.jwks())


@pytest.mark.parametrize(
    "manifest",
    [
        pytest.param({**sealed(OURS), "rows": 4}, id="changed"),
        pytest.param(MANIFEST, id="without a seal"),
        pytest.param(sealed(OTHERS), id="of a key that is not published"),
        pytest.param(sealed(OURS, kind="JWT"), id="sealed as something else"),
    ],
)
def test_it_is_not_ours(manifest: dict[str, Any]):
    assert not verified(manifest, OURS.jwks())


@pytest.mark.parametrize("published", [{}, {"keys": []}, {"keys": [{}]}])
def test_no_key_vouches_for_it(published: dict[str, Any]):
    assert not verified(sealed(OURS), published)


def test_a_key_vouches_by_its_own_name_only():
    [key] = OURS.jwks()["keys"]
    assert not verified(sealed(OURS), {"keys": [{**key, "kid": "another"}]})
