"""Files as people send them: scans, and photos with what a phone writes into them."""

from datetime import datetime
from io import BytesIO
from itertools import count

from PIL import ExifTags, Image

NUMBERS = count(1)
HERE = (-6.0186, 106.0558)


def a_pdf(*, also: bytes = b"") -> bytes:
    """One empty page; no two are alike."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ]
    pdf = b"%%PDF-1.4\n%%%d\n" % next(NUMBERS) + also
    places = []
    for number, part in enumerate(parts, 1):
        places.append(len(pdf))
        pdf += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(pdf)
    return pdf + b"xref\n0 4\n0000000000 65535 f \n" + table + trailer


def a_photo(
    kind: str = "JPEG",
    *,
    taken: datetime | None = None,
    at: tuple[float, float] | None = None,
    size: tuple[int, int] = (64, 48),
) -> bytes:
    """A picture, of which the camera says when and where it was taken where that is given."""
    number = next(NUMBERS)
    image = Image.effect_noise(size, 60 + number % 20)
    image.putpixel((number % size[0], number // size[0] % size[1]), number % 251)
    written = BytesIO()
    image.save(written, kind, exif=an_exif(taken, at))
    return written.getvalue()


def an_exif(taken: datetime | None, at: tuple[float, float] | None) -> Image.Exif:
    exif = Image.Exif()
    if taken is not None:
        said: dict[int, object] = {ExifTags.Base.DateTimeOriginal: f"{taken:%Y:%m:%d %H:%M:%S}"}
        if taken.tzinfo is not None:
            offset = f"{taken:%z}"
            said[ExifTags.Base.OffsetTimeOriginal] = f"{offset[:3]}:{offset[3:]}"
        exif[ExifTags.IFD.Exif] = said
    if at is not None:
        latitude, longitude = at
        exif[ExifTags.IFD.GPSInfo] = {
            ExifTags.GPS.GPSLatitudeRef: "S" if latitude < 0 else "N",
            ExifTags.GPS.GPSLatitude: dms(latitude),
            ExifTags.GPS.GPSLongitudeRef: "W" if longitude < 0 else "E",
            ExifTags.GPS.GPSLongitude: dms(longitude),
        }
    return exif


def dms(degrees: float) -> tuple[float, float, float]:
    minutes = abs(degrees) % 1 * 60
    return (float(int(abs(degrees))), float(int(minutes)), round(minutes % 1 * 60, 4))
