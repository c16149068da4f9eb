"""Every refusal is one kind of document (RFC 9457), in the caller's language, echoing nothing."""

import re
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Response

from app.domain.actors import Role
from app.routers.access import ReadingNow
from app.routers.problems import SHAPES
from tests.api.services import an_app, running
from tests.registry import Caller, Registry, a_household, a_member, pointers, refused

NOBODY = "/v1/households/0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10"
MARKER = "Zxqv"


def codes(response: Response) -> dict[str, str]:
    return {error["pointer"]: error["code"] for error in response.json()["errors"]}


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(Role.VILLAGE_OPERATOR)


class TestARefusalIsAProblemDocument:
    async def test_with_its_type_title_status_detail_and_errors(self, operator: Caller):
        response = await operator.gets(NOBODY)

        assert refused(response) == (404, "household-not-found")
        problem = response.json()
        assert set(problem) == {"type", "title", "status", "detail", "errors"}
        assert (problem["status"], problem["errors"]) == (404, [])
        assert response.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize(
        ("method", "path", "status", "kind"),
        [
            ("GET", "/v1/nothing", 404, "no-such-path"),
            ("GET", "/nothing/at/all", 404, "no-such-path"),
            ("GET", "/v1/households/", 404, "no-such-path"),
            ("POST", "/v1/households/", 404, "no-such-path"),
            ("GET", "/v1//households", 404, "no-such-path"),
            ("GET", "/docs/nothing.js", 404, "no-such-path"),
            ("DELETE", "/v1/households", 405, "no-such-method"),
            ("DELETE", NOBODY, 405, "no-such-method"),
            ("BREW", "/v1/reasons", 405, "no-such-method"),
            ("GET", "/v1/auth/token", 405, "no-such-method"),
        ],
    )
    async def test_where_the_framework_itself_refuses(
        self, operator: Caller, method: str, path: str, status: int, kind: str
    ):
        response = await operator.http.request(method, path, headers=operator.headers)

        assert refused(response) == (status, kind)
        assert "location" not in response.headers

    @pytest.mark.parametrize(
        ("path", "allowed"),
        [
            ("/v1/households", "GET, POST"),
            (NOBODY, "GET, PATCH"),
            ("/v1/policies/3672", "GET, PUT"),
            ("/v1/auth/token", "POST"),
        ],
    )
    async def test_naming_every_method_the_address_has(
        self, operator: Caller, path: str, allowed: str
    ):
        response = await operator.http.request("DELETE", path, headers=operator.headers)

        assert response.headers["allow"] == allowed

    async def test_when_nobody_is_recognised(self, registry: Registry):
        for path in ("/v1/households", "/v1/nothing"):
            response = await registry.http.get(path)

            assert refused(response) == (401, "token-not-valid")
            assert response.headers["www-authenticate"] == "Bearer"


class TestItSpeaks:
    @pytest.mark.parametrize(
        ("wish", "language"),
        [
            (None, "id"),
            ("", "id"),
            ("en", "en"),
            ("EN", "en"),
            ("id", "id"),
            ("en-GB", "en"),
            ("id-ID,id;q=0.9,en-US;q=0.8,en;q=0.7", "id"),
            ("en-US,en;q=0.9,id;q=0.8", "en"),
            ("id;q=0.5, en;q=0.50", "id"),
            ("id;q=0.5, en;q=0.51", "en"),
            ("id;q=0.9, en;q=0.10", "id"),
            ("id, en;q=1.0", "id"),
            ("en ; q=0.3", "en"),
            ("en;q=0", "id"),
            ("en;q=0.000", "id"),
            ("id;q=0, en;q=0.1", "en"),
            ("fr, de;q=0.9", "id"),
            ("*", "id"),
            ("enm", "id"),
            ("idx, en;q=0.2", "en"),
            ("en;q=nonsense", "id"),
            ("en;q=99", "id"),
            (";;;,,,q=1", "id"),
            ("\x7f\xff", "id"),
        ],
    )
    async def test_as_accept_language_asks(self, operator: Caller, wish: str | None, language: str):
        headers = {} if wish is None else {"Accept-Language": wish.encode("latin-1")}

        response = await operator.gets(NOBODY, headers=headers)

        said = {
            "id": "Rumah tangga tidak ditemukan di wilayah Anda",
            "en": "No such household lies within your region",
        }
        assert response.headers["content-language"] == language
        assert response.json()["title"] == said[language]

    async def test_the_same_types_codes_and_pointers_in_both_languages(self, operator: Caller):
        answers = [
            await operator.posts("/v1/households", {"village_code": 1}, Accept_Language=language)
            for language in ("id", "en")
        ]

        indonesian, english = (answer.json() for answer in answers)
        assert indonesian["type"] == english["type"]
        assert codes(answers[0]) == codes(answers[1])
        assert indonesian["detail"] != english["detail"]
        assert indonesian["errors"][0]["detail"] != english["errors"][0]["detail"]


