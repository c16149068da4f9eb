"""Windows and periods: when they open, on whose clock, and what late work counts for."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import window_rules
from app.domain.actors import Role
from app.domain.periods import (
    WindowClosed,
    WindowOver,
    is_forward,
    period_after,
    standing,
)
from app.domain.proposals import ProposalKind, ProposalState
from app.domain.regions import TIME_ZONE_OF, Region
from app.domain.window_exceptions import Extension, extended
from app.domain.window_rules import WindowsNotAccepted
from app.domain.windows import (
    Act,
    Clock,
    Late,
    Recurrence,
    Window,
    Work,
    month_of,
    national,
    window_of,
)

CILEGON = Region("3672011001")  # WIB
LOMBOK = Region("5203012001")  # WITA
JAYAPURA = Region("9171012001")  # WIT
PLACES = (CILEGON, LOMBOK, JAYAPURA)
JAKARTA = ZoneInfo("Asia/Jakarta")
NEW_FAMILY = ProposalKind.NEW_FAMILY
OPERATOR, ANALYST, DETERMINER = (
    Role.VILLAGE_OPERATOR,
    Role.MINISTRY_ANALYST,
    Role.MINISTRY_DETERMINER,
)

days = st.dates(date(2024, 1, 1), date(2033, 12, 31))
moments = st.datetimes(datetime(2024, 1, 1), datetime(2033, 12, 31)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)


WIDER = ("/windows/0", "wider_than_the_ministrys")
VALID_BACKWARDS = ("/windows/0/valid_to", "backwards")


def a_window(**changes: object) -> Window:
    row: dict[str, object] = {
        "name": "usulan",
        "label_id": "Usulan",
        "label_en": "Proposals",
        "acts": [Act.PROPOSAL],
        "roles": [OPERATOR],
        "recurrence": Recurrence.MONTHLY,
        "start_day": 1,
        "end_day": 14,
        "clock": Clock.WIB,
        "late": Late.NEXT_PERIOD,
        **changes,
    }
    return window_of(row)


def by(role: Role, village: Region = CILEGON, programme: str | None = None) -> Work:
    return Work(role, NEW_FAMILY, programme, village)


def at(text: str, zone: ZoneInfo = JAKARTA) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


class TestTheMinistrysWindows:
    @pytest.mark.parametrize(
        ("role", "day", "period"),
        [
            (OPERATOR, "2026-11-01T00:00", "2026-11-01"),
            (OPERATOR, "2026-11-14T23:59:59", "2026-11-01"),
            (OPERATOR, "2026-11-15T00:00", "2026-12-01"),
            (OPERATOR, "2026-12-31T12:00", "2027-01-01"),
            (ANALYST, "2026-11-14T23:59:59", "2026-11-01"),  # it opens tomorrow
            (ANALYST, "2026-11-21T23:59:59", "2026-11-01"),
            (ANALYST, "2026-11-22T00:00", "2026-12-01"),
            (DETERMINER, "2026-11-30T23:59:59", "2026-11-01"),
            (DETERMINER, "2028-02-29T23:59:59", "2028-02-01"),  # the last day of a leap year's
            (Role.VILLAGE_HEAD, "2026-11-30T12:00", "2026-11-01"),  # nobody set him one
        ],
    )
    def test_what_comes_after_them_counts_for_the_next_month(
        self, role: Role, day: str, period: str
    ):
        assert str(period_after(None, national(), by(role), at(day))) == period

    def test_say_nothing_of_programmes_they_do_not_name(self):
        late = at("2026-11-26T12:00")
        endorser = Role.REGENCY_ENDORSER

        assert period_after(None, national(), by(endorser), late) == date(2026, 11, 1)
        assert period_after(None, national(), by(endorser, programme="SEMBAKO"), late) == date(
            2026, 12, 1
        )

    def test_are_counted_on_the_clock_they_name_wherever_the_village_lies(self):
        """Midnight comes to Jayapura two hours before the ministry's window closes."""
        just_after = at("2026-11-15T00:30", ZoneInfo("Asia/Jayapura"))
        village = replace(national()[2], clock=Clock.VILLAGE)

        for_all = period_after(None, national(), by(OPERATOR, JAYAPURA), just_after)
        there = period_after(None, [village], by(OPERATOR, JAYAPURA), just_after)

        assert (for_all, there) == (date(2026, 11, 1), date(2026, 12, 1))


