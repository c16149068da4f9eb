"""What is asked hundreds of times a minute, and so reads little; and what is not, and why."""

from dataclasses import dataclass
from typing import Any

from app.domain.regions import Tier

UP_TO_A_REGENCY = (Tier.VILLAGE, Tier.DISTRICT, Tier.REGENCY)  # names are looked for in no more
FROM_A_REGENCY = (Tier.REGENCY, Tier.PROVINCE, Tier.NATION)


@dataclass(frozen=True)
class Hot:
    """A request. A line of its answer is made of so many rows, at most, of tables that grow."""

    path: str
    made_of: int
    body: dict[str, Any] | None = None
    at: tuple[Tier, ...] = (Tier.VILLAGE, Tier.DISTRICT, Tier.REGENCY, Tier.PROVINCE, Tier.NATION)


# A proposal is told with its household's head, who is read of, and with what was done with it; a
# household with its head and the number of its people, who are three at most.
PROPOSAL, HOUSEHOLD, ENTRY = 6, 6, 1
IN_FULL = 15  # a household, its families, its people, its sheet, and what is proposed of it
HIT = 4  # a key or two of the name, the member, the head of the household
MEMBERS, HOUSEHOLDS = "/v1/members/search", "/v1/households/search"

# By the operation of the contract. What stands in braces is somebody, or something, of a village.
HOT = {
    "list_households": {
        "first": Hot("/v1/households", HOUSEHOLD),
        "later": Hot("/v1/households?after={middle}", HOUSEHOLD),
        "of a state": Hot("/v1/households?state=registered", HOUSEHOLD),
        "of a state, later": Hot("/v1/households?state=proposed&after={middle}", HOUSEHOLD),
    },
    "read_household": {"": Hot("/v1/households/{household_id}", IN_FULL)},
    "read_member": {"": Hot("/v1/members/{member_id}", IN_FULL)},
    "read_family": {"": Hot("/v1/families/{family_id}", IN_FULL)},
    "search_members": {
        "by NIK": Hot(MEMBERS, HIT, {"nik": "{nik}"}),
        "by family card": Hot(MEMBERS, HIT, {"card_number": "{card_number}"}),
        "by DTKS id": Hot(MEMBERS, HIT, {"dtks_id": "{dtks_id}"}),
        "by name": Hot(MEMBERS, HIT, {"name": "{name}"}, UP_TO_A_REGENCY),
        "by a word": Hot(MEMBERS, HIT, {"name": "siti"}, UP_TO_A_REGENCY),
        "by three words": Hot(MEMBERS, HIT + 1, {"name": "sri aminah lestari"}, (Tier.REGENCY,)),
        "by three, many Nur Hayati": Hot(
            MEMBERS, HIT + 1, {"name": "nurhayati solikin"}, (Tier.REGENCY,)
        ),
        "by name and birth date": Hot(
            MEMBERS, HIT, {"name": "{name}", "birth_date": "{birth_date}"}
        ),
    },
    "search_households": {
        "by NIK": Hot(HOUSEHOLDS, HIT + 4, {"nik": "{nik}"}),
        "by DTKS id": Hot(HOUSEHOLDS, HIT + 4, {"dtks_id": "{dtks_id}"}),
        "by name": Hot(HOUSEHOLDS, HIT + 4, {"name": "{name}"}, UP_TO_A_REGENCY),
    },
    "list_surveys": {"": Hot("/v1/households/{household_id}/surveys", 3)},
    "read_survey": {"": Hot("/v1/surveys/{survey_id}", IN_FULL)},
    "list_proposals": {
        "all": Hot("/v1/proposals", PROPOSAL),
        "later": Hot("/v1/proposals?after={middle}", PROPOSAL),
        "of a state": Hot("/v1/proposals?state=awaiting_regency", PROPOSAL),
        "of a state, later": Hot("/v1/proposals?state=determined&after={middle}", PROPOSAL),
        "of a kind": Hot("/v1/proposals?kind=new_family", PROPOSAL),
        "mine": Hot("/v1/proposals?mine=true", PROPOSAL),
        "mine, of a state": Hot("/v1/proposals?mine=true&state=drafted", PROPOSAL),
        "mine, open to me": Hot("/v1/proposals?mine=true&open_to_me=true", PROPOSAL),
        "open to me": Hot("/v1/proposals?open_to_me=true", PROPOSAL),
        "urgent": Hot("/v1/proposals?urgent=true", PROPOSAL),
        "waiting": Hot("/v1/proposals?waiting_days=10", PROPOSAL),
        "waiting too long": Hot("/v1/proposals?waiting_days=59", PROPOSAL),
        "of a state, too long": Hot(
            "/v1/proposals?state=awaiting_ministry&waiting_days=59", PROPOSAL
        ),
    },
    "read_proposal": {"": Hot("/v1/proposals/{proposal_id}", IN_FULL)},
    "list_steps": {"": Hot("/v1/proposals/{proposal_id}/steps", ENTRY)},
    "list_notices": {"": Hot("/v1/notices", 8)},
    "follow_changes": {"": Hot("/v1/changes?after={long_ago}&limit=50", 10, at=FROM_A_REGENCY)},
    "list_audit_entries": {
        "of the region": Hot("/v1/audit", ENTRY),
        "later": Hot("/v1/audit?after={middle_of_audit}", ENTRY),
        "of a subject": Hot("/v1/audit?subject_id={proposal_id}", ENTRY),
        "of an officer": Hot("/v1/audit?actor_id={operator}", ENTRY),
        "of a workflow": Hot("/v1/audit?workflow=household", ENTRY),
        "of an action": Hot("/v1/audit?action=reject", ENTRY),
    },
    "list_decisions": {
        "of the region": Hot("/v1/decisions", ENTRY),
        "of a proposal": Hot("/v1/decisions?proposal_id={proposal_id}", ENTRY + 1),
    },
    "list_accesses_of_member": {"": Hot("/v1/members/{quiet_id}/accesses", 2)},
    "read_myself": {"": Hot("/v1/me", 5)},
}
# Counted from an index alone and no further than they are told: see TestCounts.
COUNTED = {
    "count_proposals": {
        "": Hot("/v1/proposals/counts", 0),
        "part by part": Hot("/v1/proposals/counts?by=children", 0),
    },
    "read_today": {"": Hot("/v1/today", 0)},
}
_ONE_BY_KEY = "one row by its key, of what an office keeps"
_OF_AN_OFFICE = "what an office keeps, in pages of (scope_code, id): some times a day"
_FILE = "a file, made or copied once for each who asks"
_COUNTED_ONCE = "a comparison or a count that somebody asks for to write a report"
_WORD = "tables of words: no people in them, and they do not grow"
COLD = {
    _WORD: {
        "read_provinces", "read_region", "list_children", "list_ancestors", "search_regions",
        "list_codebooks", "read_codebook", "list_programmes", "read_programme", "list_reasons",
        "list_labels", "read_keys", "list_import_layouts", "live", "ready",
    },
    _FILE: {
        "read_content", "print_nik_cases", "print_nik_cases_by_village",
        "print_deliberation_minutes", "read_import_result", "read_import_template",
        "read_list_file", "print_letter_file", "read_manifest", "read_extract_file",
        "follow_job",
    },
    _OF_AN_OFFICE: {
        "list_vacancies", "list_accounts", "list_secrets", "list_agreements", "list_nik_cases",
        "list_visits", "list_enumerators", "list_photos", "list_decrees", "list_decree_checks",
        "list_decree_lines", "list_decrees_of_member", "list_deliberations", "list_agenda",
        "list_statements", "list_imports", "list_import_rows", "list_import_units",
        "list_uploads", "list_subscriptions", "list_deliveries", "list_lists", "list_letters",
        "list_extracts", "list_jobs", "list_policy_versions", "list_windows",
        "list_window_exceptions", "list_recipients",
    },
    _ONE_BY_KEY: {
        "read_account", "read_agreement", "read_spdci_partner", "read_spdci_request",
        "read_nik_case", "read_visit", "read_document", "read_decree", "read_deliberation",
        "read_statement", "read_import", "read_upload", "read_subscription", "read_list",
        "read_letter", "check_letter", "read_extract", "read_job", "read_policy",
        "read_policy_version", "read_window_exception", "read_recipient",
    },
    _COUNTED_ONCE: {"count_nik_cases", "compare_decrees", "read_turnarounds"},
}  # fmt: skip
