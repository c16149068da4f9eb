"""What comes in is text a person could have typed and numbers that can be kept, or is refused."""

import json
import unicodedata
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.actors import Role
from app.main import MAX_BODY_BYTES
from tests.api.services import Wire, posts_bytes, scope_of
from tests.registry import Caller, Registry, a_household, a_member, pointers, refused

HOUSEHOLDS = "/v1/households"
many = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.just(10**900),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
MEMBER_FIELDS = st.sampled_from(
    ["id", "family_id", "number", "name", "nik", "sex", "birth_date", "marital_status", "extra"]
)


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(Role.VILLAGE_OPERATOR)


def code_at(pointer: str, response: Any) -> str:  # noqa: ANN401
    [code] = [e["code"] for e in response.json()["errors"] if e["pointer"] == pointer]
    return code


async def sends(caller: Caller, body: object) -> Any:  # noqa: ANN401
    """As JSON in ASCII: the only way to write a lone surrogate, NaN or Infinity."""
    return await posts_bytes(caller, HOUSEHOLDS, json.dumps(body).encode())


class TestText:
    @pytest.mark.parametrize(
        "wrong",
        [
            "\x00",
            "\x1b",
            "\x7f",
            "\x85",
            "\n",
            "\ud800",
            "\ue000",
            "\U000e0080",
            "\uffff",
        ],
        ids=ascii,
    )
    async def test_that_nobody_can_have_typed_is_refused(
        self, registry: Registry, operator: Caller, wrong: str
    ):
        member = a_member(registry.village, name=f"Siti{wrong}Aminah", nik=f"36{wrong}72")
        body = a_household(registry.village, member, address=f"Jl.{wrong}Mawar")

        response = await sends(operator, body)

        assert refused(response) == (422, "malformed")
        assert pointers(response) == {
            "/address",
            "/families/0/members/0/name",
            "/families/0/members/0/nik",
        }
        assert code_at("/address", response) == "characters"

    async def test_is_no_half_of_a_character_in_bytes_either(self, operator: Caller):
        response = await posts_bytes(operator, HOUSEHOLDS, b'{"address": "\xed\xa0\x80"}')

        assert code_at("/address", response) == "characters"

    async def test_is_kept_in_one_normal_form(self, registry: Registry, operator: Caller):
        decomposed = unicodedata.normalize("NFD", "Ratu Élodie Ñanda")
        member = a_member(registry.village, name=f"  {decomposed} ")

        response = await sends(operator, a_household(registry.village, member))

        assert response.json()["members"][0]["name"] == "Ratu Élodie Ñanda"

    @pytest.mark.parametrize(
        ("address", "code"),
        [("", "too_short"), (" \t ", "too_short"), ("x" * 251, "too_long"), (5, "not_text")],
    )
    async def test_is_neither_empty_nor_endless(
        self, registry: Registry, operator: Caller, address: object, code: str
    ):
        response = await sends(operator, a_household(registry.village, address=address))

        assert refused(response) == (422, "malformed")
        assert code_at("/address", response) == code

    async def test_as_long_as_allowed_is_kept_even_where_its_normal_form_is_longer(
        self, registry: Registry, operator: Caller
    ):
        response = await sends(operator, a_household(registry.village, address="\u0958" * 250))

        assert response.json()["address"] == "\u0915\u093c" * 250

    @many
    @given(text=st.text(st.characters(), min_size=1, max_size=60))
    async def test_of_any_kind_is_kept_as_it_reads_or_refused(
        self, registry: Registry, operator: Caller, text: str
    ):
        response = await sends(operator, a_household(registry.village, address=text, families=[]))

        assert response.status_code in {201, 422}, ascii(text)
        if response.status_code == 201:
            assert response.json()["address"] == unicodedata.normalize("NFC", text.strip())