class TestOpenings:
    @given(day=days, first=st.integers(1, 31), length=st.integers(0, 30))
    def test_of_a_month_lie_in_it_and_never_end_beyond_it(self, day: date, first: int, length: int):
        window = a_window(start_day=first, end_day=min(31, first + length))

        for opening in window.openings(day):
            assert opening.until >= day
            assert opening.period == month_of(opening.first) == month_of(opening.last)
            assert opening.first.day == first

    @given(day=days, cut_off=st.integers(1, 31))
    def test_of_a_daily_window_leave_no_day_out(self, day: date, cut_off: int):
        window = a_window(recurrence=Recurrence.DAILY, cut_off_day=cut_off)

        opening, following, *_ = window.openings(day)

        assert opening.first <= day <= opening.last
        assert following.first == opening.last + timedelta(days=1)
        late = day.day > cut_off
        assert opening.counts_for(day) == (month_of(month_of(day) + timedelta(days=31 * late)))

    @given(day=days, turns=st.booleans())
    def test_of_a_year_come_once_a_year_around_its_turn_too(self, day: date, turns: bool):  # noqa: FBT001
        start, end = ("2020-12-15", "2020-01-10") if turns else ("2024-02-29", "2024-03-31")
        window = a_window(recurrence=Recurrence.YEARLY, start=start, end=end)

        opening, following, *_ = window.openings(day)

        assert opening.last >= day
        assert following.period.year == opening.period.year + 1
        assert opening.first - timedelta(days=366) <= day

    @given(day=days)
    def test_of_a_quarter_follow_one_another(self, day: date):
        window = a_window(recurrence=Recurrence.QUARTERLY)

        opening, following, *_ = window.openings(day)

        assert opening.first <= day <= opening.last
        assert opening.period.month in {1, 4, 7, 10}
        assert following.first == opening.last + timedelta(days=1)

    def test_of_what_opens_once_end_with_it(self):
        window = a_window(recurrence=Recurrence.ONCE, start="2026-09-01", end="2026-10-31")

        [opening] = window.openings(date(2026, 10, 10))

        assert opening.counts_for(date(2026, 10, 10)) == date(2026, 10, 1)
        assert list(window.openings(date(2026, 11, 1))) == []

    def test_stay_within_what_a_window_is_valid_for(self):
        window = a_window(valid_from="2026-11-05", valid_to="2026-12-10")

        november, december = window.openings(date(2026, 11, 1))

        assert (november.first, november.last) == (date(2026, 11, 5), date(2026, 11, 14))
        assert (december.first, december.last) == (date(2026, 12, 1), date(2026, 12, 10))


class TestAPeriod:
    @given(
        moment=moments,
        place=st.sampled_from(PLACES),
        role=st.sampled_from([OPERATOR, ANALYST, DETERMINER]),
        ahead=st.integers(-3, 3),
    )
    def test_never_goes_back_and_is_never_lost(
        self, moment: datetime, place: Region, role: Role, ahead: int
    ):
        before = month_of(moment.date().replace(day=15) + timedelta(days=31 * ahead))

        after = period_after(before, national(), by(role, place), moment)

        assert after >= before
        assert after.day == 1
        assert period_after(after, national(), by(role, place), moment) == after

    @given(moment=moments, place=st.sampled_from(PLACES))
    def test_is_one_in_which_the_window_is_open(self, moment: datetime, place: Region):
        found = standing(national(), by(OPERATOR, place), moment)

        assert found is not None
        assert found.open == (moment.astimezone(JAKARTA).day <= 14)
        again = standing(national(), by(OPERATOR, place), max(moment, found.opens_at))
        assert again is not None
        assert again.open
        assert again.period == found.period
        assert month_of(found.opens_at.astimezone(JAKARTA).date()) == found.period
        assert moment <= found.closes_at + timedelta(seconds=1)

    @pytest.mark.parametrize("state", ProposalState)
    def test_is_for_what_goes_forward(self, state: ProposalState):
        assert not is_forward(None, state)
        assert not is_forward(state, ProposalState.REJECTED)
        assert not is_forward(state, ProposalState.WITHDRAWN)
        assert not is_forward(state, ProposalState.DRAFTED)
        assert is_forward(ProposalState.DRAFTED, state) == (
            state not in {ProposalState.DRAFTED, ProposalState.REJECTED, ProposalState.WITHDRAWN}
        )


