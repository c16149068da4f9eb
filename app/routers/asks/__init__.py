"""What a proposal asks for, kind by kind: the bodies of `POST` and `PATCH /v1/proposals`.

One module for each group of kinds; here they become one shape, told apart by `kind`. A draft may
be incomplete: what is missing is asked for at submission, with a pointer to each part.
"""

from typing import Annotated

from fastapi import Body

from app.routers.asks import grants, moves, new_families, records

Drafts = (
    new_families.NewFamilyDraft
    | records.NewMemberDraft
    | records.CorrectionDraft
    | records.RemovalDraft
    | records.RestorationDraft
    | moves.MoveDraft
    | grants.ProgrammeDraft
    | grants.IneligibilityDraft
    | grants.PayeeChangeDraft
    | grants.PbiReactivationDraft
)
Changes = (
    new_families.NewFamilyChanges
    | records.NewMemberChanges
    | records.CorrectionChanges
    | records.RemovalChanges
    | records.RestorationChanges
    | moves.MoveChanges
    | grants.ProgrammeChanges
    | grants.IneligibilityChanges
    | grants.PayeeChangeChanges
    | grants.PbiReactivationChanges
)
ProposalDraft = Annotated[Drafts, Body(discriminator="kind")]
ProposalChanges = Annotated[Changes, Body(discriminator="kind")]
