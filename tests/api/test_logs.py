"""The log says of every request what became of it, and of nobody who he is."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from app import logs
from app.domain.actors import Role
from tests.api.door import PASSWORD, PASSWORD_HASH
from tests.api.services import an_app, posts_bytes, running
from tests.registry import DECREE, DELIBERATION, LETTER, Registry, a_household, a_member

NAME, MOTHER, ADDRESS = "Sukarelawati", "Ngatinahwati", "Gang Kedondong 77"


@pytest.fixture
async def house(
    registry: Registry, app_url: str, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Registry]:
    """A service that logs all it can."""
    async with running(an_app(app_url, log_level="debug"), registry) as house:
        capsys.readouterr()
        yield house
    logs.configure("error")


def lines_of(capsys: pytest.CaptureFixture[str]) -> tuple[str, list[dict[str, Any]]]:
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out, [json.loads(line) for line in captured.out.splitlines()]


async def everything(house: Registry) -> tuple[list[str], int]:
    """The whole walk, then reads, refusals and nonsense; the secrets, and how many requests."""
    asked = 0

    async def count(_: object) -> None:
        nonlocal asked
        asked += 1

    house.http.event_hooks["request"].append(count)
    operator = await house.caller(Role.VILLAGE_OPERATOR)
    member = a_member(house.village, name=NAME, mother_name=MOTHER)
    body = a_household(house.village, member, address=ADDRESS)
    card = body["families"][0]["card_number"]
    proposal = await house.proposal("determined", address=ADDRESS, families=body["families"])
    path = f"/v1/households/{proposal['household_id']}"

    for role in (Role.VILLAGE_OPERATOR, Role.AUDITOR, Role.DISTRICT_OFFICER, Role.REGENCY_ADMIN):
        caller = await house.caller(role)
        for read in (path, "/v1/households", "/v1/proposals", "/v1/audit", "/v1/me"):
            await caller.gets(read)
        await caller.gets("/v1/households", params={"after": member["nik"], "state": NAME})
        await caller.gets(
            f"/v1/households/{member['nik']}", headers={"X-Request-ID": member["nik"]}
        )
        await caller.gets(f"/v1/{NAME}/{member['nik']}?q={card}")
    await operator.posts(
        "/v1/households",
        a_household(
            house.village,
            a_member(house.village, name=NAME + "\x00", nik=member["nik"], mother_name=[MOTHER]),
        ),
    )
    await operator.posts("/v1/households", body, key=f"{NAME}-{member['nik']}")
    await posts_bytes(operator, "/v1/households", f'{{"name": "{NAME}'.encode())
    await operator.patches(path, {"address": ADDRESS}, version=1)
    await operator.takes("submit", proposal, note=NAME)
    await house.http.get(path, headers={"Authorization": f"Bearer {operator.token[:-5]}"})
    await house.http.get(path, headers={"Authorization": f"Bearer {PASSWORD}"})
    secrets = await signing_in(house)
    return [member["nik"], card, NAME, MOTHER, ADDRESS, operator.token, *secrets], asked


async def signing_in(house: Registry) -> list[str]:
    officer = await house.newcomer(Role.VILLAGE_OPERATOR)
    [[username]] = await house.runs(
        "UPDATE account SET password_hash = $1 WHERE id = $2 RETURNING username",
        PASSWORD_HASH,
        officer.actor.id,
    )
    grant = {"grant_type": "password", "username": username}
    wrong = "kata sandi yang salah sekali"
    await house.http.post("/v1/auth/token", json={**grant, "password": wrong})
    tokens = (await house.http.post("/v1/auth/token", json={**grant, "password": PASSWORD})).json()
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    await house.http.post("/v1/auth/token", json=refresh)
    return [PASSWORD, wrong, username, tokens["access_token"], tokens["refresh_token"]]


async def test_it_names_nobody_and_tells_no_secret(
    house: Registry, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    caplog.set_level("DEBUG")
    secrets, asked = await everything(house)

    out, lines = lines_of(capsys)

    assert asked > 50
    assert len([line for line in lines if line["event"] == "answered"]) == asked
    told = out + "".join(
        record.getMessage() for record in caplog.records if record.name.startswith("siks")
    )
    for secret in [*secrets, DELIBERATION["chair"], LETTER["letter_number"]]:
        assert secret not in told
    assert DECREE["decree_number"] not in told
    assert not re.search(r"eyJ[\w-]+\.|(?<!\d)\d{16}(?!\d)", told)


async def test_each_request_is_one_line(house: Registry, capsys: pytest.CaptureFixture[str]):
    operator = await house.caller(Role.VILLAGE_OPERATOR)
    household_id = str(uuid4())
    requests = [
        (f"/v1/households/{household_id}?q=1", "/v1/households/{household_id}", 422),
        ("/v1/households", "/v1/households", 200),
        ("/v1/households/nonsense", "/v1/households/{household_id}", 422),
        (f"/v1/nothing/{household_id}", None, 404),
        ("/health/live", "/health/live", 200),
    ]
    for path, _, _ in requests:
        await operator.gets(path)
    await house.http.get("/v1/households")

    out, lines = lines_of(capsys)

    assert household_id not in out
    assert [(line["route"], line["status"]) for line in lines] == [
        *((route, status) for _, route, status in requests),
        (None, 401),
    ]
    for line in lines[:2]:
        assert (line["event"], line["method"], line["level"]) == ("answered", "GET", "info")
        assert line["actor"] == str(operator.actor.id)
        assert (line["role"], line["region"]) == ("village_operator", house.village.code)
        assert 0 < line["milliseconds"] < 5000
        assert line["timestamp"].endswith("Z")
    assert lines[-1]["actor"] is None


@pytest.mark.parametrize(
    "sent", ["01HX-abc.def_9", "a" * 8, "a" * 64, "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10"]
)
async def test_a_request_keeps_the_number_it_came_with(
    house: Registry, capsys: pytest.CaptureFixture[str], sent: str
):
    answers = [
        await house.http.get(path, headers={"X-Request-ID": sent})
        for path in ("/health/live", "/v1/me", "/nothing")
    ]

    assert {answer.headers["x-request-id"] for answer in answers} == {sent}
    assert {line["request_id"] for line in lines_of(capsys)[1]} == {sent}


@pytest.mark.parametrize(
    "sent", ["", "short", "a" * 65, "with space", 'quo"te-quo"te', "tab\there-and", "é" * 10, None]
)
async def test_a_request_gets_a_number_where_it_has_none_that_will_do(
    house: Registry, capsys: pytest.CaptureFixture[str], sent: str | None
):
    headers = {} if sent is None else {"X-Request-ID": sent.encode("latin-1")}

    answers = [await house.http.get("/health/live", headers=headers) for _ in range(2)]

    given = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(given)) == 2
    assert all(re.fullmatch(r"[0-9a-f-]{36}", number) for number in given)
    assert [line["request_id"] for line in lines_of(capsys)[1]] == given


async def test_the_number_stands_in_the_audit_too(house: Registry):
    operator = await house.caller(Role.VILLAGE_OPERATOR)
    body = a_household(house.village)

    await operator.posts("/v1/households", body, X_Request_ID="visit-0042")

    [[number]] = await house.runs(
        "SELECT request_id FROM audit_entry WHERE subject_id = $1", body["id"]
    )
    assert number == "visit-0042"


async def test_what_should_never_be_logged_is_struck_out(capsys: pytest.CaptureFixture[str]):
    logs.configure("info")
    logs.structlog.get_logger("siks").info(
        "3672015905840001", said="NIK 3672015905840001, token eyJhbG.eyJzdWI.c2ln", number=5
    )
    logs.configure("error")

    [line] = lines_of(capsys)[1]
    assert line["said"] == "NIK 3672************, token [token]"
    assert line["event"] == "3672************"
    assert line["number"] == 5
