from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from app.domain.accounts import (
    ACCOUNT_BRAKE,
    ACCOUNTS,
    ADDRESS_BRAKE,
    AccountAction,
    AccountsAreForAdmins,
    AccountState,
    AssignmentNotFound,
    Brake,
    Held,
    NoCurrentAssignment,
    PasswordNotFit,
    Presented,
    RefreshTerms,
    SeveralAssignments,
    Tally,
    TooManyTries,
    administers,
    check_password,
    choose,
    facts_about,
    judge,
)
from app.domain.actors import TIERS_OF, Actor, Role
from app.domain.facts import OwnAccount
from app.domain.regions import Region, Tier
from app.domain.workflow import ActionNotOpen, Ground, GroundsMissing, RoleMayNot, Step

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
CODE = {
    Tier.NATION: "",
    Tier.PROVINCE: "36",
    Tier.REGENCY: "3672",
    Tier.DISTRICT: "367201",
    Tier.VILLAGE: "3672011001",
}


def actor(role: Role) -> Actor:
    tier = next(tier for tier in Tier if tier in TIERS_OF[role])
    return Actor(uuid4(), role, Region(CODE[tier]))


AccountStep = Step[AccountState, AccountAction]
OPEN = {
    (AccountState.ACTIVE, AccountAction.DISMISS): AccountState.DISMISSED,
    (AccountState.DISMISSED, AccountAction.REINSTATE): AccountState.ACTIVE,
}


class TestAnAccountMoves:
    """Who may, from where, by hand: only the two admins, out of active and back."""

    @pytest.mark.parametrize("role", sorted(Role))
    @pytest.mark.parametrize("state", sorted(AccountState))
    @pytest.mark.parametrize("action", [AccountAction.DISMISS, AccountAction.REINSTATE])
    def test_only_by_admins_and_only_as_the_table_says(
        self, role: Role, state: AccountState, action: AccountAction
    ):
        def step() -> AccountStep:
            return ACCOUNTS.step(state, action, by=actor(role), grounds={Ground.NOTE: "moved"})

        if role not in {Role.REGENCY_ADMIN, Role.MINISTRY_ADMIN}:
            with pytest.raises(RoleMayNot):
                step()
        elif (state, action) not in OPEN:
            with pytest.raises(ActionNotOpen):
                step()
        else:
            assert step().target is OPEN[state, action]

    @pytest.mark.parametrize(("state", "action"), sorted(OPEN))
    def test_never_without_a_note(self, state: AccountState, action: AccountAction):
        with pytest.raises(GroundsMissing):
            ACCOUNTS.step(state, action, by=actor(Role.REGENCY_ADMIN))

    @pytest.mark.parametrize(("state", "action"), sorted(OPEN))
    def test_never_by_whom_it_belongs_to(self, state: AccountState, action: AccountAction):
        admin = actor(Role.MINISTRY_ADMIN)
        facts = facts_about(admin.id, seen_by=admin)
        with pytest.raises(OwnAccount):
            ACCOUNTS.step(state, action, by=admin, grounds={Ground.NOTE: "x"}, facts=facts)

    @pytest.mark.parametrize("role", sorted(Role))
    def test_and_only_admins_look_at_it(self, role: Role):
        if role in {Role.REGENCY_ADMIN, Role.MINISTRY_ADMIN}:
            administers(actor(role))
        else:
            with pytest.raises(AccountsAreForAdmins):
                administers(actor(role))


class TestAPassword:
    @pytest.mark.parametrize("length", [15, 64, 128])
    def test_of_fifteen_to_128_characters_fits_whatever_they_are(self, length: int):
        check_password("é" * length)

    @pytest.mark.parametrize("length", [0, 14, 129])
    def test_that_is_shorter_or_longer_does_not(self, length: int):
        with pytest.raises(PasswordNotFit):
            check_password("x" * length)


