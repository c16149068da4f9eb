"""How an invented household lives: its 44 answers of the form, none at odds with another.

Whoever is poor has less of everything. The codes are those of the questionnaire dtks-2020.
"""

from typing import Any

from app.demo.draws import Draw
from app.demo.regencies import Regency

Answers = dict[str, Any]
Weighted = tuple[tuple[float, int], ...]

# fmt: off
FLOORS: Weighted = ((0.45, 6), (0.30, 2), (0.10, 4), (0.07, 9), (0.05, 8), (0.03, 7))
WALLS: Weighted = ((0.62, 1), (0.24, 3), (0.08, 4), (0.04, 6), (0.02, 2))
ROOFS: Weighted = ((0.42, 4), (0.30, 6), (0.18, 5), (0.05, 2), (0.03, 1), (0.02, 9))
WATER: Weighted = ((0.28, 6), (0.24, 5), (0.16, 2), (0.12, 3), (0.08, 8), (0.07, 7), (0.05, 10))
POWER: Weighted = ((0.52, 1), (0.36, 2), (0.08, 6), (0.04, 3))
FUELS: Weighted = ((0.74, 3), (0.20, 8), (0.03, 9), (0.02, 4), (0.01, 2))
LATRINES: Weighted = ((0.74, 1), (0.13, 2), (0.05, 3), (0.08, 4))
CLOSETS: Weighted = ((0.80, 1), (0.12, 3), (0.08, 2))
TURNOVERS: Weighted = ((0.55, 1), (0.35, 2), (0.08, 3), (0.02, 4))
# fmt: on
ANIMALS = ("cattle_count", "buffalo_count", "horse_count", "pig_count", "goat_sheep_count")
THE_POOR_LACK = 0.5  # of what others own

OWNED = {
    "owns_gas_cylinder": 0.12,
    "owns_refrigerator": 0.45,
    "owns_air_conditioner": 0.04,
    "owns_water_heater": 0.01,
    "owns_landline": 0.01,
    "owns_television": 0.75,
    "owns_gold_or_savings": 0.10,
    "owns_computer": 0.08,
    "owns_bicycle": 0.35,
    "owns_motorcycle": 0.70,
    "owns_car": 0.03,
    "owns_other_house": 0.01,
}
CONDITIONED_WALLS, CONDITIONED_ROOFS = range(1, 4), range(1, 8)
METERED, PLN, NO_METER, CITY_GAS, NO_LATRINE = 3, 1, 6, 4, 4
NOT_BOUGHT, BOUGHT, SUBSCRIBED = 3, 1, 2


def dwelling(draw: Draw, regency: Regency, people: int, *, business: bool) -> Answers:
    poor = draw.chance(0.6)
    return {
        **_building(draw, people, poor=poor),
        **_water(draw),
        **_energy(draw),
        **_latrine(draw),
        **_belongings(draw, regency, poor=poor),
        **_animals(draw, regency),
        "has_member_business": business,
    }


def _building(draw: Draw, people: int, *, poor: bool) -> Answers:
    wall, roof = draw.among(WALLS), draw.among(ROOFS)
    owned = draw.chance(0.82)
    answers = {
        "building_tenure": 1 if owned else draw.whole(2, 3),
        "land_status": 1 if owned and draw.chance(0.85) else 2,
        "floor_area": draw.whole(18, 45) if poor else draw.whole(30, 90),
        "floor_material": draw.among(FLOORS),
        "wall_material": wall,
        "roof_material": roof,
        "bedroom_count": max(1, min(people, draw.whole(1, 3))),
    }
    if wall in CONDITIONED_WALLS:
        answers["wall_condition"] = 2 if poor else 1
    if roof in CONDITIONED_ROOFS:
        answers["roof_condition"] = 2 if draw.chance(0.5) else 1
    return answers


def _water(draw: Draw) -> Answers:
    source = draw.among(WATER)
    if source == METERED:
        return {
            "drinking_water_source": source,
            "water_customer_number": str(draw.whole(10**8, 10**9 - 1)),
            "water_provider": 2,
            "water_acquisition": SUBSCRIBED,
        }
    bought = source < METERED
    return {
        "drinking_water_source": source,
        "water_acquisition": BOUGHT if bought else NOT_BOUGHT,
    }


def _energy(draw: Draw) -> Answers:
    fuel, light = draw.among(FUELS), PLN if draw.chance(0.96) else draw.whole(2, 3)
    answers: Answers = {"cooking_fuel": fuel, "lighting_source": light}
    if light == PLN:
        answers["power_capacity"] = draw.among(POWER)
        if answers["power_capacity"] != NO_METER:
            answers["electricity_customer_number"] = str(draw.whole(5 * 10**11, 6 * 10**11))
    if fuel == CITY_GAS:
        answers["gas_customer_number"] = str(draw.whole(10**9, 10**10 - 1))
        answers["gas_provider"] = 1
    return answers


def _latrine(draw: Draw) -> Answers:
    access = draw.among(LATRINES)
    if access == NO_LATRINE:
        return {"latrine_access": access, "sewage_disposal": draw.whole(4, 5)}
    return {
        "latrine_access": access,
        "latrine_type": draw.among(CLOSETS),
        "sewage_disposal": 1 if draw.chance(0.7) else 3,
    }


def _belongings(draw: Draw, regency: Regency, *, poor: bool) -> Answers:
    lack = THE_POOR_LACK if poor else 1
    answers: Answers = {key: draw.chance(share * lack) for key, share in OWNED.items()}
    boat = draw.chance(regency.boats)
    motor = boat and draw.chance(0.4)
    land = draw.chance(0.2 * lack)
    answers |= {
        "owns_boat": boat,
        "owns_outboard_motor": motor,
        "owns_motorboat": motor and draw.chance(0.2),
        "owns_ship": False,
        "owns_other_land": land,
    }
    if land:
        answers["other_land_area"] = 50 * draw.whole(2, 100)
    return answers


def _animals(draw: Draw, regency: Regency) -> Answers:
    counts = dict.fromkeys(ANIMALS, 0)
    if draw.chance(regency.farming * 0.25):
        counts["goat_sheep_count"] = draw.whole(1, 5)
    if draw.chance(regency.farming * 0.2):
        counts["cattle_count"] = draw.whole(1, 3)
    if draw.chance(regency.pigs):
        counts["pig_count"] = draw.whole(1, 6)
    return counts
