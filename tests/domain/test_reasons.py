import pytest

from app.domain.reasons import ReasonNotAccepted, accept, reasons
from app.domain.workflow import Ground

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
