"""Whatever a refusal names, people have a word for."""

from app.db.audit_chain import WORKFLOWS
from app.domain.actors import Role
from app.domain.errors import Language, Said
from app.domain.labels import labels
from app.domain.letters import purposes
from app.domain.proposals import ProposalKind
from app.domain.workflow import RoleMayNot


def test_every_role_kind_subject_state_and_action_has_a_label_in_both_languages():
    named = {
        "roles": set(Role),
        "subjects": {flow.name for flow in WORKFLOWS},
        "kinds": set(ProposalKind),
        "states": {state for flow in WORKFLOWS for state in type(flow.initial)},
        "actions": {action for flow in WORKFLOWS for action in type(flow.first_action)},
        "purposes": set(purposes()),
    }

    assert labels().keys() == named.keys()
    for group, codes in named.items():
        assert labels()[group].keys() == {str(code) for code in codes}, group
        for code, label in labels()[group].items():
            assert label.keys() == {"id", "en"}, code
            assert all(label.values()), code


def test_sentences_speak_in_labels_and_ask_for_codes():
    words: dict[str, object] = {
        "role": Role.AUDITOR,
        "roles": {Role.VILLAGE_HEAD, Role.DISTRICT_OFFICER},
        "action": "approve",
        "name": "proposal",
    }
    asked = Said(id="isi target: {targets}", en="give as target: {targets}")

    assert RoleMayNot.detail.told(Language.INDONESIAN, words) == (
        "Peran auditor tidak berwenang menyetujui usulan. "
        "Yang berwenang: kepala desa/lurah, petugas kecamatan."
    )
    assert asked.told(Language.ENGLISH, {"targets": ["drafted"]}) == "give as target: drafted"
