"""What the sheets of our own workbooks are called: the reader passes over all but the data."""

DATA = {"id": "Data", "en": "Data"}
CODES = {"id": "Kode", "en": "Codes"}
INSTRUCTIONS = {"id": "Petunjuk", "en": "Instructions"}
SUMMARY = {"id": "Ringkasan", "en": "Summary"}
BESIDES = frozenset({*CODES.values(), *INSTRUCTIONS.values(), *SUMMARY.values()})
