"""Where the service may post to on somebody's behalf: never inside, but where we were told it may.

Whoever names an address could name one that only we can reach: our own machine, its network, the
metadata of its cloud. So the address is read strictly, and what its name turns out to be is judged
by `is_open` each time before it is used.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from app.domain.errors import Fault, Incomplete, Said

Address = IPv4Address | IPv6Address
Networks = Collection[IPv4Network | IPv6Network]

LONGEST = 1000
PORT_OF = {"https": 443, "http": 80}
FREE_PORTS = range(1024, 65536)  # below are services of other kinds
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")  # 127.1, 0x7f000001: other spellings of addresses
_URL = re.compile(
    r"(?P<scheme>(?i:[a-z]{1,9}))://"
    r"(?P<host>(?i:\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253}))(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[!$-;=?-Z\[\]_a-z~]*)?"
)

_TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64: the last 32 bits are an IPv4 address
_GLOBAL = IPv6Network("2000::/3")
# What `ipaddress` may take for the world's: 6to4 and its relays, documentation, Azure's own.
_SHUT: Networks = [
    *map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")),
    *map(IPv6Network, ("2001::/23", "2002::/16", "3fff::/20")),
]

TOO_LONG = Said(
    id=f"Alamat paling banyak {LONGEST} huruf.", en=f"An address has {LONGEST} characters at most."
)
ODD = Said(
    id="Tulis alamat lengkap seperti https://nama.example/jalur: huruf ASCII, tanpa pengguna, "
    "sandi dan #bagian; nama di luar ASCII ditulis dalam bentuk xn--.",
    en="Write the whole address like https://name.example/path: ASCII, without user, password and "
    "#fragment; a name beyond ASCII in its xn-- form.",
)
QUERY = Said(
    id="Tulis alamat tanpa ?bagian: jalur jawaban ditambahkan di belakangnya.",
    en="Write the address without a ?query: the path of each answer is put behind it.",
)
SCHEME = Said(
    id="Pakai https://. http:// hanya untuk jaringan yang diizinkan pengelola.",
    en="Use https://. http:// is for networks alone that the operator allows.",
)
PORT = Said(
    id="Pakai port 443 atau antara 1024 dan 65535.", en="Use port 443 or one of 1024 to 65535."
)
INSIDE = Said(
    id="Alamat ini ada di jaringan dalam. Pakai alamat publik, atau minta pengelola mengizinkan "
    "jaringan kantor Anda (SIKS_WEBHOOK_NETWORKS).",
    en="This address lies in an inner network. Use a public one, or ask the operator to allow your "
    "office's network (SIKS_WEBHOOK_NETWORKS).",
)


class TargetRefused(Incomplete):
    """Nothing is posted to this address."""

    title = Said(id="Alamat tujuan tidak diterima", en="Nothing is posted to this address")
    detail = Said(
        id="Perbaiki alamat seperti tertulis di errors, lalu kirim lagi.",
        en="Correct the address as `errors` says, and send it again.",
    )


@dataclass(frozen=True)
class Target:
    """An address, taken apart once: what is checked is what is called."""

    scheme: str
    host: str  # a name, or an address without brackets
    port: int
    path: str

    @property
    def literal(self) -> Address | None:
        return _address(self.host)


def base(url: str, networks: Networks = ()) -> Target:
    """Likewise, of an address that paths are put behind: it has no query."""
    if "?" in url:
        raise _refused("target_malformed", QUERY)
    return target(url, networks)


def target(url: str, networks: Networks = ()) -> Target:
    """The target of an address, or `TargetRefused`, which says what about it is wrong."""
    if len(url) > LONGEST:
        raise _refused("too_long", TOO_LONG)
    found = _URL.fullmatch(url)
    if found is None:
        raise _refused("target_malformed", ODD)
    scheme, host = found["scheme"].lower(), found["host"].lower()
    port = int(found["port"] or PORT_OF.get(scheme, 0))
    read = Target(scheme, host.strip("[]"), port, found["path"] or "/")
    _check(read, bracketed=host.startswith("["), networks=networks)
    return read


def _check(read: Target, *, bracketed: bool, networks: Networks) -> None:
    literal = read.literal
    if bracketed != isinstance(literal, IPv6Address) or not (literal or _is_name(read.host)):
        raise _refused("target_malformed", ODD)
    if read.scheme != "https" and not (read.scheme == "http" and networks):
        raise _refused("target_scheme", SCHEME)
    if read.port not in {PORT_OF[read.scheme], *FREE_PORTS}:
        raise _refused("target_port", PORT)
    if literal and not may_call(read, [literal], networks):
        raise _refused("target_inside", INSIDE)


def _refused(code: str, said: Said) -> TargetRefused:
    return TargetRefused([Fault("/url", code, said)])


def _is_name(host: str) -> bool:
    return bool(_NAME.fullmatch(host)) and not _NUMERIC.fullmatch(host.rpartition(".")[2])


def _address(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def may_call(called: Target, addresses: Collection[Address], networks: Networks = ()) -> bool:
    """Whether all its addresses are out in the world or in an allowed network; http: only there."""
    allowed = [_is_in(networks, _plain(each)) for each in addresses]
    if called.scheme == "http":
        return bool(allowed) and all(allowed)
    return bool(allowed) and all(
        inside or is_open(each) for inside, each in zip(allowed, addresses, strict=True)
    )


def is_open(address: Address) -> bool:
    """Whether it is anybody's in the world to call."""
    plain = _plain(address)
    if isinstance(plain, IPv6Address) and plain not in _GLOBAL:
        return False
    shut = plain.is_multicast or plain.is_reserved or plain.is_unspecified or plain.is_link_local
    return plain.is_global and not shut and not _is_in(_SHUT, plain)


def _is_in(networks: Networks, address: Address) -> bool:
    return any(address.version == each.version and address in each for each in networks)


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def networks_in(cidrs: Collection[str]) -> Networks:
    return tuple(ip_network(each) for each in cidrs)
