"""Machines at the door: OAuth 2.0 client credentials, as a form or as JSON."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus, urlencode

import pytest
from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db import accounts
from app.db.sessions import Database
from app.db.tables.accounts import NO_PASSWORD, ClientSecret
from app.domain.actors import Role
from app.domain.credentials import client_secret_hash, new_client_secret
from app.domain.regions import INDONESIA, Region
from tests.api.door import (
    CILEGON,
    DAY,
    LONG_AGO,
    TOKENS,
    House,
    Officer,
    a_house,
    an_address,
    refused,
)
from tests.registry import Registry

PATH = "/v1/auth/client-token"
FORM = "application/x-www-form-urlencoded"
BANTEN = Region("36")
UNKNOWN = (401, "client-not-recognised")
NOT_FIT = (400, "token-request-not-fit")


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    async with a_house(database) as house:
        yield house


async def machine(house: House, **more: object) -> tuple[Officer, str]:
    """An account of the role integration, and a secret of it."""
    officer = await house.officer(Role.INTEGRATION, BANTEN, password_hash=NO_PASSWORD, **more)  # type: ignore[arg-type]
    return officer, await another_secret(house, officer)


async def another_secret(
    house: House, officer: Officer, *, expires_at: datetime | None = None, revoked: bool = False
) -> str:
    secret = new_client_secret()
    async with house.database.transaction(INDONESIA) as session:
        session.add(
            ClientSecret(
                account_id=officer.account.id,
                scope_code=officer.account.scope_code,
                secret_hash=client_secret_hash(secret),
                created_at=LONG_AGO,
                expires_at=expires_at or datetime.now(UTC) + 365 * DAY,
                revoked_at=datetime.now(UTC) if revoked else None,
            )
        )
    return secret


def basic(client_id: str, secret: str) -> dict[str, str]:
    said = b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()
    return {"Authorization": f"Basic {said}"}


async def asks(house: House, officer: Officer, secret: str, **more: object) -> Response:
    """As an OAuth library asks by default."""
    sent = {"grant_type": "client_credentials", **more}
    headers = basic(officer.account.username, secret)
    return await house.http.post(PATH, data=sent, headers=headers)


def told(response: Response) -> tuple[int, str, str]:
    """The status, our code, and the code of RFC 6749."""
    return (*refused(response), response.json()["error"])


class TestAMachineSignsIn:
    async def test_with_its_secret_and_gets_what_rfc_6749_says(self, house: House):
        officer, secret = await machine(house)

        response = await asks(house, officer, secret)

        given = response.json()
        assert response.status_code == 200, response.text
        assert response.headers["cache-control"] == "no-store"
        assert given.keys() == {"access_token", "token_type", "expires_in"}
        assert (given["token_type"], given["expires_in"]) == ("Bearer", 600)
        actor = TOKENS.verify(given["access_token"]).actor
        assert (actor.role, actor.region) == (Role.INTEGRATION, BANTEN)
        me = await officer.asks(access_token=given["access_token"])
        assert me.json()["account_id"] == str(officer.account.id)

    @pytest.mark.parametrize("way", ["form", "JSON", "header", "header and form", "JSON by id"])
    async def test_in_every_way_there_is(self, house: House, way: str):
        officer, secret = await machine(house)
        name = officer.account.username.upper()
        grant = {"grant_type": "client_credentials"}
        in_body = {**grant, "client_id": name, "client_secret": secret}
        request = {
            "form": {"data": in_body},
            "JSON": {"json": in_body},
            "header": {"data": grant, "headers": basic(name, secret)},
            "header and form": {
                "data": {**grant, "client_id": name},
                "headers": basic(name, secret),
            },
            "JSON by id": {"json": {**in_body, "client_id": str(officer.account.id)}},
        }[way]

        response = await house.http.post(PATH, **request)  # type: ignore[arg-type]

        assert response.status_code == 200, response.text

    async def test_and_what_it_says_besides_is_passed_over(self, house: House):
        officer, secret = await machine(house)
        more = {"scope": "registry", "assignment_id": "", "resource": ["urn:a", "urn:b"]}
        assert (await asks(house, officer, secret, **more)).status_code == 200

    async def test_with_either_of_two_secrets_while_they_are_changed(self, house: House):
        officer, first = await machine(house)
        second = await another_secret(house, officer)
        for secret in (first, second):
            assert (await asks(house, officer, secret)).status_code == 200

    async def test_naming_one_of_several_assignments(self, house: House):
        officer, secret = await machine(house)
        async with house.database.transaction(INDONESIA) as session:
            account = await accounts.find(session, officer.account.id, within=INDONESIA)
            await accounts.assign(
                session, account, role=Role.INTEGRATION, region=CILEGON, from_=LONG_AGO
            )

        several = await asks(house, officer, secret)
        second = several.json()["assignments"][1]["id"]
        chosen = await asks(house, officer, secret, assignment_id=second)

        assert told(several) == (409, "several-assignments", "invalid_request")
        assert TOKENS.verify(chosen.json()["access_token"]).actor.region == CILEGON

    async def test_for_the_role_integration_alone(self, house: House):
        officer = await house.officer(Role.REGENCY_OPERATOR, CILEGON)
        secret = await another_secret(house, officer)
        answer = await asks(house, officer, secret)
        assert told(answer) == (403, "no-current-assignment", "unauthorized_client")

    async def test_not_outside_the_period_of_its_assignment(self, house: House):
        officer, secret = await machine(house, until=datetime.now(UTC) - DAY)
        answer = await asks(house, officer, secret)
        assert told(answer) == (403, "no-current-assignment", "unauthorized_client")

    async def test_and_not_any_longer_than_thirty_seconds_once_it_is_dismissed(self, house: House):
        officer, secret = await machine(house)
        await house.runs(
            "UPDATE account SET state = 'dismissed', session_version = 2 WHERE id = $1",
            officer.account.id,
        )
        assert told(await asks(house, officer, secret)) == (*UNKNOWN, "invalid_client")


class TestAMachineIsNotLetIn:
    async def test_with_one_answer_for_whatever_is_wrong(self, house: House):
        officer, _ = await machine(house)
        other, others = await machine(house)
        past = datetime.now(UTC) - timedelta(seconds=1)
        wrong = {
            "another's": others,
            "expired": await another_secret(house, officer, expires_at=past),
            "revoked": await another_secret(house, officer, revoked=True),
            "invented": new_client_secret(),
        }
        answers = [await asks(house, officer, secret) for secret in wrong.values()]
        other.account.username = f"nobody.{an_address()}"
        answers.append(await asks(house, other, others))

        assert {told(answer) for answer in answers} == {(*UNKNOWN, "invalid_client")}
        assert len({answer.text for answer in answers}) == 1
        assert all(
            answer.headers["www-authenticate"].startswith("Basic realm=") for answer in answers
        )

    @pytest.mark.parametrize(
        "header",
        [
            "Basic",
            "Basic !",
            "Basic /w==",
            "Basic bm9ib2R5",
            "Basic JWZmOiVmZg==",
            "Bearer x.y.z",
            "\u00e9",
        ],
    )
    async def test_with_a_header_that_is_no_secret(self, house: House, header: str):
        response = await house.http.post(
            PATH,
            data={"grant_type": "client_credentials"},
            headers={"Authorization": header.encode("latin-1")},
        )
        assert told(response) == (*UNKNOWN, "invalid_client")

    async def test_without_any(self, house: House):
        officer, _ = await machine(house)
        for sent in ({}, {"client_id": officer.account.username}, {"client_secret": "x"}):
            grant = {"grant_type": "client_credentials", **sent}
            assert told(await house.http.post(PATH, data=grant)) == (*UNKNOWN, "invalid_client")

    async def test_by_a_name_that_is_the_id_of_another(self, house: House):
        officer, secret = await machine(house)
        imposter, theirs = await machine(house, username=str(officer.account.id))

        assert told(await asks(house, imposter, theirs)) == (*UNKNOWN, "invalid_client")
        given = (await asks(house, imposter, secret)).json()
        assert TOKENS.verify(given["access_token"]).actor.id == officer.account.id

    async def test_after_five_wrong_tries_by_name_or_by_id(self, house: House):
        officer, secret = await machine(house)
        for client_id in (officer.account.username, str(officer.account.id)) * 2:
            sent = {"grant_type": "client_credentials", "client_id": client_id}
            await house.http.post(PATH, data={**sent, "client_secret": "wrong"})
        assert told(await asks(house, officer, "wrong")) == (*UNKNOWN, "invalid_client")

        slowed = await asks(house, officer, secret)

        assert told(slowed) == (429, "too-many-tries", "temporarily_unavailable")
        assert slowed.headers["retry-after"] == "1"

    async def test_but_the_right_secret_clears_them(self, house: House):
        officer, secret = await machine(house)
        for _ in range(3):
            for _ in range(4):
                await asks(house, officer, "wrong")
            assert (await asks(house, officer, secret)).status_code == 200


class TestARequestThatIsNotFit:
    @pytest.mark.parametrize(
        ("body", "kind", "error"),
        [
            ("", FORM, "invalid_request"),
            ("grant_type=", FORM, "invalid_request"),
            ("client_id=a&client_secret=b", FORM, "invalid_request"),
            ("grant_type=client_credentials&grant_type=password", FORM, "invalid_request"),
            ("grant_type=client_credentials&client_id=a&client_id=a", FORM, "invalid_request"),
            ("grant_type=password&username=a&password=b", FORM, "unsupported_grant_type"),
            ("grant_type=%ff", FORM, "invalid_request"),
            (
                "grant_type=client_credentials&client_id=%00&client_secret=b",
                FORM,
                "invalid_request",
            ),
            (
                "grant_type=client_credentials&client_id=a&client_secret=b&assignment_id=x",
                FORM,
                "invalid_request",
            ),
            ("&".join(f"a{n}=1" for n in range(30)), FORM, "invalid_request"),
            ("a=" + "x" * 5000, FORM, "invalid_request"),
            ("{", "application/json", "invalid_request"),
            ("[]", "application/json", "invalid_request"),
            ('[["grant_type", "client_credentials"]]', "application/json", "invalid_request"),
            ("[" * 4000, "application/json", "invalid_request"),
            ('{"grant_type": "password"}', "application/json", "unsupported_grant_type"),
            ('{"grant_type": ["client_credentials"]}', "application/json", "invalid_request"),
            ('{"grant_type": "x", "grant_type": "x"}', "application/json", "invalid_request"),
        ],
    )
    async def test_is_told_so_in_both_worlds(self, house: House, body: str, kind: str, error: str):
        response = await house.http.post(PATH, content=body, headers={"Content-Type": kind})
        assert response.status_code == 400, response.text
        assert refused(response)[1] in {"token-request-not-fit", "grant-type-not-supported"}
        assert response.json()["error"] == error

    async def test_has_one_secret_in_one_place(self, house: House):
        officer, secret = await machine(house)
        for more in ({"client_secret": secret}, {"client_id": "another"}):
            assert told(await asks(house, officer, secret, **more)) == (*NOT_FIT, "invalid_request")

    async def test_names_the_part_that_is_wrong(self, house: House):
        sent = {"grant_type": "client_credentials", "client_id": "a" * 61, "client_secret": "b"}
        response = await house.http.post(PATH, json=sent)
        [error] = response.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/client_id", "too_long")
        assert "a" * 61 not in response.text

    @pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain", None])
    async def test_is_a_form_or_json(self, registry: Registry, kind: str | None):
        headers = {"Content-Type": kind} if kind else {}
        response = await registry.http.post(PATH, content=b"grant_type=x", headers=headers)
        assert refused(response) == (415, "not-json")

    async def test_may_be_a_form_through_every_layer_of_the_service(self, registry: Registry):
        sent = {"grant_type": "client_credentials", "client_id": "nobody", "client_secret": "x"}
        response = await registry.http.post(PATH, data=sent)
        assert told(response) == (*UNKNOWN, "invalid_client")

    @pytest.mark.parametrize("path", ["/v1/auth/token", "/v1/auth/password", "/v1/auth/exchange"])
    async def test_but_nowhere_else(self, registry: Registry, path: str):
        response = await registry.http.post(path, data={"grant_type": "client_credentials"})
        assert refused(response) == (415, "not-json")


NAMES = st.sampled_from(["grant_type", "client_id", "client_secret", "assignment_id", "x", ""])
VALUES = st.sampled_from(["client_credentials", "", "%", "%zz", "+", "&", "=", "\ud83d"]) | st.text(
    max_size=30
)
FORMS = (
    st.lists(st.tuples(NAMES, VALUES), max_size=8).map(
        lambda pairs: urlencode(pairs, errors="surrogatepass").encode()
    )
    | st.lists(st.tuples(NAMES, VALUES), max_size=8).map(
        lambda pairs: "&".join(f"{k}={v}" for k, v in pairs).encode("utf-8", "surrogatepass")
    )
    | st.binary(max_size=200)
)
JSONS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=8,
).map(lambda said: json.dumps(said).encode())
HEADERS = st.none() | st.binary(max_size=60).map(lambda said: b"Basic " + b64encode(said))


@settings(
    max_examples=150,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sent=st.tuples(FORMS, st.just(FORM)) | st.tuples(JSONS, st.just("application/json")),
       header=HEADERS)  # fmt: skip
async def test_whatever_is_sent_the_service_does_not_stumble(
    house: House, sent: tuple[bytes, str], header: bytes | None
):
    body, kind = sent
    headers = {b"Content-Type": kind.encode(), b"X-Forwarded-For": an_address().encode()}
    if header is not None:
        headers[b"Authorization"] = header

    response = await house.http.post(PATH, content=body, headers=headers)

    assert response.status_code in {400, 401, 429}, response.text
    assert response.json()["error"]