class TestAssignments:
    VERIFIER = Held(UUID(int=1), Role.REGENCY_VERIFIER, Region("3672"), "Kota Cilegon")
    OPERATOR = Held(UUID(int=2), Role.VILLAGE_OPERATOR, Region("3672011001"), "Bulakan")

    def test_the_only_one_is_chosen(self):
        assert choose([self.VERIFIER], named=None) is self.VERIFIER

    def test_of_several_the_named_one_is_chosen(self):
        held = [self.VERIFIER, self.OPERATOR]
        assert choose(held, named=self.OPERATOR.id) is self.OPERATOR

    def test_several_and_none_named_is_answered_with_the_list(self):
        with pytest.raises(SeveralAssignments) as refusal:
            choose([self.VERIFIER, self.OPERATOR], named=None)
        assert refusal.value.members["assignments"] == [
            {
                "id": "00000000-0000-0000-0000-000000000001",
                "role": "regency_verifier",
                "region": {"code": "3672", "name": "Kota Cilegon"},
            },
            {
                "id": "00000000-0000-0000-0000-000000000002",
                "role": "village_operator",
                "region": {"code": "3672011001", "name": "Bulakan"},
            },
        ]

    def test_one_that_is_not_held_is_not_found(self):
        with pytest.raises(AssignmentNotFound):
            choose([self.VERIFIER], named=self.OPERATOR.id)

    def test_without_any_nobody_gets_in(self):
        with pytest.raises(NoCurrentAssignment):
            choose([], named=None)


def after(brake: Brake, tries: int) -> Tally:
    """The tally after so many tries, each made as soon as it was open."""
    tally = Tally(0, NOON, NOON)
    for _ in range(tries):
        tally = brake.count(tally, at=tally.blocked_until)
    return tally


class TestTriesAreSlowed:
    PAUSES = (0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900)

    def test_for_an_account_from_the_fifth_on_doubling_to_a_quarter_of_an_hour(self):
        pauses = [ACCOUNT_BRAKE.pause_after(n) / SECOND for n in range(1, len(self.PAUSES) + 1)]
        assert tuple(pauses) == self.PAUSES

    def test_for_an_address_from_the_fiftieth_on_and_never_for_longer_than_a_minute(self):
        assert ADDRESS_BRAKE.pause_after(49) == timedelta(0)
        assert ADDRESS_BRAKE.pause_after(50) == SECOND
        assert ADDRESS_BRAKE.pause_after(10_000) == MINUTE

    def test_a_try_within_the_pause_is_refused_saying_how_long_it_lasts(self):
        tally = after(ACCOUNT_BRAKE, 6)
        with pytest.raises(TooManyTries) as refusal:
            ACCOUNT_BRAKE.count(tally, at=tally.blocked_until - timedelta(milliseconds=1500))
        assert refusal.value.words == {"retry_after": 2}

    def test_a_try_after_the_pause_is_let_through(self):
        tally = after(ACCOUNT_BRAKE, 6)
        assert ACCOUNT_BRAKE.count(tally, at=tally.blocked_until).tries == 7

    def test_time_forgives_one_try_after_the_other(self):
        tally = after(ADDRESS_BRAKE, 40)
        assert ADDRESS_BRAKE.count(tally, at=NOON + 10 * MINUTE).tries == 31
        assert ADDRESS_BRAKE.count(tally, at=NOON + 1000 * MINUTE).tries == 1

    def test_time_forgives_also_when_tries_keep_coming(self):
        """What is left of a minute is not lost by a try within it."""
        tally = Tally(10, NOON, NOON)
        for seconds in range(40, 401, 40):
            tally = ADDRESS_BRAKE.count(tally, at=NOON + seconds * SECOND)
        assert tally.tries == 10 + 10 - 6

    def test_a_clock_that_went_back_forgives_nothing(self):
        tally = Tally(3, NOON, NOON - MINUTE)
        assert ACCOUNT_BRAKE.count(tally, at=NOON - SECOND).tries == 4


class TestARefreshToken:
    TERMS = RefreshTerms()

    def presented(self, **differing: object) -> Presented:
        usual: dict[str, object] = {
            "at": NOON,
            "expires_at": NOON + MINUTE,
            "used_at": None,
            "replaced": False,
            "is_last_used": True,
            "family_stands": True,
        }
        return Presented(**(usual | differing))

    @pytest.mark.parametrize(
        ("differing", "verdict"),
        [
            ({}, "renew"),
            ({"expires_at": NOON}, "end"),
            ({"family_stands": False}, "end"),
            ({"used_at": NOON - 30 * SECOND}, "repeat"),
            ({"used_at": NOON - 31 * SECOND}, "reuse"),
            ({"used_at": NOON - SECOND, "is_last_used": False}, "reuse"),
            ({"used_at": NOON - SECOND, "family_stands": False}, "end"),
            ({"replaced": True}, "reuse"),
        ],
    )
    def test_is_judged_by_what_became_of_it(self, differing: dict[str, object], verdict: str):
        assert judge(self.presented(**differing), grace=self.TERMS.grace) == verdict

    def test_is_forgiven_for_longer_than_a_client_waits_for_its_answer(self):
        assert self.TERMS.grace > timedelta(seconds=15)
