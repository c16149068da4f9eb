"""The NIK clinic: cases opened, explained, asked of the civil registry, repaired and counted."""

import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Response

from app.commands import nik_cases as commands
from app.commands import nik_workbooks
from app.db.nik_cases import CARD_PROBLEMS
from app.domain.actors import Role
from app.domain.calendar import today
from app.domain.facts import Fact
from app.domain.imports.columns import ImportKind
from app.domain.imports.headers import find_header, holds_nothing
from app.domain.imports.layouts import LAYOUTS
from app.domain.nik_cases import NIK_CASES, NikCaseAction, NikCaseState
from app.domain.niks import check_family_card
from app.domain.regions import Tier
from app.exchange.tables import opened as opened_table
from tests.registry import Caller, Registry, a_member, a_nik, refused

R = Role
OTHERS = {"relation_to_household_head": 3, "relation_to_family_head": 3}
SEEN = [{"type": "identity_card_copy", "note": "KTP asli diperlihatkan."}]


def with_wrong_day(nik: str) -> str:
    """As if it were somebody's of the other sex."""
    day = int(nik[6:8])
    return f"{nik[:6]}{day - 40 if day > 40 else day + 40:02d}{nik[8:]}"


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(R.VILLAGE_OPERATOR)


async def opened(caller: Caller, **asked: Any) -> dict[str, Any]:  # noqa: ANN401
    response = await caller.posts("/v1/nik-cases", asked)
    assert response.status_code == 201, response.text
    return response.json()


async def listed(caller: Caller, **asked: str) -> list[dict[str, Any]]:
    response = await caller.gets("/v1/nik-cases", params=asked)
    assert response.status_code == 200, response.text
    return response.json()["items"]


async def read(caller: Caller, case: dict[str, Any]) -> dict[str, Any]:
    response = await caller.gets(f"/v1/nik-cases/{case['id']}")
    assert response.status_code == 200, response.text
    assert response.headers["ETag"] == f'"{response.json()["version"]}"'
    return response.json()


async def takes(caller: Caller, action: str, case: dict[str, Any], **more: Any) -> Response:  # noqa: ANN401
    body = {"action": action, **more}
    version = (await read(caller, case))["version"]
    return await caller.posts(f"/v1/nik-cases/{case['id']}/steps", body, version=version)


async def a_case(registry: Registry, **member: Any) -> dict[str, Any]:  # noqa: ANN401
    """Of somebody drafted whose NIK has the day of the other sex, unless said otherwise."""
    person = a_member(registry.village, **member)
    if "nik" not in member:
        person["nik"] = with_wrong_day(person["nik"])
    household = await registry.household(
        families=[{"id": str(uuid4()), "number": 1, "members": [person]}]
    )
    operator = await registry.caller(R.VILLAGE_OPERATOR)
    await opened(operator)
    [case] = await listed(operator, member_id=household["members"][0]["id"])
    return case


