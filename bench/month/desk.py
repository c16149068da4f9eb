"""What a village drafts in the month: visits, and proposals of every kind."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import uuid4

from app.demo.accounts import OPERATOR
from app.demo.sent import draft_of, families, sheet_of
from bench.month.service import Person, Service, expect

CREATED, OK = 201, 200
HEAD_OF_HOUSEHOLD, CHILD, OTHER = 1, 3, 8
EARLIER = "2026-11-02"
VISITED_ON = "2026-11-10"
BORN_ON = "2026-10-01"
# What is asked about a child of two months, and answered.
OF_A_NEWBORN = {
    "presence": 4,
    "in_family_card": True,
    "identity_documents": 1,
    "disability": 0,
    "chronic_illness": 0,
    "worked_last_week": False,
    "nik_matches_document": 1,
    "holds_kks": False,
    "holds_pbi": False,
    "holds_kip": False,
    "in_pkh": False,
    "holds_sembako": False,
}
Json = dict[str, Any]


@dataclass
class Desk:
    """The desk of a village, and what its operator remembers of the month."""

    code: str
    service: Service
    draw: Random
    proposed: dict[str, str] = field(default_factory=dict)  # proposal -> kind
    refused: list[tuple[str, str]] = field(default_factory=list)  # kind, problem
    households: list[Json] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    gone: list[tuple[str, str]] = field(default_factory=list)  # taken out before the month

    @property
    def operator(self) -> Person:
        return self.service.person(OPERATOR, self.code)

    async def look_around(self, most: int) -> None:
        """Read the registered households that are to be spoken of."""
        path = f"/v1/households?state=registered&limit={most}"
        page = await self.service.gets(self.operator, path, what="page of households")
        self.households = [
            await self.service.gets(
                self.operator, f"/v1/households/{line['id']}", what="household in full"
            )
            for line in page["items"]
        ]

    # --- drafts

    async def proposes(self, kind: str, household_id: str, **said: Any) -> str | None:  # noqa: ANN401
        """The id of a draft; none where the service has refused it, which is remembered."""
        body = {"id": str(uuid4()), "kind": kind, "household_id": household_id, **said}
        response = await self.service.posts(
            self.operator, "/v1/proposals", body, what=f"draft {kind}"
        )
        if response.status_code != CREATED:
            self.refused.append((kind, response.json()["type"].rpartition(":")[2]))
            return None
        self.proposed[body["id"]] = kind
        return str(body["id"])

    async def new_families(self, many: int) -> None:
        for family, _ in zip(families(self.code), range(many), strict=False):
            draft = draft_of(family)
            ask = self.service.posts
            response = await ask(self.operator, "/v1/households", draft, what="enter household")
            expect(response, CREATED)
            await self._survey(draft["id"], sheet_of(family, draft))
            await self.proposes("new_family", draft["id"])

    async def _survey(self, household_id: str, sheet: Json) -> None:
        path = f"/v1/households/{household_id}/surveys"
        response = await self.service.posts(self.operator, path, sheet, what="survey")
        expect(response, CREATED)
        finish = {"action": "finish", "grounds": {"note": "Sesuai keadaan saat kunjungan."}}
        path = f"/v1/surveys/{response.json()['id']}/steps"
        version = response.json()["version"]
        done = self.service.posts
        expect(await done(self.operator, path, finish, what="finish", version=version), CREATED)

    async def new_members(self, many: int) -> None:
        """A child is born: entered, asked about on a visit of its own, and proposed."""
        for household in self.households[-many:] if many else ():
            child = self._newborn(household)
            path = f"/v1/households/{household['id']}/members"
            response = await self.service.posts(self.operator, path, child, what="enter member")
            expect(response, CREATED)
            people = household["survey"]["member_count"] + 1
            sheet = {
                "id": str(uuid4()),
                "copy_of": household["survey"]["id"],
                "surveyed_on": VISITED_ON,
                "enumerator_name": "Dewi Lestari",
                "respondent_name": household["members"][0]["name"],
                "outcome": 1,
                "answers": {
                    "counts": {"member_count": people},
                    "members": {child["id"]: OF_A_NEWBORN},
                },
            }
            await self._survey(household["id"], sheet)
            await self.proposes(
                "new_member",
                household["id"],
                member_id=child["id"],
                asks={"note": "Lahir setelah pendataan."},
            )

    def _newborn(self, household: Json) -> Json:
        mother = household["members"][0]
        return {
            "id": str(uuid4()),
            "family_id": mother["family_id"],
            "number": max(each["number"] for each in household["members"]) + 1,
            "name": self.draw.choice(["Aisyah", "Bagas", "Citra", "Dimas"]),
            "nik": f"{self.code[:6]}011026{self.draw.randrange(1, 10_000):04}",
            "sex": 1,
            "birth_place": "Bojonegoro",
            "birth_date": BORN_ON,
            "mother_name": mother["name"],
            "relation_to_household_head": CHILD,
            "relation_to_family_head": CHILD,
            "marital_status": 1,
        }

    def children(self) -> Iterator[tuple[Json, Json]]:
        """Households with more than two people, each with somebody who is not its head."""
        for household in self.households:
            young = [
                member
                for member in household["members"]
                if member["relation_to_household_head"] == CHILD
                and member["state"] == "registered"
                and member["id"] not in self.used
            ]
            if len(household["members"]) > 2 and young:  # noqa: PLR2004
                self.used.add(young[-1]["id"])
                yield household, young[-1]

    async def corrections(self, many: int) -> None:
        for household in self.households[:many]:
            member = household["members"][0]
            place = self.draw.choice(["Bojonegoro", "Tuban", "Lamongan", "Blora", "Ngawi"])
            await self.proposes(
                "correction",
                household["id"],
                member_id=member["id"],
                base_version=member["version"],
                asks={
                    "changes": {"birth_place": f"{place} {self.draw.randrange(1000)}"},
                    "note": "Disesuaikan dengan KTP.",
                    "evidence": [{"type": "identity_card_copy", "note": "KTP asli."}],
                },
            )

    async def removals(self, many: int) -> None:
        for (household, member), _ in zip(self.children(), range(many), strict=False):
            self.gone.append((household["id"], member["id"]))
            await self.proposes(
                "removal",
                household["id"],
                member_id=member["id"],
                asks={
                    "reason": "deceased",
                    "effective_on": EARLIER,
                    "evidence": [{"type": "death_certificate", "note": "Akta kematian."}],
                },
            )

    async def restorations(self) -> None:
        """Those who were taken out before the month come back."""
        came_out, self.gone = self.gone, []
        for household_id, member_id in came_out:
            await self.proposes(
                "restoration",
                household_id,
                member_id=member_id,
                asks={
                    "note": "Orangnya masih hidup.",
                    "evidence": [{"type": "visit_report", "note": "Ditemui di rumahnya."}],
                },
            )

    async def programmes(self, code: str, many: int, *, skip: int = 0) -> None:
        for household in self.households[skip : skip + many]:
            head = household["members"][0]
            subject = (
                {"member_id": head["id"]} if code == "PBI_JK" else {"family_id": head["family_id"]}
            )
            asks = {"programme": code}
            if code != "PBI_JK":
                asks["payee_id"] = head["id"]
            await self.proposes("programme", household["id"], asks=asks, **subject)

    async def ineligibilities(self, recipients: Sequence[Json]) -> None:
        for each in recipients:
            of_one = each["member_id"] is not None
            subject = {"member_id": each["member_id"]} if of_one else {}
            proof = "dukcapil_reply" if of_one else "visit_report"
            await self.proposes(
                "ineligibility",
                each["household_id"],
                asks={
                    "reason": "nik_unmatched" if of_one else "no_longer_poor",
                    "effective_on": EARLIER,
                    "programmes": [each["programme"]],
                    "evidence": [{"type": proof, "note": "Sesuai berkas."}],
                },
                **(subject or {"family_id": each["family_id"]}),
            )

    async def payee_changes(self, recipients: Sequence[Json]) -> None:
        for each in recipients:
            path = f"/v1/households/{each['household_id']}"
            household = await self.service.gets(self.operator, path, what="household in full")
            others = [
                member["id"]
                for member in household["members"]
                if member["family_id"] == each["family_id"]
                and member["id"] != each["payee_id"]
                and member["relation_to_household_head"] == 2  # noqa: PLR2004 - the spouse
            ]
            for other in others[:1]:
                asks = {
                    "programme": each["programme"],
                    "new_payee_id": other,
                    "note": "Pengurus lama bekerja di luar kota.",
                }
                await self.proposes(
                    "payee_change", each["household_id"], family_id=each["family_id"], asks=asks
                )

    async def reactivations(self, recipients: Sequence[Json]) -> None:
        for each in recipients:
            asks = {
                "card_number": f"{self.draw.randrange(10**13):013}",
                "ended_on": EARLIER,
                "health": {
                    "ground": self.draw.choice(["chronic_illness", "medical_emergency"]),
                    "facility_name": "RSUD Bojonegoro",
                    "letter_number": f"445/{self.draw.randrange(1000)}/RSUD/2026",
                    "letter_date": EARLIER,
                },
            }
            await self.proposes(
                "pbi_reactivation", each["household_id"], member_id=each["member_id"], asks=asks
            )

    async def recipients(self, programme: str, state: str = "candidate") -> list[Json]:
        path = f"/v1/recipients?programme={programme}&state={state}&limit=50"
        page = await self.service.gets(self.operator, path, what="page of recipients")
        return list(page["items"])

    async def departures(self, many: int, to: str) -> None:
        for (household, member), _ in zip(self.children(), range(many), strict=False):
            asks = {
                "direction": "departure",
                "member_ids": [member["id"]],
                "to_village_code": to,
                "moved_on": EARLIER,
                "note": "Menikah.",
            }
            await self.proposes("move", household["id"], asks=asks)

    async def takes_in(self) -> None:
        """Complete the arrivals that other villages have announced: into a household of ours."""
        for line in await self.waiting("drafted", kind="move"):
            path = f"/v1/proposals/{line['id']}"
            arrival = await self.service.gets(self.operator, path, what="proposal")
            if arrival["asks"].get("direction") != "arrival":
                continue
            home = self.draw.choice(self.households)
            people = [
                {
                    **person,
                    "family_id": home["families"][0]["id"],
                    "relation_to_household_head": OTHER,
                    "relation_to_family_head": OTHER,
                }
                for person in arrival["asks"]["people"]
            ]
            asks = {**arrival["asks"], "household_id": home["id"], "people": people}
            version = {"If-Match": f'"{arrival["version"]}"'}
            body = {"kind": "move", "asks": asks}
            ask = self.service.ask
            response = await ask(
                self.operator, "PATCH", path, what="complete arrival", body=body, headers=version
            )
            expect(response, OK)
            self.proposed[line["id"]] = "move"

    async def mends(self) -> None:
        """What came back is corrected where it is marked."""
        for line in await self.waiting("drafted"):
            if line["open_marks"]:
                await self._mend(line)

    async def _mend(self, line: Json) -> None:
        path = f"/v1/proposals/{line['id']}"
        body: Json = {"kind": line["kind"]}
        if line["kind"] == "new_family":
            path, body = f"/v1/households/{line['household_id']}", {"address": "Jl. Veteran No. 7"}
        read = await self.service.gets(self.operator, path, what="read what is marked")
        if line["kind"] != "new_family":
            body["asks"] = {**read["asks"], "note": "Sudah dicocokkan dengan berkas."}
        response = await self.service.ask(
            self.operator,
            "PATCH",
            path,
            what="mend",
            body=body,
            headers={"If-Match": f'"{read["version"]}"'},
        )
        expect(response, OK)

    async def waiting(self, state: str, kind: str | None = None) -> list[Json]:
        also = f"&kind={kind}" if kind else ""
        return [line async for line in self._lines(f"state={state}{also}")]

    async def _lines(self, asked: str) -> AsyncIterator[Json]:
        after = ""
        while True:
            path = f"/v1/proposals?{asked}&limit=200{after}"
            page = await self.service.gets(self.operator, path, what="page of proposals")
            for line in page["items"]:
                yield line
            if page["next"] is None:
                return
            after = f"&after={page['next']}"
