"""A month of Bojonegoro: 28 districts, 430 villages, every kind of proposal, through every tier.

    make run                                   (or any service with the demo loaded)
    python -m bench.month http://127.0.0.1:8000 [PROPOSALS]

It speaks HTTP and nothing else, as the demo's own people. Two small rounds come before: somebody
has to receive an aid before it can end, and to be taken out before he can be brought back. Run
`siks audit verify` afterwards.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from random import Random

from rich.console import Console
from rich.table import Table

from app.demo.accounts import OPERATOR
from bench.month import after
from bench.month.service import Service
from bench.month.tiers import Tiers
from bench.month.village import Village

BOJONEGORO = "3522"
PROPOSALS = 5000
BEFORE = 40  # villages that prepare the month
READ = 9  # households of a village that are read in full
PER_VILLAGE = 11.6
SEED = 2026
console = Console(highlight=False)


class Month:
    def __init__(self, service: Service, villages: Sequence[Village], share: float) -> None:
        self.service = service
        self.villages = villages
        self.share = share
        self.tiers = Tiers(service, BOJONEGORO, Random(SEED))  # noqa: S311 - to be repeated
        self.districts = sorted({village.code[:6] for village in villages})
        self.began = time.perf_counter()

    async def each(
        self, villages: Sequence[Village], work: Callable[[Village], Awaitable[None]]
    ) -> None:
        """Villages work side by side; how many at once, the service's line decides."""
        await asyncio.gather(*(work(village) for village in villages))

    def tell(self, what: str) -> None:
        console.print(f"{time.perf_counter() - self.began:7.1f} s  {what}")

    async def climb(self, villages: Sequence[Village], number: str) -> None:
        """From the deliberation to the decree, for what these villages have drafted."""
        await self.each(villages, self._deliberate_all)
        refused = Counter(each for village in villages for each in village.refused)
        self.tell(f"{self.drafted()} proposals drafted so far, refused: {dict(refused)}")
        await self.pass_on(villages)
        await self.tiers.approve_all(self.tiers.verifier, BOJONEGORO)
        await self.tiers.above()
        decree = await self.tiers.decree(number)
        self.tell(f"decree {number}: {decree['determined']} determined, {decree['lines']} lines")

    async def _deliberate_all(self, village: Village) -> None:
        await village.deliberates(not_eligible=0, postponed=0)

    async def pass_on(self, villages: Sequence[Village]) -> None:
        """The heads approve, and the districts where they have a say."""
        await self.each(villages, self._head)
        await self.tiers.districts(self.districts)

    async def _head(self, village: Village) -> None:
        await self.tiers.approve_all(village.head, village.code)

    # --- the months before

    async def prepare(self) -> None:
        some = self.villages[:: max(1, len(self.villages) // BEFORE)][:BEFORE]
        await self.each(some, self._first_aids)
        await self.climb(some, "1/HUK/2026")
        await self.each(some, self._end_some)
        await self.climb(some, "2/HUK/2026")

    async def _first_aids(self, village: Village) -> None:
        await village.look_around(READ)
        await village.programmes("PBI_JK", 2)
        await village.programmes("SEMBAKO", 2)
        await village.removals(1)

    async def _end_some(self, village: Village) -> None:
        pbi = await village.recipients("PBI_JK")
        await village.ineligibilities(pbi[:1])

    # --- the month

    async def work(self) -> None:
        await self.each(self.villages, self._drafts)
        self.tell(f"{self.drafted()} proposals drafted in {len(self.villages)} villages")
        await self.each(self.villages, self._deliberate)
        await self.pass_on(self.villages)
        self.tell("the villages have deliberated and their heads have approved")

        share = self.share
        found = await self.tiers.verifies(
            returned=int(90 * share), rejected=int(60 * share), undone=int(10 * share) + 1
        )
        said = ", ".join(f"{len(ids)} {what}" for what, ids in found.items())
        self.tell(f"the regency has verified: {said}, the rest approved")

        await self.each(self.villages, self._second_meeting)
        await self.pass_on(self.villages)
        await self.tiers.approve_all(self.tiers.verifier, BOJONEGORO)
        self.tell("a second meeting: what was returned, postponed, and announced by others")

        await self.tiers.above()
        decree = await self.tiers.decree("3/HUK/2026")
        self.tell(f"decree 3/HUK/2026: {decree['determined']} determined, {decree['lines']} lines")

    def drafted(self) -> int:
        return sum(len(village.proposed) for village in self.villages)

    async def _drafts(self, village: Village) -> None:
        number, share = self.villages.index(village), self.share
        await village.look_around(READ)
        await village.restorations()
        await village.new_families(round(6 * share) or 1)
        await village.new_members(1)
        await village.corrections(round(3 * share) or 1)
        await village.programmes("SEMBAKO", 1)
        await village.programmes("PBI_JK", 1, skip=1)
        await village.removals(1)
        await village.ineligibilities((await village.recipients("SEMBAKO"))[:1])
        await village.payee_changes((await village.recipients("SEMBAKO"))[1:])
        await village.reactivations(await village.recipients("PBI_JK", state="ended"))
        if number % 3 == 0:
            await village.departures(1, self.villages[(number + 1) % len(self.villages)].code)

    async def _deliberate(self, village: Village) -> None:
        await village.deliberates()

    async def _second_meeting(self, village: Village) -> None:
        await village.mends()
        await village.takes_in()
        await village.deliberates(postponed=0)


async def villages_of(service: Service, regency: str) -> list[str]:
    """Every village, from the region tree."""
    somebody = service.person(OPERATOR, f"{regency}012001")
    codes: list[str] = []
    districts = await service.gets(somebody, f"/v1/regions/{regency}/children", what="regions")
    for district in districts["items"]:
        path = f"/v1/regions/{district['code']}/children"
        found = await service.gets(somebody, path, what="regions")
        codes += [village["code"] for village in found["items"]]
    return codes


async def main(base_url: str, proposals: int) -> None:
    async with Service.at(base_url) as service:
        codes = await villages_of(service, BOJONEGORO)
        villages = [Village(code, service, Random(code)) for code in codes]  # noqa: S311
        month = Month(service, villages, proposals / PROPOSALS)
        await month.prepare()
        await month.work()
        tell(month)
        found, entries = await after.folded(service, BOJONEGORO)
        month.tell(f"{found} proposals stand as the fold of their {entries} entries says")
        states = await after.counted(service, BOJONEGORO)
        month.tell(f"the counts agree: {dict(states)}")


def tell(month: Month) -> None:
    kinds = Counter(kind for village in month.villages for kind in village.proposed.values())
    problems = Counter(each for village in month.villages for each in village.refused)
    table = Table("kind", "drafted", "refused", title=f"{kinds.total()} proposals")
    for kind, many in sorted(kinds.items()):
        why = [f"{n} {problem}" for (k, problem), n in problems.items() if k == kind]
        table.add_row(kind, str(many), ", ".join(why))
    console.print(table)

    table = Table("request", "times", "p50 ms", "p99 ms", "answers")
    tally = month.service.tally
    for what in sorted(tally.seconds, key=lambda each: -len(tally.seconds[each])):
        p50, p99 = tally.milliseconds(what)
        answers = Counter({(s, p): n for (w, s, p), n in tally.answers.items() if w == what})
        said = ", ".join(f"{n} x {s} {p}".strip() for (s, p), n in answers.items())
        times = str(len(tally.seconds[what]))
        table.add_row(what, times, f"{p50:.1f}", f"{p99:.1f}", said)
    console.print(table)
    month.tell(f"{tally.requests} requests")


if __name__ == "__main__":
    url, *more = sys.argv[1:]
    asyncio.run(main(url, int(more[0]) if more else PROPOSALS))
