"""Surat keterangan DTKS: issued by the office, carried by a person, checked by anybody."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from app.commands.letters import expire_late
from app.db import sign_ins
from app.db.tables.accounts import TallyOf
from app.domain.accounts import Brake
from app.domain.actors import Role
from app.domain.letters import in_groups, purposes
from tests.api.listing import text_of
from tests.grants import registered
from tests.registry import Caller, Registry, refused

R = Role
MOTHER = 0
ENGLISH = {"Accept-Language": "en"}


async def asks(
    by: Caller, home: dict[str, Any], purpose: str = "school_admission", **more: str
) -> Any:  # noqa: ANN401
    member = {"member_id": home["members"][MOTHER]["id"]}
    return await by.posts("/v1/letters", {**member, "purpose": purpose, **more})


async def issued(by: Caller, home: dict[str, Any], purpose: str = "school_admission") -> Any:  # noqa: ANN401
    answer = await asks(by, home, purpose)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def revokes(by: Caller, letter: dict[str, Any], **more: Any) -> Any:  # noqa: ANN401
    body = {"action": "revoke", "grounds": {"note": "Salah orang."}}
    return await by.posts(f"/v1/letters/{letter['id']}/steps", body, **more)


async def code_of(registry: Registry, letter: dict[str, Any]) -> str:
    """It stands on the paper, and nowhere else."""
    [row] = await registry.runs("SELECT code FROM letter WHERE id = $1", letter["id"])
    return str(row["code"])


async def grows_old(registry: Registry, letter: dict[str, Any]) -> None:
    await registry.runs(
        "UPDATE letter SET expires_at = now() - interval '1 second' WHERE id = $1", letter["id"]
    )


async def checks(registry: Registry, code: str, **headers: str) -> Any:  # noqa: ANN401
    """Anybody, without a token."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await registry.http.get(f"/v1/letter-checks/{code}", headers=sent)


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(R.VILLAGE_OPERATOR)


@pytest.fixture
async def home(registry: Registry) -> dict[str, Any]:
    return await registered(registry)


class TestIssuing:
    async def test_gives_one_valid_letter_for_each_purpose(
        self, registry: Registry, operator: Caller, home: dict[str, Any]
    ):
        office = await registry.caller(R.REGENCY_VERIFIER)
        numbers = set()
        for purpose, terms in purposes().items():
            more = {"note": "Keringanan PDAM"} if terms.needs_note else {}
            answer = await asks(operator, home, purpose, **more)
            letter = answer.json()
            assert answer.status_code == 201, answer.text
            assert answer.headers["location"] == f"/v1/letters/{letter['id']}"
            days = date.fromisoformat(letter["valid_until"]) - date.fromisoformat(
                letter["issued_on"]
            )
            assert days == timedelta(days=terms.valid_days)
            assert f"/SK-DTKS/{registry.village.code}/" in letter["number"]
            assert (letter["state"], letter["issued_as"]) == ("issued", "village_operator")
            numbers.add(letter["number"])
            for again in (operator, office):
                assert refused(await asks(again, home, purpose, **more)) == (409, "letter-in-force")
            steps = await registry.audit_of(letter["id"])
            assert [step["action"] for step in steps] == ["issue"]

        assert len(numbers) == len(purposes())
        whose = {"member_id": home["members"][MOTHER]["id"]}
        found = (await office.gets("/v1/letters", params=whose)).json()["items"]
        assert {each["number"] for each in found} == numbers

    async def test_is_refused_where_it_would_not_be_true(
        self, registry: Registry, operator: Caller
    ):
        draft = await registry.household()
        member = draft["members"][0]["id"]
        asked = {"member_id": member, "purpose": "pip"}
        neighbour = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)

        assert refused(await operator.posts("/v1/letters", asked)) == (409, "not-on-record")
        assert refused(await neighbour.posts("/v1/letters", asked)) == (404, "member-not-found")
        unknown = asked | {"purpose": "kredit_motor"}
        assert refused(await operator.posts("/v1/letters", unknown)) == (422, "purpose-not-known")
        assert (await operator.gets("/v1/letters", params={"member_id": member})).json()[
            "items"
        ] == []

    async def test_asks_what_another_purpose_is(self, operator: Caller, home: dict[str, Any]):
        assert refused(await asks(operator, home, "other")) == (422, "purpose-not-said")

    async def test_is_for_the_village_and_dinas_sosial(
        self, registry: Registry, operator: Caller, home: dict[str, Any]
    ):
        letter = await issued(operator, home)

        for role in (R.DISTRICT_OFFICER, R.PROVINCE_OFFICER, R.MINISTRY_ANALYST):
            other = await registry.caller(role)
            assert refused(await asks(other, home, "pip")) == (403, "role-may-not")
            assert (await other.gets(f"/v1/letters/{letter['id']}")).json()["name"] == "Siti Aminah"
            answer = await other.gets(f"/v1/letters/{letter['id']}/file")
            assert refused(answer) == (403, "letter-not-yours")
        admin = await registry.caller(R.REGENCY_ADMIN)
        assert refused(await admin.gets(f"/v1/letters/{letter['id']}")) == (403, "reads-nobody")

    async def test_counts_once_for_the_same_key(self, operator: Caller, home: dict[str, Any]):
        body = {"member_id": home["members"][MOTHER]["id"], "purpose": "pip"}

        first, second = [await operator.posts("/v1/letters", body, key="surat") for _ in range(2)]

        assert (first.status_code, first.json()) == (201, second.json())


