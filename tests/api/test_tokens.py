import asyncio
import json
import stat
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from app.db.sessions import Database
from app.domain.actors import Role
from app.routers import token_check
from app.tokens import TokenNotValid, Tokens, load_or_make_key, read_key, thumbprint
from tests.api.door import (
    CILEGON,
    DAY,
    KEY,
    TOKENS,
    House,
    Officer,
    a_house,
    b64,
    by_hand,
    clock_at,
    door_app,
    refused,
)

KID = TOKENS.jwks()["keys"][0]["kid"]
PUBLIC_RAW = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
PUBLIC_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
NOT_RECOGNISED = (401, "token-not-valid")


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    async with a_house(database) as house:
        yield house


@pytest.fixture
async def officer(house: House) -> Officer:
    return await house.officer()


def claims_of(officer: Officer, **differing: object) -> dict[str, Any]:
    """What our own tokens say; None takes a claim away."""
    now = datetime.now(UTC)
    usual = {
        "iss": "siks",
        "aud": "siks",
        "sub": str(officer.account.id),
        "role": officer.role,
        "region": officer.region.code,
        "sv": 1,
        "iat": now,
        "exp": now + timedelta(minutes=10),
        "jti": str(uuid4()),
    }
    return {name: said for name, said in (usual | differing).items() if said is not None}


def signed(claims: dict[str, Any], **headers: object) -> str:
    return jwt.encode(claims, KEY, "EdDSA", {"kid": KID, "typ": "at+jwt"} | headers)


async def test_a_token_made_by_hand_like_ours_is_believed(officer: Officer):
    """Without this, the refusals below could have any reason."""
    assert (await officer.asks(access_token=signed(claims_of(officer)))).status_code == 200


