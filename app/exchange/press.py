"""The press: a process that prints one thing by typst, and ends. It knows nothing of the service.

typst keeps what it has laid out before, hundreds of megabytes of it, and may not survive a text in
a script that its fonts lack; here neither is anybody else's concern.
"""

import sys
from datetime import datetime
from pathlib import Path

import typst

from app.exchange.limits import limited

DATA = Path(__file__).parent / "data"
MOST_MEMORY = 4 << 30
MOST_SECONDS = 20


def compiled(template: str, data: str, *, at: datetime | None = None) -> bytes:
    """`data` is JSON; `at` is the date inside the file."""
    compiler = typst.Compiler(
        str(DATA / f"{template}.typ"),
        root=str(DATA),
        ignore_system_fonts=True,
        sys_inputs={"data": data},
    )
    pdf = compiler.compile(format="pdf", pdf_standards=["a-2b"], timestamp=at)
    assert isinstance(pdf, bytes)  # noqa: S101 - one file, not one per page
    return pdf


def main(template: str, moment: str) -> None:
    limited(memory=MOST_MEMORY, seconds=MOST_SECONDS)
    at = datetime.fromisoformat(moment) if moment else None
    try:
        sys.stdout.buffer.write(compiled(template, sys.stdin.read(), at=at))
    except typst.TypstError as error:
        sys.exit(f"{template}: {error.message.partition('`')[0]}")  # what it quotes is somebody's


if __name__ == "__main__":
    main(*sys.argv[1:])