class TestANumber:
    @pytest.mark.parametrize(
        "latitude", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 900, "true", '"-6.01"', "[]"]
    )
    async def test_that_is_no_place_on_earth_is_refused(
        self, registry: Registry, operator: Caller, latitude: str
    ):
        body = json.dumps(a_household(registry.village)).replace("-6.0186", latitude)

        response = await posts_bytes(operator, HOUSEHOLDS, body.encode())

        assert refused(response) == (422, "malformed")
        assert pointers(response) == {"/location/latitude"}

    @pytest.mark.parametrize(
        "number", [True, False, 1.5, 1.0, "1", -1, 0, 100, 2**63, 10**900, float("nan"), [1]]
    )
    async def test_that_is_no_whole_number_in_its_bounds_is_refused(
        self, registry: Registry, operator: Caller, number: object
    ):
        body = a_household(registry.village, a_member(registry.village, number=number))

        response = await sends(operator, body)

        assert refused(response) == (422, "malformed")
        assert pointers(response) == {"/families/0/members/0/number"}

    async def test_of_five_thousand_digits_is_not_even_read(self, operator: Caller):
        body = b'{"rt": ' + b"9" * 5000 + b"}"

        response = await posts_bytes(operator, HOUSEHOLDS, body)

        assert refused(response) == (400, "unreadable")


@pytest.mark.parametrize(
    "day",
    [0, 453686400, True, 1.5, "0", "453686400", "1984-05-19T00:00:00", "19-05-1984", "1984-02-30"],
)
async def test_a_date_is_written_as_a_date_and_in_no_other_way(
    registry: Registry, operator: Caller, day: object
):
    body = a_household(registry.village, a_member(registry.village, birth_date=day))

    response = await sends(operator, body)

    assert refused(response) == (422, "malformed")
    assert code_at("/families/0/members/0/birth_date", response) == "not_a_date"


@pytest.mark.parametrize("day", [date.min, date.max])
async def test_a_day_that_would_be_kept_as_for_ever_is_out_of_range(
    registry: Registry, operator: Caller, day: date
):
    body = a_household(registry.village, a_member(registry.village, birth_date=day.isoformat()))

    response = await sends(operator, body)

    assert refused(response) == (422, "malformed")
    assert code_at("/families/0/members/0/birth_date", response) == "out_of_range"


@pytest.mark.parametrize(
    "moment",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59-12:00",
    ],
)
async def test_neither_is_a_moment_of_such_a_day_in_range(operator: Caller, moment: str):
    response = await operator.gets("/v1/audit", params={"since": moment})

    assert refused(response) == (422, "malformed")
    assert code_at("?since", response) == "out_of_range"


async def test_a_field_nobody_knows_is_refused_wherever_it_stands(
    registry: Registry, operator: Caller
):
    member = a_member(registry.village, dtks_id="x", state="registered")
    body = a_household(registry.village, member, scope_code=1)
    body["location"]["altitude"] = 1

    response = await sends(operator, body)

    assert pointers(response) == {
        "/families/0/members/0/dtks_id",
        "/families/0/members/0/state",
        "/location/altitude",
        "/scope_code",
    }
    assert code_at("/scope_code", response) == "not_allowed"


@many
@given(field=MEMBER_FIELDS, value=JSON_VALUES)
async def test_whatever_stands_in_a_field_the_service_does_not_stumble(
    registry: Registry, operator: Caller, field: str, value: object
):
    member = {**a_member(registry.village), field: value}

    response = await sends(operator, a_household(registry.village, member))

    assert response.status_code in {201, 422}


@many
@given(body=JSON_VALUES)
async def test_whatever_the_body_is_the_service_does_not_stumble(operator: Caller, body: object):
    for path in (HOUSEHOLDS, "/v1/proposals", f"/v1/proposals/{uuid4()}/steps"):
        response = await posts_bytes(operator, path, json.dumps(body).encode())

        assert response.status_code in {422, 428}