class TestATokenIsNotBelieved:
    async def test_where_there_is_none(self, house: House):
        response = await house.http.get("/v1/me")
        assert refused(response) == NOT_RECOGNISED
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.json()["title"] == "Anda belum dikenali"

    async def test_in_the_language_of_the_caller(self, house: House):
        response = await house.http.get("/v1/me", headers={"Accept-Language": "en"})
        assert response.json()["title"] == "You are not recognised"

    @pytest.mark.parametrize(
        "sent", ["Bearer", "Bearer ", "Bearer x.y.z", "Bearer é", "Basic dTpw", "x", "Bearer a b"]
    )
    async def test_where_it_is_no_bearer_token(self, house: House, sent: str):
        headers = {"Authorization": sent.encode()}
        assert refused(await house.http.get("/v1/me", headers=headers)) == NOT_RECOGNISED

    async def test_where_two_are_sent(self, house: House, officer: Officer):
        headers = [("Authorization", officer.bearer()["Authorization"])] * 2
        assert refused(await house.http.get("/v1/me", headers=headers)) == NOT_RECOGNISED

    @pytest.mark.parametrize(
        "name", ["iss", "aud", "sub", "role", "region", "sv", "iat", "exp", "jti"]
    )
    async def test_where_a_claim_is_missing(self, officer: Officer, name: str):
        token = signed(claims_of(officer, **{name: None}))
        assert refused(await officer.asks(access_token=token)) == NOT_RECOGNISED

    @pytest.mark.parametrize(
        "differing",
        [
            {"iss": "somebody"},
            {"aud": "something"},
            {"aud": ["siks", "something"]},
            {"sub": "me"},
            {"sub": str(uuid4())},
            {"role": "king"},
            {"region": "367"},
            {"region": "3672011002"},
            {"sv": 2},
            {"sv": True},
            {"sv": "1"},
            {"jti": 7},
            {"exp": timedelta(seconds=-40)},
            {"iat": timedelta(minutes=5)},
        ],
    )
    async def test_where_a_claim_is_wrong(self, officer: Officer, differing: dict[str, object]):
        now = datetime.now(UTC)
        differing = {k: now + v if isinstance(v, timedelta) else v for k, v in differing.items()}

        token = signed(claims_of(officer, **differing))

        assert refused(await officer.asks(access_token=token)) == NOT_RECOGNISED

    async def test_but_clocks_may_differ_by_half_a_minute(self, officer: Officer):
        expired = datetime.now(UTC) - timedelta(seconds=20)
        token = signed(claims_of(officer, exp=expired))
        assert (await officer.asks(access_token=token)).status_code == 200

    @pytest.mark.parametrize(
        ("role", "region"),
        [
            (Role.VILLAGE_OPERATOR, "3672"),
            (Role.REGENCY_VERIFIER, "3672011001"),
            (Role.MINISTRY_DETERMINER, "36"),
            (Role.PROVINCE_OFFICER, ""),
        ],
    )
    async def test_where_the_role_is_not_held_over_such_a_region(
        self, officer: Officer, role: Role, region: str
    ):
        token = signed(claims_of(officer, role=role, region=region))
        assert refused(await officer.asks(access_token=token)) == NOT_RECOGNISED

    @pytest.mark.parametrize("headers", [{"kid": "another"}, {"typ": "JWT"}, {"typ": None}])
    async def test_where_its_header_is_of_another_kind(
        self, officer: Officer, headers: dict[str, object]
    ):
        token = signed(claims_of(officer), **headers)
        assert refused(await officer.asks(access_token=token)) == NOT_RECOGNISED

    async def test_once_it_has_expired_though_it_was_believed_before(self, officer: Officer):
        tokens = Tokens(KEY, issuer="siks", audience="siks", leeway=timedelta(0))
        token = signed(claims_of(officer, exp=int(time.time()) + 2))

        believed = tokens.verify(token)
        await asyncio.sleep(2.1)

        assert believed.actor.id == officer.account.id
        with pytest.raises(TokenNotValid):
            tokens.verify(token)

    async def test_where_another_key_signed_it(self, officer: Officer):
        headers = {"kid": KID, "typ": "at+jwt"}
        token = jwt.encode(claims_of(officer), Ed25519PrivateKey.generate(), "EdDSA", headers)
        assert refused(await officer.asks(access_token=token)) == NOT_RECOGNISED

    async def test_where_a_letter_was_changed(self, officer: Officer):
        claims = claims_of(officer)
        good = signed(claims)
        assert (await officer.asks(access_token=good)).status_code == 200
        head, body, signature = good.split(".")
        forged = b64(json.dumps(claims | {"iat": 1, "exp": 1 << 40}).encode())
        for token in (f"{head}.{forged}.{signature}", f"{head}.{body}."):
            assert refused(await officer.asks(access_token=token)) == NOT_RECOGNISED

    @pytest.mark.parametrize(
        ("algorithm", "signing"),
        [
            ("none", None),
            ("None", None),
            ("HS256", PUBLIC_RAW),
            ("HS256", PUBLIC_PEM),
            ("HS256", b""),
            ("RS256", PUBLIC_PEM),
            ("ES256", PUBLIC_RAW),
        ],
        ids=["none", "None", "HS256-raw", "HS256-pem", "HS256-empty", "RS256-pem", "ES256-raw"],
    )
    async def test_by_another_algorithm_than_ours(
        self, officer: Officer, algorithm: str, signing: bytes | None
    ):
        header = {"alg": algorithm, "kid": KID, "typ": "at+jwt"}
        token = by_hand(header, claims_of(officer), signing)
        assert refused(await officer.asks(access_token=token)) == NOT_RECOGNISED

    async def test_by_another_algorithm_with_a_key_of_its_own(self, officer: Officer):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        token = jwt.encode(claims_of(officer), key, "RS256", {"kid": KID, "typ": "at+jwt"})
        assert refused(await officer.asks(access_token=token)) == NOT_RECOGNISED

    async def test_where_it_is_longer_than_any_of_ours(self, officer: Officer):
        token = signed(claims_of(officer, more="x" * 4000))
        assert refused(await officer.asks(access_token=token)) == NOT_RECOGNISED


class TestTheCheck:
    async def test_stands_before_a_path_that_does_not_exist(self, house: House):
        assert refused(await house.http.get("/v1/nothing")) == NOT_RECOGNISED

    async def test_answers_before_anything_of_the_body_is_read(self, database: Database):
        app = door_app(database)
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            raise AssertionError("the body was read")

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/accounts/x/steps",
            "headers": [(b"content-type", b"application/json")],
            "query_string": b"",
        }
        await app(scope, receive, send)

        assert sent[0]["status"] == 401

    async def test_lets_everybody_see_the_key(self, house: House):
        assert (await house.http.get("/.well-known/jwks.json")).status_code == 200

    async def test_says_busy_where_the_database_does_not_answer(
        self, app_url: str, officer: Officer
    ):
        gone = Database(app_url, connections=1)
        await gone.open()
        await gone.close()
        async with a_house(gone) as house:
            response = await house.http.get("/v1/me", headers=officer.bearer())
        assert refused(response) == (503, "overloaded")
        assert response.headers["retry-after"]


ENDED_BY = {
    "dismissed": "UPDATE account SET state = 'dismissed' WHERE id = $1",
    "another session version": "UPDATE account SET session_version = 2 WHERE id = $1",
    "assignment ended": "UPDATE assignment SET ends_at = now() WHERE account_id = $1",
}


