"""What stands above the village: each tier decides on what waits for it, and the ministry's SK."""

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Any

from app.demo.accounts import (
    ANALYST,
    DETERMINER,
    DISTRICT_OFFICER,
    ENDORSER,
    PROVINCE_OFFICER,
    VERIFIER,
)
from bench.month.service import Person, Service, Unexpected, expect

OK, CREATED, ACCEPTED = 200, 201, 202
AT_ONCE = 1000
LETTER = {"letter_number": "460/118/Dinsos/2026", "letter_date": "2026-11-20"}
WORKS_SECONDS = 0.5
PATIENCE = 1200  # times WORKS_SECONDS
Json = dict[str, Any]


@dataclass
class Tiers:
    """The offices that a regency's proposals pass on their way up."""

    service: Service
    regency: str
    draw: Random

    def _person(self, office: Any, code: str) -> Person:  # noqa: ANN401
        return self.service.person(office, code)

    @property
    def verifier(self) -> Person:
        return self._person(VERIFIER, self.regency)

    async def approve_all(self, who: Person, region: str, **grounds: str) -> int:
        """Everything that waits for that person in a region: by filter, as many as previewed."""
        said = {"verdict": "approve", "filter": {"region_code": region}}
        response = await self.service.ask(
            who, "POST", "/v1/decisions/preview", what="preview", body=said
        )
        left = expect(response, OK).json()["count"]
        decided, after = 0, None
        while left:
            body = {**said, "grounds": grounds, "expected_count": left}
            if after:
                body["after"] = after
            response = await self.service.posts(
                who, "/v1/decisions/bulk", body, what="decide by filter"
            )
            told = expect(response, OK).json()
            decided += told["decided"]
            left, after = told["remaining"], told["next"]
        return decided

    async def waiting(self, who: Person, state: str, most: int) -> list[Json]:
        path = f"/v1/proposals?state={state}&region_code={self.regency}&limit=200"
        found: list[Json] = []
        after = ""
        while len(found) < most:
            page = await self.service.gets(who, path + after, what="page of proposals")
            found += page["items"]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        return found[:most]

    async def verifies(self, *, returned: int, rejected: int, undone: int) -> dict[str, list[str]]:
        """Some go back with marks, some are refused, some verdicts are undone; the rest go on."""
        lines = await self.waiting(self.verifier, "awaiting_regency", 4000)
        chosen = self.draw.sample(lines, min(len(lines), returned + rejected + undone))
        back, out, again = (
            chosen[:returned],
            chosen[returned : returned + rejected],
            chosen[returned + rejected :],
        )
        for line in back:
            await self._return(line)
        await self._for_many(out, verdict="reject", grounds={"reason": "no_longer_poor"})
        await self._for_many(again, verdict="approve")
        for line in again:
            await self._undo(line["id"])
        await self.approve_all(self.verifier, self.regency)
        return {
            "returned": [line["id"] for line in back],
            "rejected": [line["id"] for line in out],
            "undone": [line["id"] for line in again],
        }

    async def _return(self, line: Json) -> None:
        """Back to the village's desk, with a mark on what is wrong."""
        path = f"/v1/proposals/{line['id']}"
        proposal = await self.service.gets(self.verifier, path, what="proposal")
        mark = {"pointer": self._doubtful(proposal), "reason": "data_incomplete"}
        body = {
            "verdict": "return",
            "target": "drafted",
            "grounds": {
                "reason": "data_incomplete",
                "note": "Periksa bagian yang ditandai.",
                "marks": [{**mark, "note": "Tidak sesuai dengan berkas."}],
            },
        }
        response = await self.service.posts(
            self.verifier,
            f"{path}/decisions",
            body,
            what="return with a mark",
            version=proposal["version"],
        )
        expect(response, CREATED)

    def _doubtful(self, proposal: Json) -> str:
        if proposal["kind"] == "new_family":
            return "/household/address"
        return "/asks/note"

    async def _for_many(self, lines: list[Json], **said: Any) -> None:  # noqa: ANN401
        if not lines:
            return
        named = [{"id": line["id"], "version": line["version"]} for line in lines]
        response = await self.service.posts(
            self.verifier, "/v1/decisions/bulk", {**said, "proposals": named}, what="decide by name"
        )
        told = expect(response, OK).json()
        if told["refused"]:
            problems = {item["problem"]["type"] for item in told["items"] if item["problem"]}
            raise Unexpected(f"{told['refused']} of {len(named)} were refused: {problems}")

    async def _undo(self, proposal_id: str) -> None:
        path = f"/v1/proposals/{proposal_id}"
        proposal = await self.service.gets(self.verifier, path, what="proposal")
        response = await self.service.posts(
            self.verifier,
            f"{path}/decisions",
            {"verdict": "undo", "grounds": {"note": "Keliru memilih."}},
            what="undo",
            version=proposal["version"],
        )
        expect(response, CREATED)

    async def districts(self, codes: list[str]) -> None:
        for code in codes:
            await self.approve_all(self._person(DISTRICT_OFFICER, code), code)

    async def above(self) -> None:
        """The regency's endorsement, the province, and the ministry's analyst."""
        await self.approve_all(self._person(ENDORSER, self.regency), self.regency, **LETTER)
        await self.approve_all(self._person(PROVINCE_OFFICER, self.regency[:2]), self.regency)
        await self.approve_all(self._person(ANALYST, ""), self.regency)

    async def decree(self, number: str) -> Json:
        """One SK over everything of the regency that awaits it: drafted, checked, applied."""
        analyst, determiner = self._person(ANALYST, ""), self._person(DETERMINER, "")
        waiting = await self.waiting(analyst, "awaiting_determination", 10_000)
        period = max(line["period"] or "2026-11-01" for line in waiting)
        body = {
            "number": number,
            "dated": "2026-11-21",
            "period": period,
            "region_code": self.regency,
        }
        response = await self.service.posts(analyst, "/v1/decrees", body, what="draft decree")
        path = f"/v1/decrees/{expect(response, CREATED).json()['id']}"
        await self._take(analyst, path, "check", until="checked")
        return await self._take(determiner, path, "apply", until="in_force")

    async def _take(self, who: Person, path: str, action: str, *, until: str) -> Json:
        decree = await self.service.gets(who, path, what="decree")
        response = await self.service.posts(
            who, f"{path}/steps", {"action": action}, what=action, version=decree["version"]
        )
        expect(response, ACCEPTED)
        for _ in range(PATIENCE):
            decree = await self.service.gets(who, path, what="decree")
            if decree["state"] == until:
                return dict(decree)
            await asyncio.sleep(WORKS_SECONDS)
        raise Unexpected(f"the decree is still {decree['state']}")
