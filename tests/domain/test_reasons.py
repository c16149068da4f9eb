import pytest

from app.domain.dtks_ids import DtksKind, dtks_id
from app.domain.evidence import EvidenceType
from app.domain.reasons import ReasonNotAccepted, Scope, accept, accept_for, reasons
from app.domain.workflow import Ground

A_DAY = "2026-11-02"
CHECKED = {"type": "validator_result", "note": "Angka ke-7 dan ke-8 bukan tanggal."}
SAID = {"type": "other", "note": "Kata tetangga."}
EMPTY = {"type": "validator_result"}
PAIR = {"type": "duplicate_pair", "note": "Orang yang sama."}
KEPT = dtks_id(DtksKind.HOUSEHOLD, 42)
REJECTING = {
    *("deceased", "moved", "moved_abroad", "not_found", "address_not_found", "duplicate"),
    *("no_longer_poor", "civil_servant", "military", "police", "state_enterprise_employee"),
    *("state_official", "village_official", "pensioner", "wage_at_minimum", "company_owner"),
    *("family_of_public_employee", "social_companion", "nik_invalid", "nik_unmatched"),
    *("family_card_invalid", "data_incomplete", "refused", "prelist_error"),
    *("decile_above_limit", "other"),
}


def test_the_list_is_closed_and_has_27_reasons():
    assert len(reasons()) == 27


@pytest.mark.parametrize("code", sorted(reasons()))
def test_a_tier_rejects_or_returns_only_with_a_reason_made_for_it(code: str):
    grounds = {Ground.REASON: code, Ground.NOTE: "dijelaskan"}
    if code in REJECTING:
        accept(grounds)
    else:
        with pytest.raises(ReasonNotAccepted):
            accept(grounds)


def test_a_reason_of_ones_own_is_none():
    with pytest.raises(ReasonNotAccepted) as refused:
        accept({Ground.REASON: "karena"})
    assert [fault.pointer for fault in refused.value.faults] == ["/grounds/reason"]


def test_lainnya_needs_words():
    with pytest.raises(ReasonNotAccepted) as refused:
        accept({Ground.REASON: "other"})
    assert [fault.pointer for fault in refused.value.faults] == ["/grounds/note"]


@pytest.mark.parametrize("code", ["duplicate", "family_of_public_employee"])
def test_a_reason_that_means_another_record_needs_words_too(code: str):
    with pytest.raises(ReasonNotAccepted) as refused:
        accept({Ground.REASON: code})
    assert [fault.pointer for fault in refused.value.faults] == ["/grounds/note"]


def test_a_step_without_a_reason_is_not_asked_for_one_here():
    accept({})


class TestAReasonThatCarriesAProposal:
    """Over every reason there is, by hand: which kinds may give it, and for whom."""

    @pytest.mark.parametrize("code", sorted(reasons()))
    @pytest.mark.parametrize("kind", ["removal", "ineligibility", "correction"])
    def test_is_one_made_for_its_kind(self, kind: str, code: str):
        never = {"correction"} if code != "data_incomplete" else {"removal", "ineligibility"}
        only_removal = {"duplicate", "prelist_error"}
        only_ineligibility = REJECTING & {
            *("civil_servant", "military", "police", "state_enterprise_employee", "pensioner"),
            *("state_official", "village_official", "wage_at_minimum", "company_owner"),
            *("family_of_public_employee", "social_companion", "decile_above_limit"),
        } | {"programme_ended"}
        allowed = {"removal", "ineligibility"} - never
        allowed -= {"ineligibility"} if code in only_removal else set()
        allowed -= {"removal"} if code in only_ineligibility else set()

        faults = accept_for(kind, code, asks={}, takes_out=Scope.HOUSEHOLD)

        assert ("not_for_this_kind" in {each.code for each in faults}) == (kind not in allowed)

    @pytest.mark.parametrize(
        ("code", "takes_out", "carries"),
        [
            ("deceased", Scope.PERSON, True),
            ("moved", Scope.HOUSEHOLD, True),  # all of them
            ("no_longer_poor", Scope.PERSON, False),
            ("no_longer_poor", Scope.FAMILY, True),
            ("address_not_found", Scope.FAMILY, False),
            ("address_not_found", Scope.HOUSEHOLD, True),
        ],
    )
    def test_is_not_about_more_than_goes(self, code: str, takes_out: Scope, *, carries: bool):
        faults = accept_for("removal", code, asks={}, takes_out=takes_out)

        assert ("too_narrow" not in {each.code for each in faults}) == carries

    @pytest.mark.parametrize(
        ("code", "asks", "wanting"),
        [
            (None, {}, {"reason"}),
            ("karena", {}, {"reason"}),
            ("moved", {}, {"effective_on"}),
            ("moved", {"effective_on": "9000-01-01"}, {"effective_on"}),
            ("moved", {"effective_on": A_DAY}, set()),
            ("other", {"effective_on": A_DAY}, {"note"}),
            ("other", {"effective_on": A_DAY, "note": "Sebab lain."}, set()),
            ("nik_invalid", {"effective_on": A_DAY}, {"evidence"}),
            ("nik_invalid", {"effective_on": A_DAY, "evidence": [CHECKED]}, set()),
            ("nik_invalid", {"effective_on": A_DAY, "evidence": [SAID]}, {"evidence"}),
            ("nik_invalid", {"effective_on": A_DAY, "evidence": [EMPTY]}, {"evidence/0"}),
            ("duplicate", {"effective_on": A_DAY, "evidence": [PAIR]}, {"other_record"}),
            (
                "duplicate",
                {"effective_on": A_DAY, "evidence": [PAIR], "other_record": "R000000000"},
                {"other_record"},
            ),
            (
                "duplicate",
                {"effective_on": A_DAY, "evidence": [PAIR], "other_record": KEPT},
                set(),
            ),
        ],
    )
    def test_stands_beside_what_it_asks_for(
        self, code: str | None, asks: dict[str, object], wanting: set[str]
    ):
        faults = accept_for("removal", code, asks=asks, takes_out=Scope.HOUSEHOLD)

        assert {each.pointer for each in faults} == {f"/asks/{each}" for each in wanting}

    def test_needs_a_person_where_it_is_about_another(self):
        asks = {"effective_on": A_DAY, "evidence": [{"type": "family_card_copy", "note": "KK"}]}
        code = "family_of_public_employee"

        bare = accept_for("ineligibility", code, asks=asks, takes_out=Scope.FAMILY)
        asks["other_person"] = "Agus Salim"
        named = accept_for("ineligibility", code, asks=asks, takes_out=Scope.FAMILY)

        assert [each.pointer for each in bare] == ["/asks/other_person"]
        assert named == []


@pytest.mark.parametrize("code", sorted(reasons()))
def test_every_reason_asks_for_evidence_that_there_is(code: str):
    assert set(reasons()[code].evidence) <= set(EvidenceType)
