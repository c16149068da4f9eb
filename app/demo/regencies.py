"""The five regencies of the demo, and how they differ."""

from dataclasses import dataclass

from app.demo.cultures.banten import BANTEN
from app.demo.cultures.borneo import BORNEO
from app.demo.cultures.java import JAVA
from app.demo.cultures.minahasa import MINAHASA
from app.demo.cultures.rejang import REJANG
from app.demo.names import Culture


@dataclass(frozen=True)
class Regency:
    """`centre` is its latitude and longitude, `place` what stands on a card as place of birth."""

    code: str
    name: str
    place: str
    centre: tuple[float, float]
    culture: Culture
    district_checks: bool = False  # what its policy says
    enumerators: bool = False  # whether a pencacah visits, or the operator himself
    farming: float = 0.5  # the share of those at work
    pigs: float = 0.0  # the share of households with any
    boats: float = 0.01
    chair: str = "Sumarno"  # of the deliberations


REGENCIES = {
    regency.code: regency
    for regency in (
        Regency(
            "1702",
            "Rejang Lebong",
            "CURUP",
            (-3.47, 102.52),
            REJANG,
            farming=0.65,
            chair="Zulkifli",
        ),
        Regency(
            "3522", "Bojonegoro", "BOJONEGORO", (-7.2, 111.85), JAVA, enumerators=True, farming=0.55
        ),
        Regency(
            "3672",
            "Cilegon",
            "CILEGON",
            (-6.0, 106.0),
            BANTEN,
            district_checks=True,
            enumerators=True,
            farming=0.06,
            chair="Suparman",
        ),
        Regency(
            "6202",
            "Kotawaringin Timur",
            "SAMPIT",
            (-2.2, 112.8),
            BORNEO,
            district_checks=True,
            boats=0.18,
            chair="Yansen",
        ),
        Regency(
            "7107",
            "Minahasa Tenggara",
            "RATAHAN",
            (1.03, 124.78),
            MINAHASA,
            pigs=0.35,
            boats=0.06,
            chair="Ferry Roring",
        ),
    )
}


def regency_of(village_code: str) -> Regency:
    return REGENCIES[village_code[:4]]