class TestAnOfficerWhoNoLongerStands:
    @pytest.mark.parametrize("ended_by", ENDED_BY.values(), ids=ENDED_BY.keys())
    async def test_is_out_after_thirty_seconds(self, database: Database, ended_by: str):
        hand = [1000.0]
        async with a_house(database, clock=clock_at(hand)) as house:
            officer = await house.officer()
            assert (await officer.asks()).status_code == 200
            await house.runs(ended_by, officer.account.id)

            hand[0] += 29.9
            assert (await officer.asks()).status_code == 200
            hand[0] += 0.1
            assert refused(await officer.asks()) == NOT_RECOGNISED

    async def test_is_out_at_once_where_nobody_asked_for_him_before(self, house: House):
        officer = await house.officer(until=datetime.now(UTC) - DAY)
        assert refused(await officer.asks()) == NOT_RECOGNISED

    async def test_need_not_wait_once_he_stands_again(self, house: House):
        officer = await house.officer()
        await house.runs(ENDED_BY["dismissed"], officer.account.id)
        assert refused(await officer.asks()) == NOT_RECOGNISED

        await house.runs("UPDATE account SET state = 'active' WHERE id = $1", officer.account.id)

        assert (await officer.asks()).status_code == 200

    async def test_is_not_remembered_for_the_sake_of_another_session_version(self, house: House):
        officer = await house.officer()
        assert (await officer.asks()).status_code == 200
        newer = signed(claims_of(officer, sv=2))
        assert refused(await officer.asks(access_token=newer)) == NOT_RECOGNISED

        await house.runs(ENDED_BY["another session version"], officer.account.id)

        assert (await officer.asks(access_token=newer)).status_code == 200
        assert refused(await officer.asks()) == NOT_RECOGNISED

    async def test_is_forgotten_when_there_are_too_many_to_remember(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(token_check, "REMEMBERED_ACTORS", 2)
        first, *others = [await house.officer() for _ in range(3)]
        await first.asks()
        await house.runs(ENDED_BY["dismissed"], first.account.id)
        assert (await first.asks()).status_code == 200
        for other in others:
            await other.asks()

        assert refused(await first.asks()) == NOT_RECOGNISED


class TestTheKey:
    async def test_checks_our_tokens_in_anybodys_hands(self, house: House, officer: Officer):
        [told] = (await house.http.get("/.well-known/jwks.json")).json()["keys"]
        token = (await officer.is_in()).tokens["access_token"]

        claims = jwt.decode(
            token, jwt.PyJWK(told), algorithms=["EdDSA"], audience="siks", issuer="siks"
        )

        assert jwt.get_unverified_header(token) == {
            "alg": "EdDSA",
            "kid": told["kid"],
            "typ": "at+jwt",
        }
        assert claims["exp"] - claims["iat"] == 600
        assert (claims["role"], claims["region"]) == (officer.role, officer.region.code)
        assert set(claims) == {"iss", "aud", "sub", "role", "region", "sv", "iat", "exp", "jti"}
        assert "d" not in told

    def test_is_named_by_its_thumbprint(self):
        """The example of RFC 8037, appendix A.3."""
        jwk = {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        }
        assert thumbprint(jwk) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"

    def test_is_made_once_for_its_owners_eyes_only(self, tmp_path: Path):
        path = tmp_path / "new" / "signing-key.pem"
        made, kept = load_or_make_key(path), load_or_make_key(path)
        assert made.private_bytes_raw() == kept.private_bytes_raw()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert list(path.parent.iterdir()) == [path]

    def test_is_one_for_all_who_come_first_at_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        path = tmp_path / "signing-key.pem"
        first = load_or_make_key(path)
        monkeypatch.setattr(Path, "exists", lambda _: False)  # as it was when the second looked

        second = load_or_make_key(path)

        assert second.private_bytes_raw() == first.private_bytes_raw()
        assert list(tmp_path.iterdir()) == [path]

    def test_of_another_kind_is_not_taken(self):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        with pytest.raises(ValueError, match="not an Ed25519 key"):
            read_key(pem)


async def test_a_token_is_for_one_assignment_though_another_is_held(house: House):
    officer = await house.officer(Role.REGENCY_VERIFIER, CILEGON)
    as_admin = Officer(officer.account, Role.REGENCY_ADMIN, CILEGON, house.http)
    response = await as_admin.asks()
    assert refused(response) == NOT_RECOGNISED