class TestABody:
    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"{'rt': 1}",
            b'{"rt": 1}}',
            b'{"rt": 01}',
            b"\xff\xfe\xfd",
            b'{"rt": "\xc3\x28"}',
            b"\x00",
            b" ",
            b'{"rt": "\x01"}',
        ],
    )
    async def test_that_is_no_json_cannot_be_read(self, operator: Caller, body: bytes):
        response = await posts_bytes(operator, HOUSEHOLDS, body)

        assert refused(response) == (400, "unreadable")

    @pytest.mark.parametrize("depth", [50, 500, *range(880, 960, 5), 5000, 100_000])
    @pytest.mark.parametrize("keyed", [True, False])
    async def test_may_be_nested_as_deeply_as_it_likes_without_effect(
        self, operator: Caller, depth: int, *, keyed: bool
    ):
        headers = {**operator.headers, "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": str(uuid4())} if keyed else {}
        for content in (b"[" * depth + b"]" * depth, b'{"rt":' * depth + b"1" + b"}" * depth):
            response = await operator.http.post(HOUSEHOLDS, content=content, headers=headers)

            assert response.status_code in {400, 422}

    async def test_that_is_missing_is_asked_for(self, operator: Caller):
        for headers in ({}, {"Idempotency-Key": str(uuid4())}):
            response = await operator.http.post(HOUSEHOLDS, headers={**operator.headers, **headers})

            assert refused(response) == (422, "malformed")
            assert code_at("", response) == "missing"

    @pytest.mark.parametrize(
        "kind",
        [
            None,
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/xml",
            "application/jsonp",
            "nonsense",
        ],
    )
    async def test_that_does_not_say_it_is_json_is_not_read(
        self, registry: Registry, operator: Caller, kind: str | None
    ):
        body = json.dumps(a_household(registry.village)).encode()

        response = await posts_bytes(operator, HOUSEHOLDS, body, kind=kind)

        assert refused(response) == (415, "not-json")

    @pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
    async def test_may_say_so_in_any_spelling(
        self, registry: Registry, operator: Caller, kind: str
    ):
        body = json.dumps(a_household(registry.village)).encode()

        assert (await posts_bytes(operator, HOUSEHOLDS, body, kind=kind)).status_code == 201


class TestABodyThatIsTooLarge:
    async def test_is_refused_unread_where_it_says_so(self, app: FastAPI, operator: Caller):
        wire = Wire(b"x")
        headers = {"Content-Type": "application/json", "Content-Length": str(MAX_BODY_BYTES + 1)}

        await app(
            scope_of("POST", HOUSEHOLDS, by=operator, headers=headers), wire.receive, wire.send
        )

        assert wire.status == 413
        assert wire.read == 0
        assert json.loads(wire.body)["type"] == "urn:siks:problem:too-large"
        assert "1000000" in json.loads(wire.body)["detail"]

    async def test_is_refused_as_soon_as_it_has_become_so(self, app: FastAPI, operator: Caller):
        wire = Wire(*[b" " * 100_000] * 50)
        headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}

        await app(
            scope_of("POST", HOUSEHOLDS, by=operator, headers=headers), wire.receive, wire.send
        )

        assert wire.status == 413
        assert wire.read == 11
        assert json.loads(wire.body)["type"] == "urn:siks:problem:too-large"
        assert "1000000" in json.loads(wire.body)["detail"]
        assert wire.headers["content-type"] == "application/problem+json"

    async def test_for_a_reading_operation_too(self, operator: Caller):
        response = await operator.http.request(
            "GET",
            HOUSEHOLDS,
            content=b" " * (MAX_BODY_BYTES + 1),
            headers={**operator.headers, "Content-Type": "application/json"},
        )

        assert refused(response) == (413, "too-large")

    async def test_and_one_that_just_fits_is_read(self, registry: Registry, operator: Caller):
        body = json.dumps(a_household(registry.village)).encode().ljust(MAX_BODY_BYTES)

        assert (await posts_bytes(operator, HOUSEHOLDS, body)).status_code == 201


class TestOfAStranger:
    @pytest.mark.parametrize("token", [None, "nonsense", "a.b.c", "x" * 5000])
    async def test_nothing_is_read(self, app: FastAPI, operator: Caller, token: str | None):
        assert operator
        wire = Wire(b"{broken")
        headers = {"Content-Type": "text/plain", "Transfer-Encoding": "chunked"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}

        await app(scope_of("POST", HOUSEHOLDS, headers=headers), wire.receive, wire.send)

        assert (wire.status, wire.read) == (401, 0)

    async def test_not_even_how_large_it_is(self, app: FastAPI):
        wire = Wire(b"x")
        headers = {"Content-Type": "application/json", "Content-Length": "99999999"}

        await app(scope_of("POST", HOUSEHOLDS, headers=headers), wire.receive, wire.send)

        assert (wire.status, wire.read) == (401, 0)

    async def test_two_tokens_are_none(self, app: FastAPI, operator: Caller):
        scope = scope_of("GET", HOUSEHOLDS, by=operator)
        scope["headers"] *= 2
        wire = Wire()

        await app(scope, wire.receive, wire.send)

        assert wire.status == 401