class TestItPointsAtTheRightPlace:
    async def test_in_nested_bodies(self, registry: Registry, operator: Caller):
        village = registry.village
        body = a_household(
            village,
            a_member(village),
            a_member(village, nik=3672, sex=3, name="", number=True, relation_to_family_head="1"),
            a_member(village, name=..., birth_date="kemarin", marital_status=None, extra=1),
            location={"latitude": 91},
            rt="4a",
        )
        body["families"].append({"id": "not-an-id", "number": 11, "members": {}})

        response = await operator.posts("/v1/households", body)

        assert refused(response) == (422, "malformed")
        assert codes(response) == {
            "/families/0/members/1/nik": "not_text",
            "/families/0/members/1/sex": "out_of_range",
            "/families/0/members/1/name": "too_short",
            "/families/0/members/1/number": "not_a_number",
            "/families/0/members/1/relation_to_family_head": "not_a_number",
            "/families/0/members/2/name": "missing",
            "/families/0/members/2/birth_date": "not_a_date",
            "/families/0/members/2/extra": "not_allowed",
            "/families/1/id": "not_an_id",
            "/families/1/number": "out_of_range",
            "/families/1/members": "malformed",
            "/location/latitude": "out_of_range",
            "/location/longitude": "missing",
            "/rt": "pattern",
        }

    async def test_in_one_of_several_shapes(self, registry: Registry):
        bodies = [
            ({"grant_type": "password", "password": "x"}, {"/username": "missing"}),
            ({"grant_type": "password", "username": "x", "password": 5}, {"/password": "not_text"}),
            ({"grant_type": "refresh_token"}, {"/refresh_token": "missing"}),
        ]
        for body, expected in bodies:
            response = await registry.http.post("/v1/auth/token", json=body)

            assert codes(response) == expected

    async def test_with_the_escapes_of_a_json_pointer(self, operator: Caller):
        response = await operator.posts("/v1/households", {"village_code": "1", "a/b~c": 1})

        assert "/a~1b~0c" in pointers(response)

    async def test_outside_the_body_too(self, operator: Caller):
        asked = [
            await operator.gets("/v1/households?limit=0&after=nonsense"),
            await operator.gets("/v1/households?limit=0&state=unknown"),
            await operator.gets("/v1/households", headers={"X-Purpose": "curiosity"}),
            await operator.gets("/v1/households/no-uuid"),
            await operator.posts(
                "/v1/proposals", {"kind": "new_family", "household_id": str(uuid4())}, key="ke\ty"
            ),
        ]

        assert [codes(response) for response in asked] == [
            {"?after": "pattern"},
            {"?limit": "out_of_range", "?state": "not_a_choice"},
            {"Header X-Purpose": "not_a_choice"},
            {"path household_id": "not_an_id"},
            {"Header Idempotency-Key": "pattern"},
        ]

    async def test_of_a_body_as_a_whole(self, operator: Caller):
        for body in ([], "text", 5, None, True):
            response = await operator.posts("/v1/households", body)

            assert response.status_code == 422, body
            assert pointers(response) == {""}


WRONG: dict[str, Any] = {
    "id": MARKER,
    "village_code": MARKER,
    "address": [MARKER],
    "rt": MARKER,
    "rw": {MARKER: MARKER},
    "location": {"latitude": MARKER, "longitude": MARKER},
    "families": [
        {
            "number": MARKER,
            "card_number": MARKER * 20,
            "members": [
                {
                    "id": MARKER,
                    "family_id": MARKER,
                    "number": MARKER,
                    "name": MARKER + "\x00",
                    "nik": [MARKER],
                    "sex": MARKER,
                    "birth_place": MARKER * 100,
                    "birth_date": MARKER,
                    "mother_name": MARKER + "\ue000",
                    "relation_to_household_head": MARKER,
                    "relation_to_family_head": MARKER,
                    "marital_status": MARKER,
                    "unknown": MARKER,
                },
                MARKER,
            ],
        },
        MARKER,
    ],
}


