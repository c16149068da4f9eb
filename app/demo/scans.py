"""The signed minutes of the demo: a page that says it is an example, the same for every village."""

from hashlib import sha256

TEXT = "Contoh pindaian berita acara bertanda tangan, data demo"

A4 = "[0 0 595 842]"
FONT = "<< /Font << /F 5 0 R >> >>"


def _page(text: str) -> bytes:
    drawn = f"BT /F 14 Tf 60 760 Td ({text}) Tj ET"
    parts = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox {A4} /Contents 4 0 R /Resources {FONT} >>",
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    pdf, places = "%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(pdf))
        pdf += f"{number} 0 obj\n{part}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(parts) + 1
    end = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(pdf)}\n%%EOF\n"
    return f"{pdf}xref\n0 {size}\n0000000000 65535 f \n{table}{end}".encode("ascii")


SCAN = _page(TEXT)
SHA256 = sha256(SCAN).digest()