class TestOddHeaders:
    async def test_are_refused_or_passed_over_and_nothing_breaks(
        self, app: FastAPI, operator: Caller
    ):
        odd: list[tuple[bytes, bytes]] = [
            (b"x-request-id", b"\xff\xfe"),
            (b"x-purpose", b"\x80"),
            (b"accept-language", b"\xff;q=\xfe"),
            (b"content-length", b"-1"),
            (b"content-length", "²".encode("latin-1")),
            (b"content-length", b"9" * 5000),
            (b"content-type", b"\xff"),
            (b"origin", b"\xff"),
            (b"idempotency-key", b"\xff" * 500),
            (b"if-match", b"\xff"),
            (b"x-forwarded-for", b"\xff, ,,"),
            (b"cookie", b"=;=;="),
        ]
        for name, value in odd:
            for method in ("GET", "POST"):
                scope = scope_of(method, HOUSEHOLDS, by=operator)
                scope["headers"] += [(name, value), (name, value)]
                wire = Wire(b"")

                await app(scope, wire.receive, wire.send)

                assert wire.status in {200, 413, 415, 422}, (method, name, value)

    async def test_a_websocket_finds_nobody_at_home(self, app: FastAPI, operator: Caller):
        for by in (None, operator):
            wire = Wire()
            scope = {**scope_of("GET", HOUSEHOLDS, by=by), "type": "websocket", "scheme": "ws"}

            await app(scope, wire.receive, wire.send)

            assert wire.sent[0]["type"] in {"websocket.close", "websocket.http.response.start"}


class TestAnAddress:
    @pytest.mark.parametrize("wrong", ["1", "nonsense", "%00", "0199a1de", "'--", "%F0%9F%98%80"])
    async def test_names_things_by_their_uuid(self, operator: Caller, wrong: str):
        for kind in ("households", "families", "members", "proposals"):
            response = await operator.gets(f"/v1/{kind}/{wrong}")

            # Beside a proposal's id there may stand a word: what is neither leads nowhere.
            nowhere = (404, "no-such-path") if kind == "proposals" else (422, "malformed")
            assert refused(response) == nowhere

    @pytest.mark.parametrize(
        "cursor",
        [
            "",
            "1",
            "nonsense",
            "1.2",
            ".",
            "-1.0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10",
            "99999999999.0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10",
            "1.0199A1DE-7A5C-7CC1-A6A5-3D7E6E6B7A10",
            "x" * 61,
            "%00",
            "\u0661.0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10",
        ],
    )
    async def test_continues_only_where_a_page_ended(self, operator: Caller, cursor: str):
        for path in (HOUSEHOLDS, "/v1/proposals"):
            response = await operator.gets(f"{path}?after={cursor}")

            assert refused(response) == (422, "malformed")
            assert pointers(response) == {"?after"}

    @pytest.mark.parametrize("limit", ["0", "-1", "201", "x", "", "1.5", "9" * 900, "1e2", "NaN"])
    async def test_asks_for_a_page_of_bounded_size(self, operator: Caller, limit: str):
        response = await operator.gets(f"{HOUSEHOLDS}?limit={limit}")

        assert refused(response) == (422, "malformed")
        assert pointers(response) == {"?limit"}

    async def test_may_ask_for_as_many_as_two_hundred(self, operator: Caller):
        for limit in (1, 200):
            assert (await operator.gets(f"{HOUSEHOLDS}?limit={limit}")).status_code == 200

    @many
    @given(cursor=st.from_regex(r"[0-9]{1,19}\.[0-9]{1,19}", fullmatch=True))
    async def test_continues_anywhere_in_a_list_of_numbers(self, registry: Registry, cursor: str):
        auditor = await registry.caller(Role.AUDITOR)

        response = await auditor.gets("/v1/audit", params={"after": cursor})

        assert response.status_code in {200, 422}
