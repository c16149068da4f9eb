"""What a browser shows of a letter that was checked: one small page, which loads nothing else."""

from collections.abc import Mapping
from datetime import date
from html import escape
from typing import Any

from app.domain.errors import Language, Said
from app.domain.letters import CheckVerdict
from app.exchange.indonesian import written

V = CheckVerdict
VERDICTS: Mapping[CheckVerdict, tuple[str, Said, Said]] = {
    V.VALID: (
        "#1b6e3c",
        Said(id="BERLAKU", en="VALID"),
        Said(
            id="Surat ini benar diterbitkan dan masih berlaku. Cocokkan isi di bawah dengan "
            "suratnya, terutama nomor dan inisial nama.",
            en="This letter was issued, and is valid. Compare what stands below with the paper, "
            "above all its number and the initials of the name.",
        ),
    ),
    V.REVOKED: (
        "#a3231f",
        Said(id="DICABUT", en="REVOKED"),
        Said(
            id="Surat ini telah dicabut dan tidak berlaku lagi.",
            en="This letter was revoked, and counts no more.",
        ),
    ),
    V.EXPIRED: (
        "#8a5a00",
        Said(id="KEDALUWARSA", en="EXPIRED"),
        Said(
            id="Masa berlaku surat ini sudah habis. Mintalah surat yang baru.",
            en="The time of this letter is over. Ask for a new one.",
        ),
    ),
    V.UNKNOWN: (
        "#a3231f",
        Said(id="TIDAK DIKENAL", en="UNKNOWN"),
        Said(
            id="Tidak ada surat dengan kode ini. Periksa lagi kodenya; bila tetap sama, surat itu "
            "tidak diterbitkan oleh sistem ini.",
            en="There is no letter with this code. Check what you typed; if it is right, the "
            "letter was not issued by this service.",
        ),
    ),
}
TITLE = Said(id="Pemeriksaan Surat Keterangan DTKS", en="Checking a DTKS letter")
NUMBER, PURPOSE = Said(id="Nomor", en="Number"), Said(id="Keperluan", en="Purpose")
NAME, ISSUER = Said(id="Nama (inisial)", en="Name (initials)"), Said(id="Penerbit", en="Issued by")
ISSUED_ON, VALID_UNTIL = Said(id="Tanggal", en="Date"), Said(id="Berlaku sampai", en="Valid until")
ROWS = (
    ("number", NUMBER),
    ("purpose_label", PURPOSE),
    ("name", NAME),
    ("issuer", ISSUER),
    ("issued_on", ISSUED_ON),
    ("valid_until", VALID_UNTIL),
)
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_PAGE = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>
body {{ margin: 0; font: 17px/1.45 system-ui, sans-serif; color: #1d2a35; background: #eef2f5; }}
main {{ max-width: 34rem; margin: 0 auto; padding: 1rem; }}
h1 {{ font-size: 1.1rem; }}
section {{ background: #fff; border-radius: .5rem; overflow: hidden; }}
.verdict {{ margin: 0; padding: 1rem; color: #fff; font-size: 1.5rem; font-weight: 700;
  letter-spacing: .05em; background: {colour}; }}
.said, dl {{ margin: 0; padding: 1rem; }}
dt {{ font-size: .85rem; color: #5d6b77; }}
dd {{ margin: 0 0 .7rem; overflow-wrap: anywhere; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<section>
<p class="verdict">{verdict}</p>
<p class="said">{said}</p>
{rows}
</section>
</main>
</body>
</html>
"""


def check_page(found: Mapping[str, Any], language: Language) -> str:
    colour, verdict, said = VERDICTS[CheckVerdict(found["verdict"])]
    rows = [
        f"<dt>{escape(name.told(language))}</dt><dd>{escape(_told(found[key], language))}</dd>"
        for key, name in ROWS
        if found[key] is not None
    ]
    return _PAGE.format(
        language=language.value,
        title=escape(TITLE.told(language)),
        colour=colour,
        verdict=verdict.told(language),
        said=escape(said.told(language)),
        rows=f"<dl>{''.join(rows)}</dl>" if rows else "",
    )


def _told(value: object, language: Language) -> str:
    if isinstance(value, date):
        is_indonesian = language is Language.INDONESIAN
        return written(value) if is_indonesian else f"{value.day} {value:%B %Y}"
    return str(value)