async def a_registered_case(registry: Registry) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of somebody registered, whose NIK is of another day than his birth."""
    person = a_member(registry.village)
    right = person["nik"]
    person["nik"] = with_wrong_day(right)
    household = await registry.registered(person)
    operator = await registry.caller(R.VILLAGE_OPERATOR)
    await opened(operator)
    [case] = await listed(operator, member_id=household["members"][0]["id"])
    return case, {**household["members"][0], "right": right}


class TestCasesAreOpened:
    async def test_for_whoever_has_a_number_that_cannot_be_true_or_is_doubtful(
        self, registry: Registry, operator: Caller
    ):
        niks = {
            "good": a_member(registry.village)["nik"],
            "missing": ...,
            "short": "317101170845001",
            "date": f"{registry.village.code[:6]}3102900001",
        }
        for name, nik in niks.items():
            changes = {} if name == "good" else {"nik": nik}
            family = {"id": str(uuid4()), "number": 1}
            member = a_member(registry.village, name=name, **changes)
            await registry.household(families=[{**family, "members": [member]}])
        card = {"id": str(uuid4()), "number": 1, "card_number": "1111111111111111"}
        of_card = a_member(registry.village, name="card")
        await registry.household(families=[{**card, "members": [of_card]}])

        answer = await opened(operator, letter_number="1115/1", due_on="2099-12-31")
        again = await opened(operator)

        assert answer == {"opened": 4, "settled": 0, "more": False}
        assert again == {"opened": 0, "settled": 0, "more": False}
        cases = {each["name"]: each for each in await listed(operator)}
        assert {name: each["problems"] for name, each in cases.items()} == {
            "missing": ["missing"],
            "short": ["format"],
            "date": ["date"],
            "card": ["family_card_placeholder"],
        }
        assert cases["short"]["nik"] == "3171" + "*" * 11
        [entry] = await registry.audit_of(cases["card"]["id"])
        assert (entry["action"], entry["grounds"]) == ("open", {"letter_number": "1115/1"})

    async def test_without_those_that_are_only_doubtful_if_so_wished(
        self, registry: Registry, operator: Caller
    ):
        member = a_member(registry.village)
        member["nik"] = with_wrong_day(a_nik(registry.village))
        family = {"id": str(uuid4()), "number": 1, "members": [member]}
        await registry.household(families=[family])

        strict = await opened(operator, doubtful=False)
        wide = await opened(operator, doubtful=True)

        assert (strict["opened"], wide["opened"]) == (0, 1)

    async def test_and_those_that_ended_without_a_word_are_settled_first(
        self, registry: Registry, operator: Caller
    ):
        case = await a_case(registry)
        good = "UPDATE member SET nik_verdict = 'valid', nik_codes = '{}' WHERE id = $1"
        await registry.runs(good, case["member_id"])

        answer = await opened(operator)

        assert answer == {"opened": 0, "settled": 1, "more": False}
        assert (await read(operator, case))["state"] == "repaired"

    async def test_by_nobody_else_and_nowhere_else(self, registry: Registry, operator: Caller):
        head = await registry.caller(R.VILLAGE_HEAD)

        wrong = await head.posts("/v1/nik-cases", {})
        outside = await operator.posts("/v1/nik-cases", {"region_code": registry.neighbour.code})

        assert refused(wrong) == (403, "role-may-not")
        assert refused(outside) == (404, "outside-your-region")


class TestACaseIsRead:
    async def test_with_what_is_wrong_the_reading_and_what_it_may_be(
        self, registry: Registry, operator: Caller
    ):
        person = a_member(registry.village)
        right = person["nik"]
        case = await a_case(registry, **{**person, "nik": with_wrong_day(right)})

        told = await read(operator, case)

        assert [each["code"] for each in told["explanations"]] == ["mismatch_sex"]
        assert "ditambah 40" in told["explanations"][0]["detail"]
        assert told["reading"]["parts"][3]["says"].endswith("perempuan")
        first = told["suggestions"][0]
        assert (first["nik"], first["why"]) == (right, "sex_of_day")
        assert first["place"] == {"first": 7, "last": 7}

    async def test_a_number_that_somebody_holds_is_not_the_first_to_be_suggested(
        self, registry: Registry, operator: Caller
    ):
        other = (await registry.registered())["members"][0]
        same = {"birth_date": other["birth_date"], "nik": with_wrong_day(other["nik"])}

        told = await read(operator, await a_case(registry, **same))

        assert other["nik"] != told["suggestions"][0]["nik"]

    async def test_masked_for_who_needs_no_numbers(self, registry: Registry):
        case = await a_case(registry)
        officer = await registry.caller(R.DISTRICT_OFFICER)

        told = await read(officer, case)

        assert told["nik"].endswith("************")
        assert (told["reading"], told["suggestions"]) == (None, [])

    async def test_by_the_civil_registry_where_it_was_asked(
        self, registry: Registry, operator: Caller
    ):
        case = await a_case(registry)
        registrar = await registry.caller(R.CIVIL_REGISTRY_OFFICER)

        before = await registrar.gets(f"/v1/nik-cases/{case['id']}")
        unseen = await listed(registrar, member_id=case["member_id"])
        await takes(operator, "ask", case)
        [seen] = await listed(registrar, member_id=case["member_id"])

        assert refused(before) == (404, "nik-case-not-found")
        assert unseen == []
        assert seen["state"] == "awaiting_civil_registry"
        assert [each["action"] for each in seen["open_actions"]] == ["answer", "refuse"]

    async def test_leaves_its_trace_with_whoever_lives_there_as_a_workbook_does(
        self, registry: Registry, operator: Caller
    ):
        people = [
            a_member(registry.village, nik=...),
            a_member(registry.village, number=2, **OTHERS),
        ]
        family = {"id": str(uuid4()), "number": 1, "members": people}
        household = await registry.household(families=[family])
        await opened(operator)
        [case] = await listed(operator)

        await read(operator, case)
        await operator.gets("/v1/nik-cases/workbook")

        ids = [household["id"], *(each["id"] for each in household["members"])]
        noted = "SELECT operation FROM access_entry WHERE subjects @> $1::uuid[] AND actor_id = $2"
        rows = await registry.runs(noted, ids, operator.actor.id)
        assert {"read_nik_case", "print_nik_cases"} <= {row["operation"] for row in rows}


class TestADraftIsRepaired:
    async def test_at_once_and_the_case_is_settled(self, registry: Registry, operator: Caller):
        person = a_member(registry.village)
        right = person["nik"]
        case = await a_case(registry, **{**person, "nik": with_wrong_day(right)})

        response = await takes(operator, "repair", case, corrections={"nik": right})

        assert response.status_code == 201, response.text
        assert (await read(operator, case))["state"] == "repaired"
        actions = [each["action"] for each in await registry.audit_of(case["id"])]
        assert actions == ["open", "repair", "settle"]

    async def test_by_changing_the_draft_too(self, registry: Registry, operator: Caller):
        person = a_member(registry.village)
        right = person["nik"]
        case = await a_case(registry, **{**person, "nik": with_wrong_day(right)})

        await operator.patches(f"/v1/members/{case['member_id']}", {"nik": right})

        assert (await read(operator, case))["state"] == "repaired"

    async def test_and_dropped_with_who_is_taken_out(self, registry: Registry, operator: Caller):
        case = await a_case(registry)
        out = {"action": "remove", "grounds": {"note": "Ganda."}}

        await operator.posts(f"/v1/members/{case['member_id']}/steps", out, version=1)

        assert (await read(operator, case))["state"] == "dropped"
        assert (await opened(operator))["opened"] == 0

    async def test_and_dropped_with_the_household_that_is_removed(
        self, registry: Registry, operator: Caller
    ):
        case = await a_case(registry)
        out = {"action": "remove", "grounds": {"note": "Keliru."}}

        path = f"/v1/households/{case['household_id']}/steps"
        assert (await operator.posts(path, out, version=1)).status_code == 201

        assert (await read(operator, case))["state"] == "dropped"
        assert (await opened(operator))["opened"] == 0

    async def test_but_not_by_what_can_be_nobodys_nor_by_what_is_there(
        self, registry: Registry, operator: Caller
    ):
        case = await a_case(registry)
        now = (await read(operator, case))["nik"]
        holder = (await registry.registered())["members"][0]["nik"]

        impossible = await takes(operator, "repair", case, corrections={"nik": "1" * 16})
        card = await takes(operator, "repair", case, corrections={"card_number": "1" * 16})
        same = await takes(operator, "repair", case, corrections={"nik": now})
        anothers = await takes(operator, "repair", case, corrections={"nik": holder})

        assert [refused(each) for each in (impossible, card, same, anothers)] == [
            (422, "corrections-not-accepted"),
            (422, "corrections-not-accepted"),
            (422, "nothing-corrected"),
            (409, "nik-held-elsewhere"),
        ]
        assert (await read(operator, case))["state"] == "invalid"


class TestWhoIsRegisteredIsRepaired:
    async def test_by_a_proposal_that_is_determined(self, registry: Registry, operator: Caller):
        case, person = await a_registered_case(registry)
        said = {"corrections": {"nik": person["right"]}, "note": "KTP.", "evidence": SEEN}

        await takes(operator, "repair", case, **said)

        told = await read(operator, case)
        assert (told["state"], told["proposal"]["state"]) == ("invalid", "drafted")
        proposal = await operator.reads(told["proposal"])
        assert proposal["asks"]["changes"] == {"nik": person["right"]}
        assert (proposal["kind"], proposal["member_id"]) == ("correction", person["id"])
        while proposal["state"] != "determined":
            proposal = await registry.moved_on(proposal)
        told = await read(operator, case)
        assert (told["state"], told["nik"]) == ("repaired", person["right"])
        determiner = (await registry.audit_of(case["id"]))[-1]
        assert (determiner["action"], determiner["actor_role"]) == ("settle", "ministry_determiner")

    async def test_and_the_same_sent_twice_is_one_proposal_and_another_amends_it(
        self, registry: Registry, operator: Caller
    ):
        case, person = await a_registered_case(registry)
        said = {"corrections": {"nik": person["right"]}}

        await takes(operator, "repair", case, **said)
        twice = await takes(operator, "repair", case, **said)
        more = await takes(operator, "repair", case, corrections={"name": "Budi Santosa"})

        assert refused(twice) == (422, "nothing-corrected")
        assert more.status_code == 201, more.text
        drafts = await operator.gets("/v1/proposals", params={"kind": "correction"})
        [draft] = [d for d in drafts.json()["items"] if d["household_id"] == person["household_id"]]
        assert (await operator.reads(draft))["asks"]["changes"] == {
            "nik": person["right"],
            "name": "Budi Santosa",
        }


class TestTheCivilRegistryIsAsked:
    async def test_about_who_has_no_number_yet_and_its_answer_is_what_is_suggested(
        self, registry: Registry, operator: Caller
    ):
        case = await a_case(registry, nik=...)
        registrar = await registry.caller(R.CIVIL_REGISTRY_OFFICER)
        officer = await registry.caller(R.DISTRICT_OFFICER)
        nik = a_nik(registry.village)

        await takes(operator, "ask", case)
        await takes(registrar, "answer", case, found={"nik": nik}, grounds={"note": "SIAK."})

        told = await read(operator, case)
        assert [(each["nik"], each["why"]) for each in told["suggestions"]] == [(nik, "answered")]
        assert told["reading"] is None
        assert (await read(officer, case))["suggestions"] == []

    async def test_and_answers_what_is_right(self, registry: Registry, operator: Caller):
        case = await a_case(registry)
        registrar = await registry.caller(R.CIVIL_REGISTRY_OFFICER)
        letter = {"letter_number": "470/9", "letter_date": "2026-11-01"}
        nik = a_nik(registry.village)

        await takes(operator, "ask", case, grounds=letter)
        bare = await takes(registrar, "answer", case, found={"nik": nik})
        said = {"grounds": {"note": "SIAK."}}
        slipped = await takes(registrar, "answer", case, found={"nik": "1" * 16}, **said)
        empty = await takes(registrar, "answer", case, found={}, **said)
        answer = await takes(
            registrar, "answer", case, found={"nik": nik}, grounds={"note": "SIAK."}
        )

        assert refused(bare) == (422, "grounds-missing")
        assert refused(slipped) == (422, "corrections-not-accepted")
        assert refused(empty) == (422, "nothing-corrected")
        assert (answer.status_code, answer.json()["target"]) == (201, "invalid")
        assert nik not in answer.text
        told = await read(operator, case)
        assert (told["answered"], told["answer"]["nik"], told["note"]) == (True, nik, "SIAK.")
        await takes(operator, "ask", case)
        again = await read(operator, case)
        assert (again["answered"], again["answer"]) == (False, None)

    async def test_by_another_than_the_one_who_asked(self, registry: Registry):
        case = await a_case(registry)
        asker = await registry.newcomer(R.REGENCY_OPERATOR)
        also_registrar = await registry.also(asker, R.CIVIL_REGISTRY_OFFICER)

        await takes(asker, "ask", case)
        [seen] = await listed(also_registrar, member_id=case["member_id"])
        own = await takes(also_registrar, "refuse", case, grounds={"note": "Tidak ada."})

        assert seen["open_actions"] == []
        assert refused(own) == (403, "own-work")

    async def test_not_about_ones_own_family(self, registry: Registry, operator: Caller):
        case = await a_case(registry)
        at_home = a_nik(registry.village)
        registrar = await registry.newcomer(R.CIVIL_REGISTRY_OFFICER)
        admin = await registry.caller(R.REGENCY_ADMIN)
        await operator.patches(f"/v1/members/{case['member_id']}", {"nik": at_home})
        path = f"/v1/accounts/{registrar.actor.id}/person"
        identified = await admin.puts(path, {"nik": at_home}, version=1)
        assert identified.is_success, identified.text

        await takes(operator, "ask", case)
        own = await takes(registrar, "refuse", case, grounds={"note": "Tidak ada."})

        assert refused(own) == (403, "own-family")

    async def test_and_what_it_refuses_stays_so_until_it_is_taken_up_again(
        self, registry: Registry, operator: Caller
    ):
        case = await a_case(registry)
        registrar = await registry.caller(R.CIVIL_REGISTRY_OFFICER)
        await takes(operator, "ask", case)
        await takes(registrar, "refuse", case, grounds={"note": "Tidak ditemukan."})

        again = await opened(operator)
        early = await takes(operator, "repair", case, corrections={"nik": "1" * 16})
        reopened = await takes(operator, "reopen", case, grounds={"note": "Coklit."})

        assert again["opened"] == 0
        assert refused(early) == (409, "action-not-open")
        assert reopened.json()["target"] == "invalid"


class TestProgress:
    async def test_is_told_for_a_village_and_for_everything_around_it(
        self, registry: Registry, operator: Caller
    ):
        person = a_member(registry.village)
        right = person["nik"]
        done = await a_case(registry, **{**person, "nik": with_wrong_day(right)})
        await takes(operator, "repair", done, corrections={"nik": right})
        await a_case(registry)
        asked = await a_case(registry)
        await takes(operator, "ask", asked)
        officer = await registry.caller(R.DISTRICT_OFFICER)

        response = await officer.gets("/v1/nik-cases/progress")

        numbers = response.json()
        [village] = [
            each for each in numbers["children"] if each["region_code"] == registry.village.code
        ]
        assert (village["total"], village["invalid"], village["repaired"]) == (3, 1, 1)
        assert (village["awaiting_civil_registry"], village["repaired_percent"]) == (1, 33.3)
        assert (numbers["total"], numbers["region_code"]) == (3, registry.village.code[:6])

    async def test_tells_what_is_late_and_whose_correction_is_on_its_way(
        self, registry: Registry, operator: Caller
    ):
        case, person = await a_registered_case(registry)
        late, due = [
            {"id": str(uuid4()), "number": 1, "members": [a_member(registry.village, nik=...)]}
            for _ in range(2)
        ]
        await registry.household(families=[late])
        await opened(operator, due_on=str(today() - timedelta(days=1)))
        await registry.household(families=[due])
        await opened(operator, due_on=str(today()))
        await takes(operator, "repair", case, corrections={"nik": person["right"]})

        before = (await operator.gets("/v1/nik-cases/progress")).json()
        proposal = await operator.reads((await read(operator, case))["proposal"])
        await operator.takes("withdraw", proposal, note="Salah ketik.")
        after = (await operator.gets("/v1/nik-cases/progress")).json()

        assert (before["total"], before["overdue"], before["proposed"]) == (3, 1, 1)
        assert after["proposed"] == 0

    async def test_is_not_told_of_the_whole_nation_at_once(self, registry: Registry):
        analyst = await registry.caller(R.MINISTRY_ANALYST)

        assert refused(await analyst.gets("/v1/nik-cases/progress")) == (422, "too-wide")


async def test_a_thousand_are_opened_at_a_time(
    registry: Registry, operator: Caller, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(commands, "AT_ONCE", 2)
    people = [a_member(registry.village, number=n, nik=..., **OTHERS) for n in (2, 3)]
    family = {"id": str(uuid4()), "number": 1}
    head = a_member(registry.village, nik=...)
    await registry.household(families=[{**family, "members": [head, *people]}])

    first, second = [await opened(operator) for _ in range(2)]

    assert first == {"opened": 2, "settled": 0, "more": True}
    assert second == {"opened": 1, "settled": 0, "more": False}


class TestTheWorkbook:
    async def test_holds_every_open_case_as_it_is_on_record(
        self,
        registry: Registry,
        operator: Caller,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ):
        monkeypatch.setattr(nik_workbooks, "ROWS_AT_ONCE", 2)
        cases = [await a_case(registry, name=f"Orang {number}") for number in range(3)]
        case = await read(operator, cases[0])
        repaired = a_member(registry.village)
        over = await a_case(registry, **{**repaired, "nik": with_wrong_day(repaired["nik"])})
        await takes(operator, "repair", over, corrections={"nik": repaired["nik"]})

        response = await operator.gets("/v1/nik-cases/workbook")

        rows = await rows_in(tmp_path, response.content)
        assert [row["old_name"] for row in rows] == ["Orang 0", "Orang 1", "Orang 2"]
        assert {key: rows[0].get(key) for key in ("case_id", "old_nik", "old_birth_date")} == {
            "case_id": case["id"],
            "old_nik": case["nik"],
            "old_birth_date": "/".join(reversed(case["birth_date"].split("-"))),
        }
        assert "outcome" not in rows[0]

    async def test_offers_three_numbers_with_their_reasons_none_of_which_anybody_holds(
        self, registry: Registry, operator: Caller, tmp_path: Path
    ):
        person = a_member(registry.village)
        right = person["nik"]
        case = await a_case(registry, **{**person, "nik": with_wrong_day(right)})
        other = (await registry.registered())["members"][0]
        same = {"birth_date": other["birth_date"], "nik": with_wrong_day(other["nik"])}
        of_held = await a_case(registry, **same)
        born = a_member(registry.village, name="Dewi")
        of_date = await a_case(
            registry, **{**born, "nik": f"{born['nik'][:6]}120877{born['nik'][12:]}"}
        )

        response = await operator.gets("/v1/nik-cases/workbook")

        rows = {row["case_id"]: row for row in await rows_in(tmp_path, response.content)}
        row, told = rows[case["id"]], await read(operator, case)
        likely = [each["nik"] for each in told["suggestions"][:3]]
        assert [row[f"suggestion_{n}"] for n in (1, 2, 3)] == likely
        assert (row["suggestion_1"], row["reason_1"]) == (
            right,
            "Tanggal lahir perempuan ditambah 40, laki-laki tidak. Beda di angka ke-7.",
        )
        assert {row["reason_2"], row["reason_3"]} < {
            f"{each['detail']} {where(each['place'])}" for each in told["suggestions"]
        }
        assert other["nik"] not in rows[of_held["id"]].values()
        dated = rows[of_date["id"]]
        assert dated["suggestion_1"] == born["nik"]
        assert dated["reason_1"].startswith("Angka ke-7 sampai ke-12 diganti")

    async def test_says_what_the_civil_registry_has_answered_and_what_is_proposed(
        self, registry: Registry, operator: Caller, tmp_path: Path
    ):
        case, person = await a_registered_case(registry)
        registrar = await registry.caller(R.CIVIL_REGISTRY_OFFICER)
        found = {"nik": person["right"], "birth_date": "1990-02-01"}
        await takes(operator, "ask", case)
        await takes(registrar, "answer", case, found=found, grounds={"note": "SIAK."})
        before = await rows_in(tmp_path, (await operator.gets("/v1/nik-cases/workbook")).content)

        await takes(operator, "repair", case, corrections={"nik": person["right"]})

        [row] = await rows_in(tmp_path, (await operator.gets("/v1/nik-cases/workbook")).content)
        answer = f"Jawaban Dinas Dukcapil: NIK {person['right']}, tanggal lahir 01/02/1990."
        assert before[0]["explanation"].endswith(answer)
        assert "sudah diusulkan" not in before[0]["explanation"]
        assert "sudah diusulkan" in row["explanation"]
        assert (row["suggestion_1"], row["reason_1"].partition(".")[0]) == (
            person["right"],
            "Menurut jawaban Dinas Dukcapil",
        )

    async def test_is_one_for_each_village_of_a_wider_region_however_it_is_read(
        self, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(nik_workbooks, "ROWS_AT_ONCE", 2)
        monkeypatch.setattr(nik_workbooks, "MOST_IN_ONE", 1)
        neighbour = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)
        cases = [await a_case(registry) for _ in range(3)]
        person = a_member(registry.neighbour, nik="317101170845001")
        family = {"id": str(uuid4()), "number": 1, "members": [person]}
        await registry.household(by=neighbour, families=[family])
        await opened(neighbour)
        desk = await registry.caller(R.REGENCY_OPERATOR)
        asked = {"region_code": registry.village.code[:6]}

        response = await desk.gets("/v1/nik-cases/workbooks", params=asked)

        assert response.headers["content-type"] == "application/zip"
        made = zipfile.ZipFile(BytesIO(response.content))
        of = {name.split()[0]: await rows_in(tmp_path, made.read(name)) for name in made.namelist()}
        assert of.keys() == {registry.village.code, registry.neighbour.code}
        assert {row["case_id"] for row in of[registry.village.code]} == {c["id"] for c in cases}
        assert [row["old_nik"] for row in of[registry.neighbour.code]] == [person["nik"]]

    async def test_holds_for_the_civil_registry_what_it_was_asked(
        self, registry: Registry, operator: Caller, tmp_path: Path
    ):
        asked, _ = [await a_case(registry) for _ in range(2)]
        registrar = await registry.caller(R.CIVIL_REGISTRY_OFFICER)
        of_village = {"region_code": registry.village.code}
        await takes(operator, "ask", asked)

        response = await registrar.gets("/v1/nik-cases/workbook", params=of_village)

        assert [row["case_id"] for row in await rows_in(tmp_path, response.content)] == [
            asked["id"]
        ]

    async def test_is_not_for_who_reads_numbers_masked(self, registry: Registry):
        officer = await registry.caller(R.DISTRICT_OFFICER)
        auditor = await registry.newcomer(R.AUDITOR, over=registry.village.at(Tier.REGENCY))

        for reader in (officer, auditor):
            for address in ("workbook", "workbooks"):
                response = await reader.gets(f"/v1/nik-cases/{address}")
                assert refused(response) == (403, "numbers-masked")

    async def test_of_too_many_is_asked_for_in_parts(
        self, registry: Registry, operator: Caller, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(nik_workbooks, "MOST_IN_ONE", 1)
        monkeypatch.setattr(nik_workbooks, "MOST_OF_ALL", 1)
        for _ in range(2):
            await a_case(registry)

        for address in ("workbook", "workbooks"):
            response = await operator.gets(f"/v1/nik-cases/{address}")
            assert refused(response) == (422, "too-many-cases")


def where(place: dict[str, int]) -> str:
    last = "" if place["first"] == place["last"] else f" sampai ke-{place['last']}"
    return f"Beda di angka ke-{place['first']}{last}."


async def rows_in(folder: Path, content: bytes) -> list[dict[str, Any]]:
    """What a workbook of the layout says, row by row."""
    path = folder / "workbook.xlsx"
    path.write_bytes(content)
    async with opened_table(path) as sheet:
        header = find_header(
            LAYOUTS[ImportKind.NIK_CORRECTIONS], [cells for _, cells in sheet.head]
        )
        rows = [row async for block in sheet.rows for row in block]
    assert header.unknown == ()
    return [
        {key: cells[place] for key, place in header.positions.items() if cells[place]}
        for n, cells in rows
        if n > header.row and not holds_nothing(header, cells)
    ]


# who | does what | in which state: by hand, from the handbook's round trip (8.4)
BY_THE_BOOK = """
village_operator        ask     invalid                  awaiting_civil_registry
regency_operator        ask     invalid                  awaiting_civil_registry
civil_registry_officer  answer  awaiting_civil_registry  invalid
civil_registry_officer  refuse  awaiting_civil_registry  refused
regency_operator        refuse  invalid                  refused
village_operator        reopen  refused                  invalid
regency_operator        reopen  refused                  invalid
village_operator        repair  invalid                  invalid
regency_operator        repair  invalid                  invalid
village_operator        repair  awaiting_civil_registry  awaiting_civil_registry
regency_operator        repair  awaiting_civil_registry  awaiting_civil_registry
"""


def test_nobody_does_more_or_less_than_the_book_says():
    open_now = {
        (role, offer.action, state, row.target)
        for role in Role
        for state in NikCaseState
        for offer in NIK_CASES.open_to(role, state)
        for row in NIK_CASES.transitions
        if (row.action, row.source) == (offer.action, state)
    }

    by_the_book = {tuple(line.split()) for line in BY_THE_BOOK.strip().splitlines()}
    assert {tuple(map(str, each)) for each in open_now} == by_the_book
    decided = [row for row in NIK_CASES.transitions if row.action in {"answer", "refuse"}]
    assert all(Fact.OWN_FAMILY in row.unless for row in decided)
    assert NIK_CASES.first_roles == {R.VILLAGE_OPERATOR, R.REGENCY_OPERATOR}
    assert set(NikCaseAction) - {each[1] for each in by_the_book} == {"open", "settle", "drop"}


CARDS = [
    "3672010102100001",
    "3672014102100001",  # of no day in the calendar: a warning, and no case
    "0072010102100001",
    "1111111111111111",
    "1111111111111112",
    "1234567890123456",
    "12345678901234567",
    "367201010210001",
    "3672-0101-0210-0001",
    "\uff13\uff16672010102100001",
    "3672010102100001\n",
    "tidak ada",
]


async def test_family_cards_are_judged_alike_one_by_one_and_all_at_once(registry: Registry):
    codes = [
        [f"family_card_{code}" for code in check_family_card(card).codes if code != "date"]
        for card in CARDS
    ]
    kept = [check_family_card(card).digits or card for card in CARDS]  # as a family keeps it

    statement = f"SELECT {CARD_PROBLEMS} AS told FROM unnest($1::text[]) AS f (card_number)"  # noqa: S608
    rows = await registry.runs(statement, kept)

    assert [row["told"] for row in rows] == codes
    assert sum(map(bool, codes)) == 8
