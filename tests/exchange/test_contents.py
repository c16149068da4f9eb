"""What was sent is believed only after it was looked at, to its last byte."""

from datetime import datetime, timedelta, timezone
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from app.domain.documents import ContentNotAccepted, MediaType
from app.exchange.contents import content_of
from app.exchange.photos import NO_SHOT, Shot
from tests.files import HERE, a_pdf, a_photo, an_exif

TAKEN = datetime(2026, 11, 10, 9, 15, 30)  # noqa: DTZ001 - a camera tells no zone
WHOLE = {
    MediaType.PDF: a_pdf(),
    MediaType.JPEG: a_photo("JPEG", size=(300, 200)),
    MediaType.PNG: a_photo("PNG", size=(120, 90)),
}


def looked_at(content: bytes) -> MediaType:
    return content_of(BytesIO(content)).media_type


def why_not(content: bytes) -> str:
    with pytest.raises(ContentNotAccepted) as refused:
        content_of(BytesIO(content))
    [fault] = refused.value.faults
    return fault.code


@pytest.mark.parametrize("kind", MediaType)
def test_a_whole_file_is_what_it_is(kind: MediaType):
    assert looked_at(WHOLE[kind]) is kind


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(MediaType)), st.data())
def test_a_file_that_is_cut_off_is_none_wherever_it_is_cut(kind: MediaType, data: st.DataObject):
    whole = WHOLE[kind]
    cut = data.draw(st.integers(1, len(whole) - 10), label="cut")

    assert why_not(whole[:cut]) in {"damaged", "not_a_document"}


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([b"", b"%PDF-1.7\n", b"\xff\xd8\xff\xe1", b"\x89PNG\r\n\x1a\n"]), st.binary()
)
def test_no_bytes_are_more_than_refused(head: bytes, rest: bytes):
    assert why_not(head + rest) in {"empty", "damaged", "not_a_document", "too_many_pixels"}


class TestAPdf:
    def test_that_asks_for_a_password_is_refused(self):
        trailer = b"trailer\n<< /Encrypt 9 0 R >>\n"
        assert why_not(a_pdf(also=trailer)) == "encrypted"

    def test_that_only_speaks_of_encryption_is_not(self):
        assert looked_at(a_pdf(also=b"% /EncryptMetadata, /Encrypting\n")) is MediaType.PDF

    def test_whose_contents_would_begin_behind_its_end_is_damaged(self):
        assert why_not(b"%PDF-1.4\nstartxref\n4000\n%%EOF\n") == "damaged"


class TestAPicture:
    def test_of_more_pixels_than_memory_is_refused_before_it_is_unpacked(self):
        huge = BytesIO()
        Image.new("1", (20_000, 20_000)).save(huge, "PNG")
        assert len(huge.getvalue()) < 100_000

        assert why_not(huge.getvalue()) == "too_many_pixels"

    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    @pytest.mark.parametrize("zone", [None, timezone(timedelta(hours=9))])
    def test_says_when_and_where_it_was_taken(self, kind: str, zone: timezone | None):
        taken = TAKEN.replace(tzinfo=zone)

        shot = content_of(BytesIO(a_photo(kind, taken=taken, at=HERE))).shot

        assert shot.taken_at == taken
        assert (shot.latitude, shot.longitude) == pytest.approx(HERE, abs=1e-5)

    def test_of_no_camera_says_nothing(self):
        assert content_of(BytesIO(a_photo())).shot == NO_SHOT

    NONSENSE = (
        {ExifTags.GPS.GPSLatitude: (1e9, 0.0, 0.0)},
        {ExifTags.GPS.GPSLatitude: (6.0, 1.0)},
        {ExifTags.GPS.GPSLatitudeRef: "Q"},
        {ExifTags.GPS.GPSLatitude: (0.0, 0.0, 0.0), ExifTags.GPS.GPSLongitude: (0.0, 0.0, 0.0)},
    )

    @pytest.mark.parametrize("nonsense", NONSENSE)
    def test_with_nonsense_for_a_place_has_none(self, nonsense: dict[int, object]):
        exif = an_exif(TAKEN, HERE)
        exif[ExifTags.IFD.GPSInfo] = {**exif[ExifTags.IFD.GPSInfo], **nonsense}

        assert content_of(BytesIO(with_exif(exif.tobytes()))).shot == Shot(TAKEN)

    @pytest.mark.parametrize("said", ["0000:00:00 00:00:00", "2026:13:45 10:00:00", "kemarin"])
    def test_with_nonsense_for_a_time_has_none(self, said: str):
        exif = Image.Exif()
        exif[ExifTags.IFD.Exif] = {ExifTags.Base.DateTimeOriginal: said}

        assert content_of(BytesIO(with_exif(exif.tobytes()))).shot == NO_SHOT

    @settings(max_examples=80, deadline=None)
    @given(st.binary(max_size=400), st.integers(6, 200))
    def test_whatever_stands_beside_it_is_still_a_picture(self, noise: bytes, place: int):
        whole = an_exif(TAKEN, HERE).tobytes()
        written = whole[:place] + noise + whole[place + len(noise) :]

        assert looked_at(with_exif(written)) is MediaType.JPEG


def with_exif(written: bytes) -> bytes:
    picture = BytesIO()
    Image.new("L", (32, 32)).save(picture, "JPEG", exif=written)
    return picture.getvalue()
