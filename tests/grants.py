"""Words for tests of programmes: a registered family, and what is proposed for it."""

from datetime import date
from typing import Any

from app.domain.actors import Role
from app.domain.regions import Region
from tests.registry import Caller, Registry, a_household, a_member, a_nik

HEAD_BORN, CHILD_BORN = "1984-05-19", "2015-03-02"


def born(village: Region, day: str, *, woman: bool = False, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Somebody whose NIK says that birth date."""
    nik = a_nik(village, born=date.fromisoformat(day), woman=woman)
    return a_member(village, birth_date=day, sex=2 if woman else 1, nik=nik, **changes)


def a_family(village: Region) -> list[dict[str, Any]]:
    """A mother, a grown son and a child, on one card."""
    head = {"relation_to_household_head": 1, "relation_to_family_head": 1, "marital_status": 4}
    child = {"relation_to_household_head": 3, "relation_to_family_head": 3, "marital_status": 1}
    return [
        born(village, HEAD_BORN, woman=True, number=1, name="Siti Aminah", **head),
        born(village, "2002-08-17", number=2, name="Agus Salim", **child),
        born(village, CHILD_BORN, number=3, name="Dedi Kurnia", **child),
    ]


async def registered(
    registry: Registry, *members: dict[str, Any], by: Caller | None = None
) -> dict[str, Any]:
    """A household in the registry, as its operator reads it."""
    operator = by or await registry.caller(Role.VILLAGE_OPERATOR)
    village = operator.actor.region
    families = a_household(village, *(members or a_family(village)))["families"]
    proposal = await registry.proposal("determined", by=operator, families=families)
    return (await operator.gets(f"/v1/households/{proposal['household_id']}")).json()


def about(household: dict[str, Any], *, person: int | None = None) -> dict[str, Any]:
    """The family of the household, or one of its members."""
    if person is None:
        return {"family_id": household["families"][0]["id"]}
    return {"member_id": household["members"][person]["id"]}


async def drafts(
    by: Caller,
    kind: str,
    household: dict[str, Any],
    asks: dict[str, Any],
    *,
    person: int | None = None,
) -> Any:  # noqa: ANN401
    whom = about(household, person=person)
    body = {"kind": kind, "household_id": household["id"], **whom, "asks": asks}
    return await by.posts("/v1/proposals", body)


async def submitted(
    by: Caller,
    kind: str,
    household: dict[str, Any],
    asks: dict[str, Any],
    *,
    person: int | None = None,
) -> Any:  # noqa: ANN401
    """What the submission is answered with."""
    response = await drafts(by, kind, household, asks, person=person)
    assert response.status_code == 201, response.text
    return await by.takes("submit", response.json())


async def proposed(  # noqa: PLR0913 - what is proposed, and how far it has come
    registry: Registry,
    kind: str,
    household: dict[str, Any],
    asks: dict[str, Any],
    *,
    person: int | None = None,
    state: str = "determined",
    by: Caller | None = None,
) -> dict[str, Any]:
    """A proposal that has come as far as that state."""
    operator = by or await registry.caller(Role.VILLAGE_OPERATOR)
    response = await drafts(operator, kind, household, asks, person=person)
    assert response.status_code == 201, response.text
    proposal = response.json()
    while proposal["state"] != state:
        proposal = await registry.moved_on(proposal)
    return proposal


def food(household: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """SEMBAKO, paid to the mother."""
    return {"programme": "SEMBAKO", "payee_id": household["members"][0]["id"], **changes}


async def a_recipient(registry: Registry, *, by: Caller | None = None) -> dict[str, Any]:
    """Of SEMBAKO, determined."""
    household = await registered(registry, by=by)
    await proposed(registry, "programme", household, food(household), by=by)
    [recipient] = await recipients_of(registry, household, by=by)
    return recipient


async def several_registered(registry: Registry, number: int) -> list[dict[str, Any]]:
    """Households as `registered` gives them, which have come all the way together."""
    operator = await registry.caller(Role.VILLAGE_OPERATOR)
    people = [a_household(registry.village, *a_family(registry.village)) for _ in range(number)]
    drafted = [await registry.household(**each) for each in people]
    await registry.all_determined([await registry.proposes(operator, each) for each in drafted])
    return [await registry.home_of(each["id"]) for each in drafted]


async def all_proposed(
    registry: Registry,
    kind: str,
    asked: list[tuple[dict[str, Any], dict[str, Any]]],
    *,
    person: int | None = None,
) -> None:
    """The same of every household, with what is asked for it: determined together."""
    operator = await registry.caller(Role.VILLAGE_OPERATOR)
    answers = [await drafts(operator, kind, *each, person=person) for each in asked]
    await registry.all_determined([answer.json() for answer in answers])


async def recipients_of(
    registry: Registry, household: dict[str, Any], *, by: Caller | None = None
) -> list[dict[str, Any]]:
    operator = by or await registry.caller(Role.VILLAGE_OPERATOR)
    return (await operator.gets(f"/v1/households/{household['id']}")).json()["recipients"]
