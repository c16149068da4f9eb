"""Who runs whose account."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.actors import TIERS_OF, Actor, Role
from app.domain.appointments import (
    APPOINTS,
    CONSOLE,
    OFFICES,
    USERNAME,
    Appointment,
    AssignmentEnded,
    HoldsOtherRole,
    OutsideHome,
    PeriodBackwards,
    PersonOrMachine,
    Posts,
    RegionNotYours,
    RoleNotAppointed,
    SeveralTiers,
    TierDoesNotFit,
    appoints,
    check_appointment,
    check_fits_account,
    check_holder,
    display_name,
    end_of,
    offers_to,
    proposed_username,
    refuse_rows,
)
from app.domain.credentials import (
    GROUP_LENGTH,
    GROUPS,
    SYMBOLS,
    new_client_secret,
    new_one_time_password,
    one_time_hash,
)
from app.domain.regions import INDONESIA, Region, Tier

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CODE = {
    Tier.NATION: "",
    Tier.PROVINCE: "17",
    Tier.REGENCY: "1702",
    Tier.DISTRICT: "170206",
    Tier.VILLAGE: "1702061004",
}
# By hand, from the regulation's division of labour: a second opinion on the table.
BY_A_REGENCY = {
    "enumerator",
    "village_operator",
    "village_head",
    "district_officer",
    "regency_operator",
    "regency_verifier",
    "regency_endorser",
    "civil_registry_officer",
}
BY_THE_MINISTRY = BY_A_REGENCY | {
    "regency_admin",
    "province_officer",
    "ministry_analyst",
    "ministry_determiner",
    "auditor",
    "integration",
}


def region_for(role: Role) -> Region:
    return Region(CODE[next(tier for tier in Tier if tier in TIERS_OF[role])])


def actor(role: Role) -> Actor:
    return Actor(uuid4(), role, region_for(role))


def wanted(role: Role, region: Region | None = None, **period: datetime) -> Appointment:
    return Appointment(role, region or region_for(role), **{"begins_at": NOON, **period})


class TestARoleAppoints:
    @pytest.mark.parametrize(("by", "role"), list(product(Role, Role)))
    def test_what_the_regulation_says_and_nothing_else(self, by: Role, role: Role):
        allowed = {"regency_admin": BY_A_REGENCY, "ministry_admin": BY_THE_MINISTRY}
        region = region_for(role)

        try:
            check_appointment(wanted(role), by=actor(by), known={region.code})
            appointed = True
        except RoleNotAppointed:
            appointed = False

        assert appointed is (role in allowed.get(by, set()))

    @pytest.mark.parametrize("role", Role)
    def test_all_of_them_on_the_servers_console_alone(self, role: Role):
        check_appointment(wanted(role), by=CONSOLE, known={region_for(role).code})

        assert appoints(Actor(uuid4(), CONSOLE.role, CONSOLE.region)) < appoints(CONSOLE)
        assert appoints(Actor(CONSOLE.id, Role.REGENCY_ADMIN, Region("1702"))) < appoints(CONSOLE)

    def test_only_where_somebody_administers(self):
        assert set(APPOINTS) == {Role.REGENCY_ADMIN, Role.MINISTRY_ADMIN}


class TestAnAppointmentIsRefused:
    def test_over_a_region_that_is_not_found_in_ones_own_before_anything_else_is_said(self):
        with pytest.raises(RegionNotYours) as refusal:
            check_appointment(
                wanted(Role.MINISTRY_ADMIN), by=actor(Role.VILLAGE_HEAD), known={"1703"}
            )
        assert [fault.pointer for fault in refusal.value.faults] == ["/region_code"]

    @pytest.mark.parametrize(("role", "tier"), list(product(Role, Tier)))
    def test_over_a_region_of_another_tier(self, role: Role, tier: Tier):
        region = Region(CODE[tier])

        try:
            check_appointment(wanted(role, region), by=CONSOLE, known=set(CODE.values()))
            fits = True
        except TierDoesNotFit:
            fits = False

        assert fits is (tier in TIERS_OF[role])

    @pytest.mark.parametrize("ends_at", [NOON, NOON - DAY])
    def test_that_ends_before_it_begins(self, ends_at: datetime):
        with pytest.raises(PeriodBackwards):
            check_appointment(
                wanted(Role.AUDITOR, INDONESIA, ends_at=ends_at), by=CONSOLE, known={""}
            )

    def test_outside_the_home_of_its_account(self):
        with pytest.raises(OutsideHome):
            check_fits_account(
                wanted(Role.VILLAGE_OPERATOR, Region("1702061005")),
                home=Region("1702061004"),
                held={Role.VILLAGE_OPERATOR},
                has_password=True,
            )

    @pytest.mark.parametrize(
        ("role", "held", "has_password"),
        [
            (Role.INTEGRATION, {Role.AUDITOR}, False),
            (Role.INTEGRATION, set(), True),
            (Role.AUDITOR, {Role.INTEGRATION}, False),
        ],
    )
    def test_that_makes_a_person_of_a_machine(
        self, role: Role, held: set[Role], *, has_password: bool
    ):
        home = Region("1702")
        with pytest.raises(PersonOrMachine):
            check_fits_account(wanted(role, home), home=home, held=held, has_password=has_password)

    def test_together_with_all_others_of_its_list(self):
        rows = []
        for row, role in enumerate([Role.AUDITOR, Role.MINISTRY_ADMIN]):
            try:
                check_appointment(
                    wanted(role), by=actor(Role.REGENCY_ADMIN), known=set(CODE.values())
                )
            except RoleNotAppointed as refusal:
                rows.append((f"/accounts/{row}", refusal))

        with pytest.raises(RoleNotAppointed) as refused:
            refuse_rows(rows)

        pointers = [fault.pointer for fault in refused.value.faults]
        assert pointers == ["/accounts/0/role", "/accounts/1/role"]


class TestAnAccountIsRun:
    @pytest.mark.parametrize(("by", "role"), list(product(APPOINTS, Role)))
    def test_by_whoever_appoints_all_it_holds(self, by: Role, role: Role):
        try:
            check_holder({Role.ENUMERATOR, role}, by=actor(by))
            runs = True
        except HoldsOtherRole:
            runs = False

        assert runs is (role in appoints(actor(by)))

    def test_with_no_more_offered_than_the_table_takes(self):
        offers = offers_to(actor(Role.MINISTRY_ADMIN))
        names = {
            situation: {str(one["action"]) for one in states["active"]}
            for situation, states in offers.items()
        }

        assert names["barred"] == set()
        assert names["own"] == {"choose_password"}
        assert "reset" in names["person"] - names["machine"]
        of_machines = {"issue_secret", "revoke_secret", "set_partner"}
        assert of_machines == names["machine"] - names["person"]


class TestAnAssignmentEnds:
    @pytest.mark.parametrize(
        ("wanted_at", "ends"),
        [(NOON, NOON), (NOON - DAY, NOON), (NOON + DAY, NOON + DAY)],
        ids=["now", "in the past means now", "later"],
    )
    def test_never_in_the_past(self, wanted_at: datetime, ends: datetime):
        assert end_of(NOON - 9 * DAY, None, wanted=wanted_at, at=NOON) == ends

    def test_as_it_begins_where_it_never_began(self):
        begins_at = NOON + DAY
        ends_at = end_of(begins_at, None, wanted=NOON, at=NOON)
        assert begins_at < ends_at < begins_at + timedelta(seconds=1)

    def test_no_later_than_was_said(self):
        assert end_of(NOON - DAY, NOON + DAY, wanted=NOON + 9 * DAY, at=NOON) == NOON + DAY

    def test_once(self):
        with pytest.raises(AssignmentEnded):
            end_of(NOON - 9 * DAY, NOON - DAY, wanted=NOON, at=NOON)


class TestNames:
    @pytest.mark.parametrize(("role", "tier"), list(product(Role, Tier)))
    def test_proposed_are_usernames(self, role: Role, tier: Tier):
        for attempt in (1, 2, 1000):
            assert USERNAME.fullmatch(proposed_username(role, Region(CODE[tier]), attempt=attempt))

    def test_proposed_say_role_region_and_which_successor(self):
        village = Region("1702061004")
        assert proposed_username(Role.VILLAGE_OPERATOR, village) == "operator.1702061004"
        second = proposed_username(Role.VILLAGE_OPERATOR, village, attempt=2)
        assert second == "operator.1702061004.2"

    def test_every_role_has_an_office(self):
        assert set(OFFICES) == set(Role)

    def test_a_name_takes_the_regions_and_no_other_braces(self):
        said = display_name("{region} {0} {role}", Role.AUDITOR, "Kota Padang")
        assert said == "Kota Padang {0} {role}"
        assert display_name(None, Role.VILLAGE_OPERATOR, "Kota Padang") == "Operator Kota Padang"


class TestPosts:
    @pytest.mark.parametrize("role", Role)
    def test_are_counted_for_roles_of_one_tier(self, role: Role):
        posts = Posts(role, INDONESIA)
        if role in {Role.AUDITOR, Role.INTEGRATION}:
            with pytest.raises(SeveralTiers):
                assert posts.tier
        else:
            assert {posts.tier} == TIERS_OF[role]


class TestOneTimePasswords:
    def test_have_a_hundred_bits(self):
        assert len(set(SYMBOLS)) ** (GROUPS * GROUP_LENGTH) >= 2**100
        assert len(new_client_secret()) * 6 >= 256

    def test_have_no_symbols_that_look_alike(self):
        assert not set("ilou") & set(SYMBOLS)

    def test_are_never_the_same(self):
        assert len({new_one_time_password() for _ in range(1000)}) == 1000

    @given(st.text(SYMBOLS, min_size=20, max_size=20), st.data())
    def test_are_the_same_however_they_are_typed(self, symbols: str, data: st.DataObject):
        password = "-".join(symbols[place : place + 4] for place in range(0, 20, 4))
        likes = {"-": ["-", " ", ""], "0": "0oO", "1": "1lIiL"}
        typed = "".join(data.draw(st.sampled_from(likes.get(c, [c, c.upper()]))) for c in password)

        assert one_time_hash(typed) == one_time_hash(password)

    def test_differ_from_those_that_are_typed_wrong(self):
        password = new_one_time_password()
        other = ("2" if password[0] != "2" else "3") + password[1:]
        assert one_time_hash(other) != one_time_hash(password)