class TestARegencysWindow:
    OWN = a_window(name="cilegon", region_code="3672", start_day=3, end_day=5)
    TURN = a_window(name="giliran", region_code=CILEGON.code, start_day=8, end_day=9)

    @pytest.mark.parametrize(
        ("day", "is_open"), [(2, False), (3, True), (5, True), (6, False), (14, False)]
    )
    def test_narrows_the_ministrys(self, day: int, is_open: bool):  # noqa: FBT001
        found = standing((*national(), self.OWN), by(OPERATOR), at(f"2026-11-{day:02d}T12:00"))

        assert found is not None
        assert (found.open, found.window.name if is_open else "cilegon") == (is_open, "cilegon")

    def test_of_one_village_stands_in_place_of_the_regencys(self):
        windows = (*national(), self.OWN, self.TURN)
        day = at("2026-11-04T12:00")

        here = standing(windows, by(OPERATOR), day)
        next_door = standing(windows, by(OPERATOR, Region("3672011002")), day)

        assert here is not None
        assert next_door is not None
        assert (here.open, here.opens_at.day) == (False, 8)
        assert next_door.open

    def test_that_is_over_lets_late_work_wait_or_refuses_it(self):
        shut = replace(self.OWN, late=Late.CLOSED)
        over = a_window(
            region_code="3672",
            recurrence=Recurrence.ONCE,
            start="2026-09-01",
            end="2026-09-30",
            late=Late.CLOSED,
        )
        day = at("2026-11-06T12:00")

        assert period_after(None, [self.OWN], by(OPERATOR), day) == date(2026, 12, 1)
        with pytest.raises(WindowClosed) as closed:
            period_after(None, [shut], by(OPERATOR), day)
        with pytest.raises(WindowOver):
            period_after(None, [over], by(OPERATOR), day)
        assert closed.value.members["opens_at"] == "2026-12-03T00:00:00+07:00"

    def test_can_be_held_open_for_one_period(self):
        until = Extension("cilegon", Region("3672"), date(2026, 11, 1), date(2026, 12, 1))
        held = extended((self.OWN,), [until], CILEGON)
        elsewhere = extended((self.OWN,), [replace(until, region=Region("367202"))], CILEGON)

        late = period_after(None, held, by(OPERATOR), at("2026-12-01T23:59:59"))

        assert late == date(2026, 11, 1)
        assert period_after(None, held, by(OPERATOR), at("2026-12-02T00:00")) == date(2026, 12, 1)
        assert elsewhere == (self.OWN,)


class TestSettingWindows:
    CILEGON_CITY = Region("3672")
    TODAY = date(2026, 11, 22)
    ROW = {  # noqa: RUF012
        "name": "cilegon",
        "label_id": "Usulan",
        "label_en": "Proposals",
        "region_code": "3672",
        "acts": ["proposal"],
        "kinds": [],
        "programmes": [],
        "roles": ["village_operator"],
        "recurrence": "monthly",
        "start_day": 1,
        "end_day": 10,
        "clock": "WIB",
        "late": "next_period",
    }

    def faults(self, *rows: dict[str, object]) -> list[tuple[str, str]]:
        with pytest.raises(WindowsNotAccepted) as refused:
            window_rules.accept(
                rows, self.CILEGON_CITY, known={"3672", CILEGON.code}, today=self.TODAY
            )
        return [(fault.pointer, fault.code) for fault in refused.value.faults]

    @pytest.mark.parametrize(
        ("changes", "fault"),
        [
            ({"end_day": 15}, WIDER),
            ({"acts": ["correction"], "start_day": 20, "end_day": 31}, WIDER),
            ({"recurrence": "quarterly"}, WIDER),
            ({"name": "ministry_2023_intake"}, ("/windows/0/name", "used_twice")),
            ({"region_code": "3672999999"}, ("/windows/0/region_code", "no_such_region")),
            ({"roles": ["ministry_analyst"]}, ("/windows/0/roles", "not_of_a_regency")),
            ({"end_day": None}, ("/windows/0/end_day", "missing")),
            ({"recurrence": "once", "start": "2026-12-01"}, ("/windows/0/end", "missing")),
            ({"start_day": 12}, ("/windows/0/end_day", "backwards")),
            ({"valid_from": "2026-12-01", "valid_to": "2026-11-01"}, VALID_BACKWARDS),
        ],
    )
    def test_what_is_wrong_is_named(self, changes: dict[str, object], fault: tuple[str, str]):
        assert self.faults({**self.ROW, **changes}) == [fault]

    def test_two_of_one_name_are_refused(self):
        assert self.faults(self.ROW, self.ROW) == [("/windows/1/name", "used_twice")]

    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"end_day": 14},
            {"region_code": CILEGON.code},
            {"roles": ["village_head"], "end_day": 31},
            {"acts": ["eligibility_verification"], "start_day": 20, "end_day": 31},
            {"recurrence": "once", "start": "2026-12-01", "end": "2026-12-07"},
        ],
    )
    def test_what_is_narrower_or_the_ministry_leaves_open_is_kept(self, changes: dict[str, object]):
        window_rules.accept(
            [{**self.ROW, **changes}],
            self.CILEGON_CITY,
            known={"3672", CILEGON.code},
            today=self.TODAY,
        )


def test_every_province_has_a_clock():
    assert {zone.name for zone in TIME_ZONE_OF.values()} == {"WIB", "WITA", "WIT"}
    assert Clock.VILLAGE.zone(LOMBOK).key == "Asia/Makassar"


def test_the_ministry_sets_windows_for_the_whole_nation():
    assert len({window.name for window in national()}) == len(national())
    assert all(window.region == Region("") for window in national())
    assert all(list(w.openings(w.valid_from or w.start or date(2026, 1, 1))) for w in national())