class TestAFilter:
    @pytest.mark.parametrize(
        "query", ["status=drafted", "State=drafted", "state=drafted&state=rejected", "x"]
    )
    async def test_nobody_knows_is_refused_and_not_left_out(self, registry: Registry, query: str):
        operator = await registry.caller(Role.VILLAGE_OPERATOR)

        response = await operator.gets(f"/v1/proposals?{query}")

        assert refused(response) == (422, "malformed")
        assert pointers(response) == {f"?{query.partition('=')[0]}"}
        assert {error["code"] for error in response.json()["errors"]} == {"not_allowed"}


class TestItEchoesNothing:
    async def test_of_a_body_in_which_everything_is_wrong(self, operator: Caller):
        response = await operator.posts("/v1/households", WRONG)

        assert refused(response) == (422, "malformed")
        assert len(response.json()["errors"]) > 15
        assert MARKER not in response.text + str(response.headers)

    async def test_and_takes_its_codes_from_our_own_list(self, operator: Caller):
        response = await operator.posts("/v1/households", WRONG)

        assert set(codes(response).values()) <= set(SHAPES)

    async def test_of_a_query_a_path_or_a_header(self, operator: Caller):
        key = {"Idempotency-Key": f"{MARKER} {MARKER}", "If-Match": MARKER, "X-Purpose": MARKER}
        answers = [
            await operator.gets(f"/v1/households?limit={MARKER}&after={MARKER}&state={MARKER}"),
            await operator.gets(f"/v1/households/{MARKER}", headers=key),
            await operator.gets(f"/v1/{MARKER}"),
            await operator.http.patch(
                NOBODY, json={"rt": MARKER}, headers={**operator.headers, **key}
            ),
            await operator.http.request(MARKER.upper(), NOBODY, headers=operator.headers),
            await operator.http.get("/v1/me", headers={"Authorization": f"Bearer {MARKER}"}),
            await operator.http.post("/v1/auth/token", json={"grant_type": MARKER}),
        ]
        for response in answers:
            assert 400 <= response.status_code < 500
            assert MARKER.lower() not in (response.text + str(response.headers)).lower()

    async def test_of_broken_json(self, operator: Caller):
        headers = {**operator.headers, "Content-Type": "application/json"}

        response = await operator.http.post(
            "/v1/households", content=f'{{"address": "{MARKER}', headers=headers
        )

        assert refused(response) == (400, "unreadable")
        assert MARKER not in response.text


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("bigint", 2**70, (422, "not-storable")),
        ("bigint", "7", (500, "our-fault")),
        ("text", 7, (500, "our-fault")),
        ("text[]", 7, (500, "our-fault")),
        ("bigint[]", ["7"], (500, "our-fault")),
        ("date", "2026-01-01", (500, "our-fault")),
    ],
)
async def test_a_value_is_the_senders_and_its_type_is_ours(
    registry: Registry, app_url: str, kind: str, value: object, said: tuple[int, str]
):
    app = an_app(app_url)

    @app.get("/v1/asks")
    async def ask(reading: ReadingNow) -> None:
        await reading.document(f"SELECT $1::{kind}::text", value)

    async with running(app, registry) as house:
        operator = await house.caller(Role.VILLAGE_OPERATOR)

        assert refused(await operator.gets("/v1/asks")) == said


async def test_a_fault_of_ours_tells_nothing_but_its_number(
    registry: Registry, app_url: str, capsys: pytest.CaptureFixture[str]
):
    app = an_app(app_url)

    @app.get("/v1/broken")
    async def broken() -> None:
        raise RuntimeError(f"{MARKER} 3672015905840001")

    async with running(app, registry) as house:
        operator = await house.caller(Role.VILLAGE_OPERATOR)
        headers = {"X-Request-ID": "number-of-my-own", "Origin": "https://depan.example"}
        response = await operator.gets("/v1/broken", headers=headers)

    assert refused(response) == (500, "our-fault")
    assert "number-of-my-own" in response.json()["detail"]
    assert response.headers["x-request-id"] == "number-of-my-own"
    assert response.headers["access-control-allow-origin"] == "https://depan.example"
    told = response.text + capsys.readouterr().out
    assert not re.search(f"{MARKER}|RuntimeError|Traceback|36720159", response.text)
    assert MARKER not in told
    assert '"kind": "RuntimeError"' in told
