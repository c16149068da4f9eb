"""What the people of a culture are called, where they came from, and how they write an address.

Children are called otherwise than their grandparents: hence one list per sex and generation. Every
list is in order of frequency, the commonest first, because a few names are borne by very many.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Generation(StrEnum):
    ELDER = "elder"
    PARENT = "parent"
    CHILD = "child"


@dataclass(frozen=True)
class Lists:
    """How one sex of one generation is named.

    `share_single` is the share of people with one word for a name, `share_lead` of those whose
    name opens with one of `leads`: Siti, Muhammad in its many spellings, and the like.
    """

    given: tuple[str, ...]
    second: tuple[str, ...]
    leads: tuple[str, ...]
    share_single: float
    share_lead: float


@dataclass(frozen=True)
class Origin:
    """Where somebody was first registered: the district in the NIK, the place on the card."""

    place: str
    district_code: str


@dataclass(frozen=True)
class Addresses:
    """One way to write an address, and its share among all of them."""

    share: float
    form: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Culture:
    """`origins` are where newcomers came from; `surnames` go from father to child, where any do."""

    male: Mapping[Generation, Lists]
    female: Mapping[Generation, Lists]
    origins: tuple[Origin, ...]
    addresses: tuple[Addresses, ...]
    surnames: tuple[str, ...] = ()
