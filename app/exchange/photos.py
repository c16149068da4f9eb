"""Pictures: whether they can be decoded, and what a camera wrote of time and place (EXIF).

Of all that a file says of itself nothing else is read: words and thumbnails in it may be anybody's.
"""

import math
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from PIL import ExifTags, Image

from app.domain.documents import MediaType

MOST_PIXELS = 50_000_000
MOST_EXIF = 1_000_000
# A phone's JPEG may hold a second picture behind the first one, and is then called MPO.
FORMATS = {MediaType.JPEG: ("JPEG", "MPO"), MediaType.PNG: ("PNG",)}
SMALL = (64, 64)
DATE_AND_TIME = re.compile(r"[0-9]{4}:[0-9]{2}:[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
OFFSET = re.compile(r"[+-][0-9]{2}:[0-9]{2}")
LATITUDE, LONGITUDE = 90, 180

warnings.filterwarnings("ignore", module="PIL")  # it tells what is wrong with a sender's file


class TooManyPixels(Exception):
    """It would take too much memory to look at."""


@dataclass(frozen=True)
class Shot:
    """When and where, as far as it is said. A time without a zone is the clock's on the spot."""

    taken_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None


NO_SHOT = Shot()


def examined(file: BinaryIO, kind: MediaType) -> Shot:
    """Decode it to the end, in a fraction of its size where the format allows that."""
    with _opened(file, kind) as image:
        image.verify()
    with _opened(file, kind) as image:
        if kind is MediaType.JPEG:
            image.draft("L", SMALL)
        image.load()
    with _opened(file, kind) as image:
        return _shot(image)


def _opened(file: BinaryIO, kind: MediaType) -> Image.Image:
    file.seek(0)
    try:
        image = Image.open(file, formats=FORMATS[kind])
    except Image.DecompressionBombError:
        raise TooManyPixels from None
    if image.width * image.height > MOST_PIXELS:
        raise TooManyPixels
    return image


def _shot(image: Image.Image) -> Shot:
    """Never a refusal: a camera that writes nonsense has written nothing."""
    try:
        if len(image.info.get("exif", b"")) > MOST_EXIF:
            return NO_SHOT
        exif = image.getexif()
        taken_at = _taken_at(exif.get_ifd(ExifTags.IFD.Exif))
        latitude, longitude = _place(exif.get_ifd(ExifTags.IFD.GPSInfo))
    except Exception:  # noqa: BLE001 - it was written by anybody's phone, or by hand
        return NO_SHOT
    return Shot(taken_at, latitude, longitude)


def _taken_at(said: Mapping[int, Any]) -> datetime | None:
    taken = str(said.get(ExifTags.Base.DateTimeOriginal, "")).strip("\0 ")
    if not DATE_AND_TIME.fullmatch(taken):
        return None
    offset = str(said.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\0 ")
    zone = offset if OFFSET.fullmatch(offset) else ""
    try:
        return datetime.fromisoformat(f"{taken[:10].replace(':', '-')}T{taken[11:]}{zone}")
    except ValueError:
        return None


def _place(said: Mapping[int, Any]) -> tuple[float | None, float | None]:
    tags = ExifTags.GPS
    north = _degrees(said.get(tags.GPSLatitude), said.get(tags.GPSLatitudeRef), "NS", LATITUDE)
    east = _degrees(said.get(tags.GPSLongitude), said.get(tags.GPSLongitudeRef), "EW", LONGITUDE)
    is_nowhere = north is None or east is None or (north == 0 and east == 0)
    return (None, None) if is_nowhere else (north, east)


def _degrees(parts: Any, side: Any, sides: str, most: int) -> float | None:  # noqa: ANN401
    """Degrees, minutes and seconds, each a fraction; the side says which half of the globe."""
    side = str(side).strip("\0 ").upper()
    if side not in tuple(sides) or not isinstance(parts, tuple) or len(parts) != len("dms"):
        return None
    degrees: float = sum(float(part) / 60**place for place, part in enumerate(parts))
    if not (math.isfinite(degrees) and 0 <= degrees <= most):
        return None
    return round(-degrees if side == sides[1] else degrees, 6)
