"""People of a regency whose NIK was written down wrong, always the same ones; the right one is kept
aside. They come on record by the demo's own road: two of three registered, the third a draft."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from random import Random

import asyncpg

from app.db import regions
from app.db.scope import scope_statement
from app.db.sessions import Reading
from app.db.urls import for_asyncpg
from app.demo import staging
from app.demo.hands import _numbers
from app.demo.people import SPOTLESS, HouseholdSketch, households
from app.demo.plans import Plan, Village, _checked
from app.demo.roads import Roads
from app.demo.rows import Rows
from app.domain.niks import KnownRegions, NikVerdict
from app.domain.regions import Region

SEED = 2026
DRAFTED_IN = 3  # every third household is still a draft
TO_A_CASE = 2  # so many households to each case that is wanted: some slips do not show


def transposed(nik: str, draw: Random) -> str:
    at = draw.choice([n for n in range(15) if nik[n] != nik[n + 1]])
    return nik[:at] + nik[at + 1] + nik[at] + nik[at + 2 :]


def of_the_other_sex(nik: str, _: Random) -> str:
    day = int(nik[6:8])
    return f"{nik[:6]}{day - 40 if day > 40 else day + 40:02d}{nik[8:]}"  # noqa: PLR2004


def one_digit_wrong(nik: str, draw: Random) -> str:
    at = draw.randrange(16)
    return nik[:at] + draw.choice([d for d in "0123456789" if d != nik[at]]) + nik[at + 1 :]


SLIPS: Mapping[str, tuple[Callable[[str, Random], str], float]] = {
    "transposed": (transposed, 0.35),
    "day +-40": (of_the_other_sex, 0.3),
    "one digit": (one_digit_wrong, 0.35),
}


@dataclass(frozen=True)
class Slip:
    """`shows`: something is wrong with what was written; else nobody can see that it is."""

    village: str
    name: str
    written: str
    right: str
    shows: bool


@dataclass
class Regency:
    """Its villages with their households, and what was written down wrong in them."""

    homes: dict[Village, list[HouseholdSketch]]
    slips: list[Slip]


def spoiled(codes: Sequence[str], cases: int, known: KnownRegions, today: date) -> Regency:
    """So many slips that show, spread over all villages; at most one in a household."""
    each = -(-cases * TO_A_CASE // len(codes))
    villages = [Village(code, each, dealer) for dealer, code in enumerate(codes)]
    homes = {
        v: list(households(SEED, v.code, each, dealer=v.dealer, flaws=SPOTLESS)) for v in villages
    }
    draw = Random(SEED)  # noqa: S311 - the same each time
    order = [(village, at) for village in villages for at in range(each)]
    draw.shuffle(order)
    wanted = {name: round(share * cases) for name, (_, share) in SLIPS.items()}
    slips: list[Slip] = []
    shown: Counter[str] = Counter()
    for village, at in order:
        name = min(SLIPS, key=lambda name: shown[name] / wanted[name])
        if shown[name] >= wanted[name]:
            break
        homes[village][at], slip = _slipped(homes[village][at], name, draw, known, today)
        slips.append(slip)
        shown[name] += slip.shows
    return Regency(homes, slips)


def _slipped(
    home: HouseholdSketch, name: str, draw: Random, known: KnownRegions, today: date
) -> tuple[HouseholdSketch, Slip]:
    person = draw.choice(home.members)
    assert person.nik is not None  # noqa: S101 - nothing else is wrong with them
    wrong = replace(person, nik=SLIPS[name][0](person.nik, draw))
    members = tuple(wrong if each is person else each for each in home.members)
    shows = _checked(wrong, known, today).verdict is not NikVerdict.VALID
    slip = Slip(home.village_code, name, wrong.nik or "", person.nik, shows)
    return replace(home, members=members), slip


async def settle(owner_url: str, codes: Sequence[str], cases: int) -> Regency:
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    known = await regions.known_regions(Reading(connection))
    now = datetime.now(UTC)
    regency = spoiled(codes, cases, known, now.date())
    for village, homes in regency.homes.items():
        roads = Roads(village.regency)
        determined = next(road for road in roads.proposals if road.leads_to == "determined")
        rows = Rows(village, roads, now)
        planned = [
            Plan(
                number,
                home,
                [_checked(each, known, now.date()) for each in home.members],
                determined if (village.dealer + number) % DRAFTED_IN else roads.drafted,
            )
            for number, home in enumerate(homes)
        ]
        async with connection.transaction():
            await connection.execute(scope_statement(Region(village.code)))
            for plan, numbers in zip(planned, await _numbers(connection, planned), strict=True):
                rows.add(plan, numbers)
            await staging.store(connection, [rows], roads, now=now, request_id="bench")
    await connection.execute("VACUUM ANALYZE")
    await connection.close()
    return regency
