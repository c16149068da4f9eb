"""Files of verdicts, of operators and of repaired NIKs: each row does what its click would do."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from app.domain.actors import Role
from app.domain.appointments import MOST_AT_ONCE
from app.domain.dtks_ids import DtksKind, dtks_id
from app.domain.imports.layouts import LAYOUTS, ImportKind
from app.domain.imports.papers import dtks_id_in, evidence_in
from tests.api.test_imports import applied, at_work, done, items, sends, takes
from tests.api.test_nik_cases import a_case, a_registered_case
from tests.api.test_nik_cases import takes as takes_in_the_clinic
from tests.registry import Caller, Registry, a_member, a_nik, refused

R = Role
UNDO = {"grounds": {"note": "Berkas keliru."}}


@pytest.fixture(autouse=True)
async def worker(app: FastAPI) -> AsyncIterator[None]:
    async with at_work(app):
        yield


def a_file(kind: ImportKind, rows: Sequence[dict[str, Any]]) -> bytes:
    layout, text = LAYOUTS[kind], io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(each.header.id for each in layout.columns)
    writer.writerows([row.get(each.key, "") for each in layout.columns] for row in rows)
    return text.getvalue().encode()


async def checked(by: Caller, kind: ImportKind, *rows: dict[str, Any]) -> dict[str, Any]:
    response = await sends(by, a_file(kind, rows), kind=kind)
    assert response.status_code == 201, response.text
    ready = await done(by, response.json())
    assert ready["state"] == "ready", ready["problem"]
    return ready


async def problems(by: Caller, import_: dict[str, Any]) -> list[list[tuple[str, str]]]:
    """Row by row, in the order of the file, where and what."""
    found = await items(by, import_, "rows")
    return [[(each["column"], each["code"]) for each in row["problems"]] for row in found]


async def outcomes(by: Caller, import_: dict[str, Any]) -> list[str]:
    """Row by row; with the code of the refusal, where there is one."""
    found = await items(by, import_, "units")
    return [each["problem"]["code"] if each["problem"] else each["outcome"] for each in found]


async def undone(by: Caller, import_: dict[str, Any]) -> dict[str, Any]:
    read = (await by.gets(f"/v1/imports/{import_['id']}")).json()
    response = await takes(by, read, "undo", **UNDO)
    assert response.status_code == 201, response.text
    return await done(by, read)


async def left_behind(registry: Registry, case: dict[str, Any]) -> list[Any]:
    """What is on record of a case and of the correction it led to, but for whose they are."""
    rows = await registry.runs(
        """SELECT c.version, c.state, p.kind, p.base_version, p.state, p.version, p.policy_version,
            p.family_id, coalesce(p.content, 'null'), p.asks #- '{changes,nik}',
            p.member_id = c.member_id, p.household_id = c.household_id,
            p.scope_code = c.scope_code, p.created_by, p.asks #>> '{changes,nik}' <> m.nik
        FROM nik_case c JOIN proposal p ON p.id = c.proposal_id JOIN member m ON m.id = c.member_id
        WHERE c.id = $1""",
        UUID(case["id"]),
    )
    [proposal] = await registry.runs(
        "SELECT proposal_id FROM nik_case WHERE id = $1", UUID(case["id"])
    )
    audit = await registry.runs(
        """SELECT workflow, action, source, target, version, actor_id, channel,
            (SELECT array_agg(k ORDER BY k) FROM json_object_keys(changes::json) AS k), grounds
        FROM audit_entry WHERE subject_id = ANY ($1) ORDER BY id""",
        [UUID(case["id"]), proposal["proposal_id"]],
    )
    return [*map(tuple, rows), *map(tuple, audit)]


class TestAFileOfVerdicts:
    kind = ImportKind.VERIFICATION_RESULTS

    @pytest.fixture
    async def verifier(self, registry: Registry) -> Caller:
        return await registry.caller(R.REGENCY_VERIFIER)

    @pytest.fixture
    async def three(self, registry: Registry) -> list[dict[str, Any]]:
        return [await registry.proposal("awaiting_regency") for _ in range(3)]

    async def test_says_of_each_proposal_what_its_row_says(
        self, registry: Registry, verifier: Caller, three: list[dict[str, Any]]
    ):
        four = [*three, await registry.proposal("awaiting_regency")]
        approved, returned, drafted, rejected = ({"proposal_id": each["id"]} for each in four)
        reason = {"reason": "data_incomplete", "note": "Alamat kurang."}
        returned |= {"verdict": "KEMBALIKAN", "target": "awaiting_deliberation", **reason}
        drafted |= {"verdict": "KEMBALIKAN", "reason": "family_card_invalid"}
        rejected |= {"verdict": "TOLAK", "reason": "deceased"}
        approved |= {"verdict": "SETUJU", "version": three[0]["version"]}

        ready = await checked(verifier, self.kind, approved, returned, drafted, rejected)
        after = await applied(verifier, ready)

        assert (ready["counts"]["bad"], after["counts"]["taken"]) == (0, 4)
        assert [(await verifier.reads(each))["state"] for each in four] == [
            "awaiting_endorsement",
            "awaiting_deliberation",
            "drafted",
            "rejected",
        ]
        entry = (await registry.audit_of(returned["proposal_id"]))[-1]
        assert (entry["actor_role"], entry["grounds"]) == ("regency_verifier", reason)

    async def test_is_told_what_is_not_open_and_does_only_what_is(
        self, registry: Registry, verifier: Caller, three: list[dict[str, Any]]
    ):
        elsewhere = await registry.proposal("awaiting_village_head")
        await verifier.takes("approve", three[1])
        rows = [
            {"proposal_id": three[0]["id"], "verdict": "SETUJU"},
            {"proposal_id": three[1]["id"], "verdict": "SETUJU"},
            {"proposal_id": three[2]["id"], "verdict": "SETUJU", "version": 1},
            {"proposal_id": elsewhere["id"], "verdict": "SETUJU"},
            {"proposal_id": str(uuid4()), "verdict": "SETUJU"},
        ]

        ready = await checked(verifier, self.kind, *rows)
        after = await applied(verifier, ready)

        assert await problems(verifier, ready) == [
            [("proposal_id", "decided_already")],
            [("version", "proposal_changed")],
            [("verdict", "action_not_open")],
            [("proposal_id", "proposal_unknown")],
        ]
        assert await outcomes(verifier, after) == ["taken", "same", *["rows-not-good"] * 3]
        assert (await verifier.reads(elsewhere))["state"] == "awaiting_village_head"

    async def test_lets_nobody_decide_on_what_he_has_drafted(self, registry: Registry):
        drafter = await registry.caller(R.REGENCY_OPERATOR)
        proposal = await registry.proposal("awaiting_regency", by=drafter)
        himself = await registry.also(drafter, R.REGENCY_VERIFIER)
        row = {"proposal_id": proposal["id"], "verdict": "SETUJU"}

        ready = await checked(himself, self.kind, row)

        assert await problems(himself, ready) == [[("verdict", "own_work")]]
        assert refused(await takes(himself, ready, "apply")) == (409, "nothing-good")

    async def test_meets_what_has_changed_since_it_was_looked_at(
        self, verifier: Caller, three: list[dict[str, Any]]
    ):
        rows = [{"proposal_id": each["id"], "verdict": "SETUJU"} for each in three]
        rows[0]["version"] = three[0]["version"]
        ready = await checked(verifier, self.kind, *rows)
        await verifier.takes("return", three[0], target="drafted", reason="data_incomplete")

        after = await applied(verifier, ready)

        assert await outcomes(verifier, after) == ["outdated", "taken", "taken"]

    async def test_is_undone_where_the_next_tier_has_not_gone_on(
        self, registry: Registry, verifier: Caller, three: list[dict[str, Any]]
    ):
        rows = [{"proposal_id": each["id"], "verdict": "SETUJU"} for each in three]
        after = await applied(verifier, await checked(verifier, self.kind, *rows))
        await registry.moved_on(await verifier.reads(three[1]))

        taken_back = await undone(verifier, after)

        assert (taken_back["state"], taken_back["counts"]["kept"]) == ("undone", 1)
        assert await outcomes(verifier, after) == ["undone", "outdated", "undone"]
        assert [(await verifier.reads(each))["state"] for each in three] == [
            "awaiting_regency",
            "awaiting_province",
            "awaiting_regency",
        ]

    async def test_of_endorsements_names_its_letter(
        self, registry: Registry, three: list[dict[str, Any]]
    ):
        endorser = await registry.caller(R.REGENCY_ENDORSER)
        for each in three:
            await registry.moved_on(each)
        letter = {"letter_number": "460/77/DINSOS/2026", "letter_date": "19/11/2026"}
        rows = [{"proposal_id": each["id"], "verdict": "SETUJU", **letter} for each in three]
        del rows[0]["letter_number"]

        ready = await checked(endorser, self.kind, *rows)
        await applied(endorser, ready)

        assert await problems(endorser, ready) == [[("letter_number", "grounds_missing")]]
        assert (await endorser.reads(three[1]))["state"] == "awaiting_province"


class TestAFileOfOperators:
    kind = ImportKind.OPERATORS

    @pytest.fixture
    async def admin(self, registry: Registry) -> Caller:
        return await registry.caller(R.REGENCY_ADMIN)

    async def test_opens_accounts_whose_passwords_a_reset_tells_once(
        self, registry: Registry, admin: Caller
    ):
        nik = a_nik(registry.village)
        rows = [
            {"display_name": "Siti Aminah", "village": registry.village.code, "nik": nik},
            {"display_name": "Slamet Riyadi", "village": registry.neighbour.code},
        ]

        after = await applied(admin, await checked(admin, self.kind, *rows))

        units = await items(admin, after, "units")
        ids = [unit["subjects"][0]["id"] for unit in units]
        siti = (await admin.gets(f"/v1/accounts/{ids[0]}")).json()
        assert siti["username"] == f"operator.{registry.village.code}"
        assert (siti["assignments"][0]["role"], siti["person_nik"][-1]) == ("village_operator", "*")
        stored = await registry.runs("SELECT * FROM account WHERE id = ANY ($1)", ids)
        assert {(row["password_hash"], row["one_time_hash"]) for row in stored} == {("!", None)}
        told = await admin.posts("/v1/accounts/resets", {"account_ids": ids})
        assert all(each["one_time_password"] for each in told.json()["accounts"])

    async def test_names_many_of_one_village_one_after_the_other(
        self, registry: Registry, admin: Caller
    ):
        first = {"display_name": "Siti Aminah", "village": registry.village.code}
        await applied(admin, await checked(admin, self.kind, first))
        second, taken = (f"operator.{registry.village.code}.{number}" for number in (2, 4))
        people = ("Slamet", "Rini", "Joko", "Endang", "Wahyu", "Siti Aminah", "RINI")
        rows = [{**first, "display_name": name} for name in people]
        rows[4] |= {"username": taken, "nik": a_nik(registry.village)}

        after = await applied(admin, await checked(admin, self.kind, *rows))

        assert await outcomes(admin, after) == [*["taken"] * 5, "same", "same"]
        ids = [unit["subjects"][0]["id"] for unit in (await items(admin, after, "units"))[:5]]
        opened = [(await admin.gets(f"/v1/accounts/{one}")).json() for one in ids]
        names = [each["username"] for each in opened]
        assert (len(set(names)), names[4], second in names) == (5, taken, True)
        assert [each["display_name"] for each in opened] == [*people[:5]]
        assert [each["person_nik"] is None for each in opened] == [*[True] * 4, False]

    async def test_says_who_is_there_and_opens_nobody_twice(
        self, registry: Registry, admin: Caller
    ):
        name = f"siti.{uuid4().hex[:8]}"
        siti = {"display_name": "Siti Aminah", "village": registry.village.code, "username": name}
        await applied(admin, await checked(admin, self.kind, siti))
        slamet = {"display_name": "Slamet Riyadi", "village": registry.village.code}
        again = {"display_name": "Siti Aminah", "village": registry.village.code}
        thief = {"display_name": "Slamet", "village": registry.neighbour.code, "username": name}

        ready = await checked(admin, self.kind, again, slamet, thief)
        after = await applied(admin, ready)

        assert await problems(admin, ready) == [
            [("display_name", "on_record")],
            [("village", "village_staffed")],
            [("username", "username_taken")],
        ]
        assert await outcomes(admin, after) == ["same", "taken", "rows-not-good"]

    async def test_takes_a_namesake_of_another_username_for_somebody_else(
        self, registry: Registry, admin: Caller
    ):
        home = {"display_name": "Siti Aminah", "village": registry.village.code}
        first, second = ({**home, "username": f"siti.{uuid4().hex[:8]}"} for _ in range(2))

        for each in (first, second):
            after = await applied(admin, await checked(admin, self.kind, each))
            assert await outcomes(admin, after) == ["taken"]

    async def test_is_no_longer_than_one_may_open_at_once(self, registry: Registry, admin: Caller):
        row = {"display_name": "Siti", "village": registry.village.code}
        sent = await sends(admin, a_file(self.kind, [row] * (MOST_AT_ONCE + 1)), kind=self.kind)

        after = await done(admin, sent.json())

        assert (after["state"], after["problem"]["code"]) == ("refused", "too-many-rows")
        assert str(MOST_AT_ONCE) in after["problem"]["detail"]

    async def test_is_undone_as_far_as_nobody_has_signed_in(
        self, registry: Registry, admin: Caller
    ):
        rows = [
            {"display_name": name, "village": registry.village.code} for name in ("Siti", "Slamet")
        ]
        after = await applied(admin, await checked(admin, self.kind, *rows))
        ids = [unit["subjects"][0]["id"] for unit in await items(admin, after, "units")]
        told = (await admin.posts("/v1/accounts/resets", {"account_ids": ids[:1]})).json()
        [siti] = told["accounts"]
        chosen = {
            "username": siti["username"],
            "password": siti["one_time_password"],
            "new_password": "kalimat panjang yang mudah diingat",
        }
        response = await registry.http.post("/v1/auth/password", json=chosen)
        assert response.is_success, response.text

        await undone(admin, after)

        assert await outcomes(admin, after) == ["account-in-use", "undone"]
        states = [(await admin.gets(f"/v1/accounts/{one}")).json()["state"] for one in ids]
        assert states == ["active", "dismissed"]

    async def test_is_read_by_whoever_sent_it_though_he_reads_nothing_of_people(
        self, registry: Registry, admin: Caller
    ):
        row = {"display_name": "Siti Aminah", "village": registry.elsewhere.code}
        ready = await checked(admin, self.kind, row)
        verifier = await registry.caller(R.REGENCY_VERIFIER)
        of_verdicts = [{"proposal_id": str(uuid4()), "verdict": "SETUJU"}]
        other = await checked(verifier, ImportKind.VERIFICATION_RESULTS, *of_verdicts)
        ministry = await registry.caller(R.MINISTRY_ADMIN)

        assert await problems(admin, ready) == [[("village", "village_elsewhere")]]
        path = f"/v1/imports/{other['id']}/rows"
        assert refused(await admin.gets(path)) == (404, "import-not-found")
        assert refused(await ministry.gets(path)) == (403, "reads-nobody")


class TestAFileOfRepairedNiks:
    kind = ImportKind.NIK_CORRECTIONS

    @pytest.fixture
    async def operator(self, registry: Registry) -> Caller:
        return await registry.caller(R.VILLAGE_OPERATOR)

    async def test_edits_a_draft_and_settles_its_case(self, registry: Registry, operator: Caller):
        person = a_member(registry.village)
        case = await a_case(registry, **{**person, "nik": "3171"})
        row = {"case_id": case["id"], "nik": person["nik"], "outcome": "DIPERBAIKI"}

        after = await applied(operator, await checked(operator, self.kind, row))
        later = await checked(operator, self.kind, row, {})
        again = await applied(operator, later)

        assert await problems(operator, later) == [[("case_id", "case_settled")]]
        member = (await operator.gets(f"/v1/members/{case['member_id']}")).json()
        assert member["nik"] == person["nik"]
        settled = (await operator.gets(f"/v1/nik-cases/{case['id']}")).json()
        assert settled["state"] == "repaired"
        assert await outcomes(operator, after) == ["taken"]
        assert await outcomes(operator, again) == ["same"]
        await undone(operator, after)
        assert await outcomes(operator, after) == ["edited-in-place"]

    async def test_proposes_a_correction_of_who_is_registered_once(
        self, registry: Registry, operator: Caller
    ):
        case, person = await a_registered_case(registry)
        note = "KTP-el asli diperlihatkan."
        row = {"case_id": case["id"], "nik": person["right"], "outcome": "DIPERBAIKI", "note": note}

        after = await applied(operator, await checked(operator, self.kind, row))
        again = await applied(
            operator, await checked(operator, self.kind, {**row, "old_rt": "004"})
        )

        [unit] = await items(operator, after, "units")
        proposal = await operator.reads(unit["subjects"][0])
        assert (proposal["kind"], proposal["member_id"]) == ("correction", person["id"])
        assert proposal["asks"] == {
            "changes": {"nik": person["right"]},
            "note": note,
            "evidence": [{"type": "identity_card_copy", "note": note}],
        }
        assert (await operator.takes("submit", proposal)).status_code == 201
        assert await outcomes(operator, again) == ["same"]

    async def test_leaves_behind_what_clicks_would(self, registry: Registry, operator: Caller):
        """Corrections of many are drafted together; those of a card, and of drafts, are not."""
        found = [await a_registered_case(registry) for _ in range(4)]
        rows = [{"case_id": case["id"], "nik": person["right"]} for case, person in found]
        rows[2] |= {"card_number": a_nik(registry.village)}
        draft = a_member(registry.village)
        of_draft = await a_case(registry, **{**draft, "nik": "3171"})
        rows[3] = {"case_id": of_draft["id"], "nik": draft["nik"]}
        clicked, person = found[3]
        await takes_in_the_clinic(operator, "repair", clicked, corrections={"nik": person["right"]})

        after = await applied(operator, await checked(operator, self.kind, *rows))

        units = await items(operator, after, "units")
        kinds = [[each["workflow"] for each in unit["subjects"]] for unit in units]
        assert kinds == [["proposal"], ["proposal"], ["proposal"] * 2, ["nik_case"]]
        by_click, *by_file = [
            await left_behind(registry, each) for each in (clicked, found[0][0], found[1][0])
        ]
        assert by_file == [by_click] * 2

    async def test_adds_to_a_correction_that_was_drafted_before_and_never_withdraws_it(
        self, registry: Registry, operator: Caller
    ):
        case, person = await a_registered_case(registry)
        asks = {"changes": {"name": "Budi Susanto"}}
        home = {"id": case["household_id"]}
        before = await registry.asks("correction", home, asks, member_id=person["id"])
        row = {"case_id": case["id"], "nik": person["right"]}

        after = await applied(operator, await checked(operator, self.kind, row))
        await undone(operator, after)

        assert await outcomes(operator, after) == ["edited-in-place"]
        proposal = await operator.reads(before)
        assert proposal["state"] == "drafted"
        assert proposal["asks"]["changes"].keys() == {"name", "nik"}

    async def test_drafts_the_removal_of_who_is_not_there_any_more(
        self, registry: Registry, operator: Caller
    ):
        case, person = await a_registered_case(registry)
        note = "Akta kematian no. 3672-KM-02112026-0003"
        row = {"case_id": case["id"], "outcome": "MENINGGAL", "note": note}

        after = await applied(operator, await checked(operator, self.kind, row))

        [unit] = await items(operator, after, "units")
        proposal = await operator.reads(unit["subjects"][0])
        assert (proposal["kind"], proposal["member_id"]) == ("removal", person["id"])
        assert proposal["asks"]["reason"] == "deceased"
        assert proposal["asks"]["evidence"] == [{"type": "death_certificate", "note": note}]
        again = await checked(operator, self.kind, {**row, "old_rt": "004"})
        assert await outcomes(operator, await applied(operator, again)) == ["same"]
        await undone(operator, after)
        assert (await operator.reads(proposal))["state"] == "withdrawn"

    async def test_drafts_the_departure_of_who_has_moved(
        self, registry: Registry, operator: Caller
    ):
        case, person = await a_registered_case(registry)
        of_another = {"direction": "departure", "member_ids": [str(uuid4())]}
        await registry.asks("move", {"id": case["household_id"]}, of_another)
        note = "SKPWNI/3672/02112026/0007"
        row = {"case_id": case["id"], "outcome": "PINDAH", "note": note}

        ready = await checked(operator, self.kind, row)
        after = await applied(operator, ready)

        assert ("outcome", "draft_to_complete") in (await problems(operator, ready))[0]
        [unit] = await items(operator, after, "units")
        proposal = await operator.reads(unit["subjects"][0])
        assert (proposal["kind"], proposal["asks"]) == (
            "move",
            {
                "direction": "departure",
                "member_ids": [person["id"]],
                "note": note,
                "evidence": [{"type": "move_letter", "note": note}],
            },
        )
        response = await operator.takes("submit", proposal)
        wanting = {fault["pointer"] for fault in response.json()["errors"]}
        assert wanting == {"/asks/moved_on", "/asks/to_village_code"}
        again = await checked(operator, self.kind, {**row, "old_rt": "004"})
        assert await outcomes(operator, await applied(operator, again)) == ["same"]
        await undone(operator, after)
        assert (await operator.reads(proposal))["state"] == "withdrawn"

    async def test_takes_who_is_only_drafted_out_of_the_draft_and_back(
        self, registry: Registry, operator: Caller
    ):
        case = await a_case(registry)
        row = {"case_id": case["id"], "outcome": "PINDAH", "note": "Pindah ke Serang."}
        path = f"/v1/members/{case['member_id']}"

        after = await applied(operator, await checked(operator, self.kind, row))
        assert (await operator.gets(path)).json()["state"] == "inactive"
        await undone(operator, after)

        assert await outcomes(operator, after) == ["undone"]
        assert (await operator.gets(path)).json()["state"] == "proposed"

    async def test_reports_what_was_changed_where_it_is_protected_and_ignores_it(
        self, registry: Registry, operator: Caller
    ):
        person = a_member(registry.village)
        case = await a_case(registry, **{**person, "nik": "3171"})
        printed = {
            "old_nik": "3171",
            "old_name": person["name"],
            "old_birth_date": "/".join(reversed(person["birth_date"].split("-"))),
            "old_sex": "Laki-laki",
            "check": "format",
        }
        row = {"case_id": case["id"], **printed, "old_mother_name": "SALAH", "nik": person["nik"]}
        alien = {"case_id": str(uuid4()), "outcome": "BELUM SELESAI"}

        ready = await checked(operator, self.kind, row, alien)
        await applied(operator, ready)

        assert await problems(operator, ready) == [
            [("old_mother_name", "protected_changed")],
            [("case_id", "case_unknown")],
        ]
        member = (await operator.gets(f"/v1/members/{case['member_id']}")).json()
        assert (member["mother_name"], member["nik"]) == (person["mother_name"], person["nik"])

    async def test_takes_no_nik_that_somebody_holds(self, registry: Registry, operator: Caller):
        held = (await registry.registered())["members"][0]["nik"]
        case = await a_case(registry)

        ready = await checked(operator, self.kind, {"case_id": case["id"], "nik": held})

        assert ("nik", "nik_held_elsewhere") in (await problems(operator, ready))[0]

    async def test_takes_no_nik_that_somebody_has_got_since(
        self, registry: Registry, operator: Caller
    ):
        (case, person), (other, right) = [await a_registered_case(registry) for _ in range(2)]
        rows = [{"case_id": case["id"], "nik": person["right"]}]
        rows += [{"case_id": other["id"], "nik": right["right"]}]
        ready = await checked(operator, self.kind, *rows)
        await registry.registered(a_member(registry.village, nik=person["right"]))

        after = await applied(operator, ready)

        assert await outcomes(operator, after) == ["nik-held-elsewhere", "taken"]

    async def test_settles_a_case_too_that_was_refused_before(
        self, registry: Registry, operator: Caller
    ):
        person = a_member(registry.village)
        case = await a_case(registry, **{**person, "nik": "3171"})
        desk = await registry.caller(R.REGENCY_OPERATOR)
        await takes_in_the_clinic(desk, "refuse", case, grounds={"note": "Tidak ditemukan."})

        row = {"case_id": case["id"], "nik": person["nik"]}
        await applied(operator, await checked(operator, self.kind, row))

        settled = (await operator.gets(f"/v1/nik-cases/{case['id']}")).json()
        assert settled["state"] == "repaired"

    async def test_leaves_alone_what_is_not_finished(self, registry: Registry, operator: Caller):
        case = await a_case(registry)
        row = {"case_id": case["id"], "outcome": "BELUM SELESAI", "note": "Menunggu Dukcapil."}

        after = await applied(operator, await checked(operator, self.kind, row))

        assert await outcomes(operator, after) == ["same"]


@pytest.mark.parametrize(
    ("note", "kind"),
    [
        ("Akta Kematian no. 12", "death_certificate"),
        ("surat ket. meninggal dari RT", "death_certificate"),
        ("SKPWNI/3672/2026", "move_letter"),
        ("fc KK 3672010101200001", "family_card_copy"),
        ("e-KTP", "identity_card_copy"),
        ("akte lahir", "birth_certificate"),
        ("Balasan Disdukcapil", "dukcapil_reply"),
        ("kata tetangga", "other"),
    ],
)
def test_a_note_names_its_paper(note: str, kind: str):
    assert evidence_in(note) == {"type": kind, "note": note}


def test_a_note_may_name_the_record_that_is_kept():
    kept = dtks_id(DtksKind.MEMBER, 42)

    assert dtks_id_in(f"Ganda dengan {kept}, lihat KK.") == kept
    assert dtks_id_in("Ganda dengan tetangga") is None
