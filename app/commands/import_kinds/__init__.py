"""What each kind of file does with its rows."""

from app.commands.import_kinds.base import Importer
from app.commands.import_kinds.bdt2015 import BDT2015_FILE
from app.commands.import_kinds.nik_corrections import CORRECTIONS_FILE
from app.commands.import_kinds.operators import OPERATORS_FILE
from app.commands.import_kinds.proposals import PROPOSALS_FILE
from app.commands.import_kinds.verification_results import VERIFICATION_FILE
from app.domain.imports.columns import ImportKind

IMPORTERS: dict[ImportKind, Importer] = {
    ImportKind.PROPOSALS: PROPOSALS_FILE,
    ImportKind.BDT2015: BDT2015_FILE,
    ImportKind.NIK_CORRECTIONS: CORRECTIONS_FILE,
    ImportKind.VERIFICATION_RESULTS: VERIFICATION_FILE,
    ImportKind.OPERATORS: OPERATORS_FILE,
}