class TestThePaper:
    async def test_says_who_is_registered_and_where_it_is_checked(
        self, registry: Registry, operator: Caller, home: dict[str, Any], tmp_path: Path
    ):
        letter = await issued(operator, home)

        answer = await operator.gets(f"/v1/letters/{letter['id']}/file")

        assert answer.headers["content-type"] == "application/pdf"
        text = text_of(answer.content, tmp_path)
        mother = home["members"][MOTHER]
        assert all(each in text for each in (letter["number"], mother["name"], mother["nik"]))
        assert in_groups(await code_of(registry, letter)) in text
        assert "pendaftaran sekolah jalur afirmasi" in " ".join(text.split())

    async def test_keeps_saying_what_was_on_record_that_day(
        self, operator: Caller, home: dict[str, Any]
    ):
        letter = await issued(operator, home)
        path = f"/v1/letters/{letter['id']}/file"

        first, second = [(await operator.gets(path)).content for _ in range(2)]

        assert first == second
        await revokes(operator, letter, version=1)
        assert (await operator.gets(path)).content != first  # it is stamped


class TestRevoking:
    async def test_names_the_version_and_says_why(
        self, registry: Registry, operator: Caller, home: dict[str, Any]
    ):
        letter = await issued(operator, home)
        path = f"/v1/letters/{letter['id']}/steps"
        office = await registry.caller(R.REGENCY_OPERATOR)

        unsaid = await office.posts(path, {"action": "revoke"}, version=1)
        assert refused(unsaid) == (422, "grounds-missing")
        assert refused(await revokes(office, letter)) == (428, "version-not-named")
        assert (await revokes(office, letter, version=1)).status_code == 201
        assert refused(await revokes(office, letter, version=1)) == (412, "outdated")
        assert refused(await revokes(office, letter, version=2)) == (409, "action-not-open")
        assert (await issued(operator, home))["id"] != letter["id"]

    async def test_is_not_for_a_neighbour(
        self, registry: Registry, operator: Caller, home: dict[str, Any]
    ):
        letter = await issued(operator, home)
        neighbour = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)

        assert refused(await revokes(neighbour, letter, version=1)) == (404, "letter-not-found")
        answer = await neighbour.gets(f"/v1/letters/{letter['id']}/file")
        assert refused(answer) == (404, "letter-not-found")


class TestALetterThatIsOver:
    async def test_makes_room_for_another(
        self, registry: Registry, operator: Caller, home: dict[str, Any]
    ):
        old = await issued(operator, home)
        await grows_old(registry, old)
        seen = (await operator.gets(f"/v1/letters/{old['id']}")).json()
        assert (seen["state"], seen["open_actions"]) == ("expired", [])
        assert refused(await revokes(operator, old, version=1)) == (409, "action-not-open")

        await issued(operator, home)

        steps = await registry.audit_of(old["id"])
        assert [step["action"] for step in steps] == ["issue", "expire"]

    async def test_is_swept_up_wherever_the_person_is_by_then(
        self, registry: Registry, operator: Caller, home: dict[str, Any]
    ):
        letter = await issued(operator, home)
        await grows_old(registry, letter)

        await expire_late(registry.database)

        [row] = await registry.runs("SELECT state FROM letter WHERE id = $1", letter["id"])
        assert row["state"] == "expired"


