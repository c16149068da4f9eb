"""An address is read in one way, or not at all. Where it leads: tests/exchange/test_outgoing.py."""

from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.targets import TargetRefused, is_open, target

WORDS = "https:// http: // / \\ @ : # ? .. [ ] % %2f 443 hook.example 127.0.0.1 127.1 0x7f ::1 user"
PIECES = st.sampled_from([*WORDS.split(" "), "\u2170", "\t", "\n", " "])
URLS = st.lists(PIECES, min_size=1, max_size=8).map("".join)


@given(URLS | st.text() | URLS.map("https://hook.example".__add__))
@example("https://hook.example\\@127.0.0.1/")
def test_what_is_accepted_everybody_reads_alike(url: str):
    try:
        read = target(url)
    except TargetRefused:
        return
    others = urlsplit(url)
    assert (others.scheme, others.hostname, others.port or 443) == ("https", read.host, read.port)
    assert others.username is None
    assert url.endswith(read.path) or read.path == "/"
    assert url.isascii()
    assert url.isprintable()


@given(st.integers(0, 2**32 - 1))
def test_an_address_in_another_dress_is_the_same_address(number: int):
    plain = IPv4Address(number)
    mapped, translated = (IPv6Address(prefix | number) for prefix in (0xFFFF << 32, 0x64FF9B << 96))

    assert is_open(mapped) == is_open(translated) == is_open(plain)
    assert not is_open(IPv6Address(0x2002 << 112 | number << 80))  # 6to4