class TestWhoeverHoldsALetter:
    async def test_is_told_by_its_code_what_it_is_worth(
        self, registry: Registry, operator: Caller, home: dict[str, Any]
    ):
        letters = {
            purpose: await issued(operator, home, purpose)
            for purpose in ("school_admission", "pip", "kip_kuliah")
        }
        valid, revoked, old = letters.values()
        await revokes(operator, revoked, version=1)
        await grows_old(registry, old)

        answers = {
            "valid": await checks(registry, await code_of(registry, valid)),
            "revoked": await checks(registry, await code_of(registry, revoked)),
            "expired": await checks(registry, await code_of(registry, old)),
            "unknown": await checks(registry, "0" * 16),
        }

        told = {verdict: answer.json() for verdict, answer in answers.items()}
        assert {verdict: each["verdict"] for verdict, each in told.items()} == {
            verdict: verdict for verdict in told
        }
        assert len({frozenset(each) for each in told.values()}) == 1  # of one shape
        assert {answer.status_code for answer in answers.values()} == {200}
        assert told["valid"]["number"] == valid["number"]
        assert told["valid"]["name"] == "S*** A***"
        assert told["valid"]["purpose_label"] == "pendaftaran sekolah jalur afirmasi"
        assert told["valid"]["issued_on"] == valid["issued_on"]
        assert [v for k, v in told["unknown"].items() if k != "verdict"] == [None] * 9
        mother = home["members"][MOTHER]
        secrets = (mother["nik"], "Aminah", home["address"], mother["dtks_id"])
        assert not any(each in answer.text for each in secrets for answer in answers.values())

    async def test_may_type_the_code_as_it_is_printed(
        self, registry: Registry, operator: Caller, home: dict[str, Any]
    ):
        letter = await issued(operator, home)
        code = await code_of(registry, letter)

        for typed in (in_groups(code), in_groups(code).lower(), code.replace("0", "o")):
            assert (await checks(registry, typed)).json()["verdict"] == "valid"
        for wrong in (code[:-1], f"{code}0", "%00" * 16, "'" * 16, "é" * 16, "%D9%A1" * 16):
            assert (await checks(registry, wrong)).json()["verdict"] == "unknown"

    async def test_sees_a_page_in_a_browser_in_his_language(
        self, registry: Registry, operator: Caller, home: dict[str, Any]
    ):
        code = await code_of(registry, await issued(operator, home))
        browser = "text/html,application/xhtml+xml,*/*;q=0.8"

        page = await checks(registry, code, Accept=browser)
        english = await checks(registry, "0" * 16, Accept=browser, Accept_Language="en")

        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        assert "BERLAKU" in page.text
        assert "S*** A***" in page.text
        assert "<script" not in page.text
        assert "UNKNOWN" in english.text

    async def test_who_tries_too_often_waits_and_may_still_sign_in(
        self, app: FastAPI, registry: Registry, monkeypatch: pytest.MonkeyPatch
    ):
        hour = timedelta(hours=1)
        brake = Brake(free=2, longest=hour, forgiven_every=hour)
        monkeypatch.setitem(sign_ins.BRAKES, TallyOf.LETTER_CHECK, brake)
        app.state.settings.trusted_proxies.append("127.0.0.1")
        from_there = {"X_Forwarded_For": "203.0.113.66"}

        answers = [await checks(registry, "0" * 16, **from_there) for _ in range(3)]

        app.state.settings.trusted_proxies.remove("127.0.0.1")
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert int(answers[-1].headers["retry-after"]) > 0
        tallies = await registry.runs(
            "SELECT DISTINCT tally_of FROM sign_in_failure "
            "WHERE tries = 2 AND blocked_until > now()"
        )
        assert [row["tally_of"] for row in tallies] == ["letter_check"]
