"""Whoever names an address for us to post to reaches nothing by it that he could not reach."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.domain.targets import may_call, target
from app.exchange.outgoing import Timeouts, Unsent, post
from tests.receiver import receiving

HERE = [ip_network("127.0.0.1/32")]
NAME = "hook.example"

INSIDE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254
168.63.129.16 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1
192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1
255.255.255.255
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::7f00:1
64:ff9b::a00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1::
2002:a00:1:: 2002:808:808:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%1 fec0::1 ff02::1
"""

OUTSIDE = ["8.8.8.8", "103.10.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]

ODD = f"""
ftp://{NAME}/ file:///etc/passwd gopher://{NAME}/ javascript:alert(1) //{NAME}/ {NAME} https:/{NAME}
https:///hook https://user@{NAME}/ https://user:word@{NAME}/ https://{NAME}/#part
https://{NAME}\\@127.0.0.1/ https://127.1/ https://2130706433/ https://0x7f000001/
https://0177.0.0.1/ https://127.0.0.1.1/ https://0x7f.1/ https://{NAME}%2f/ https://[::1/
https://[{NAME}]/ https://::1/ https://[fe80::1%251]/ https://\u2170\u2171.example/ https://{NAME}.
https://.{NAME}/ https://-{NAME}/ https://{NAME}:99999/ https://{NAME}:0/ https://{NAME}:22/
https://{NAME}:25/ https://{NAME}:80/ https://{NAME}:/ https://{NAME}?x
https://{NAME}/\u0662 https://[v1.a]/ http://{NAME}/
"""


def resolving(*answers: list[str]) -> tuple[Callable[[str, int], Awaitable[list[str]]], list[str]]:
    """A resolver that gives each answer in turn, and what it was asked."""
    asked: list[str] = []
    left = list(answers)

    async def find(host: str, _: int) -> list[str]:
        asked.append(host)
        return left.pop(0)

    return find, asked


class TestNothingIsPostedInside:
    @pytest.mark.parametrize("address", INSIDE.split())
    async def test_by_a_name_that_leads_there(self, address: str):
        find, _ = resolving([address])

        assert (await post(f"https://{NAME}/", b"", {}, find=find)).reason == "address_refused"

    @pytest.mark.parametrize("address", INSIDE.split())
    async def test_by_the_address_itself(self, address: str):
        host = f"[{address}]" if ":" in address else address

        assert (await post(f"https://{host}/", b"", {})).reason == "url_refused"

    @pytest.mark.parametrize("first", OUTSIDE)
    async def test_where_one_of_several_addresses_lies_inside(self, first: str):
        find, _ = resolving([first, "10.0.0.1"])

        assert (await post(f"https://{NAME}/", b"", {}, find=find)).reason == "address_refused"

    @pytest.mark.parametrize(
        "url", [*ODD.split(), f"https://{NAME}/ x", f"https://{NAME}/\r\nX: y", ""]
    )
    async def test_by_an_address_that_could_be_read_in_two_ways(self, url: str):
        find, asked = resolving(["8.8.8.8"])

        assert (await post(url, b"", {}, find=find)).reason == "url_refused"
        assert not asked

    async def test_in_clear_but_to_an_allowed_network(self):
        find, _ = resolving(["8.8.8.8"])

        answer = await post(f"http://{NAME}/", b"", {}, find=find, networks=HERE)

        assert answer.reason == "address_refused"


@pytest.mark.parametrize("address", OUTSIDE)
def test_out_in_the_world_anybody_may_be_posted_to(address: str):
    assert may_call(target(f"https://{NAME}/"), [ip_address(address)])


class TestWhatIsPosted:
    async def test_goes_to_the_address_that_was_judged_however_the_name_changes(self):
        find, asked = resolving(["127.0.0.1"], ["10.0.0.1"])
        async with receiving() as receiver:
            url = f"http://{NAME}:{receiver.port}/hook?of=them"

            answer = await post(url, b"{}", {"webhook-id": "1"}, networks=HERE, find=find)

        [got] = receiver.got
        assert (answer.status, got.path, got.body) == (200, "/hook?of=them", b"{}")
        assert (got.headers["host"], asked) == (f"{NAME}:{receiver.port}", [NAME])

    async def test_is_not_sent_on_where_the_answer_points_elsewhere(self):
        async with receiving() as receiver:
            receiver.will(f"307 Elsewhere\r\nLocation: {receiver.url}\r\nContent-Length: 0\r\n\r\n")

            answer = await post(receiver.url, b"{}", {}, networks=HERE)

        assert (answer.status, answer.is_taken, len(receiver.got)) == (307, False, 1)

    async def test_passes_by_the_proxy_of_the_environment(self, monkeypatch: pytest.MonkeyPatch):
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        async with receiving() as receiver:
            assert (await post(receiver.url, b"{}", {}, networks=HERE)).status == 200

    @pytest.mark.parametrize(
        ("said", "seconds"),
        [("120", 120), ("999999999999", 999999999), ("soon", None), ("-1", None), ("\xb2", None)],
    )
    async def test_may_be_answered_with_when_to_come_again(self, said: str, seconds: float | None):
        async with receiving() as receiver:
            receiver.answers = [f"503 Busy\r\nRetry-After: {said}\r\n\r\n".encode("latin-1")]

            answer = await post(receiver.url, b"{}", {}, networks=HERE)

        assert (answer.status, answer.retry_after) == (503, seconds)

    async def test_of_the_answer_a_little_is_read(self):
        async with receiving() as receiver:
            receiver.will("200 OK\r\n\r\n" + "x" * 50_000_000)

            answer = await post(receiver.url, b"{}", {}, networks=HERE)
            async with asyncio.timeout(20):
                await receiver.left_alone.wait()

        assert (answer.status, len(answer.body)) == (200, 4096)

    @pytest.mark.parametrize(
        "nonsense", ["", "\r\n\r\n", "abc\r\n\r\n", "200 OK\r\nX" + "x" * 200_000]
    )
    async def test_where_the_answer_is_none_nothing_was_taken(self, nonsense: str):
        async with receiving() as receiver:
            receiver.will(nonsense)

            answer = await post(receiver.url, b"{}", {}, networks=HERE)

        assert (answer.is_taken, answer.reason) == (False, Unsent.ANSWER_BROKEN)

    async def test_waits_for_an_answer_only_so_long(self):
        async with receiving() as receiver:
            receiver.hold.clear()

            async with asyncio.timeout(20):
                patience = Timeouts(read=60, whole=1)
                answer = await post(receiver.url, b"", {}, networks=HERE, timeouts=patience)

        assert answer.reason is Unsent.TIMED_OUT

    async def test_nobody_there_is_told_as_such(self):
        async with receiving() as receiver:
            url = receiver.url
        assert (await post(url, b"{}", {}, networks=HERE)).reason is Unsent.NOT_REACHED


class TestOverTLS:
    """The certificate has to be that of the name, not of the address."""

    async def test_the_name_is_the_one_asked_for(self, tmp_path: Path):
        find, _ = resolving(["127.0.0.1"])
        server, client = _certified(NAME, tmp_path)
        async with receiving(server) as receiver:
            url = f"https://{NAME}:{receiver.port}/hook"

            answer = await post(url, b"{}", {}, networks=HERE, find=find, trusting=client)

        assert (answer.status, answer.reason) == (200, None)

    async def test_another_name_is_not_taken(self, tmp_path: Path):
        find, _ = resolving(["127.0.0.1"])
        server, client = _certified("other.example", tmp_path)
        async with receiving(server) as receiver:
            url = f"https://{NAME}:{receiver.port}/hook"

            answer = await post(url, b"{}", {}, networks=HERE, find=find, trusting=client)

        assert (answer.reason, receiver.got) == (Unsent.TLS_FAILED, [])

    async def test_an_unknown_authority_is_not_taken(self, tmp_path: Path):
        find, _ = resolving(["127.0.0.1"])
        server, _ = _certified(NAME, tmp_path)
        async with receiving(server) as receiver:
            url = f"https://{NAME}:{receiver.port}/hook"

            answer = await post(url, b"{}", {}, networks=HERE, find=find)

        assert (answer.reason, receiver.got) == (Unsent.TLS_FAILED, [])


def _certified(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """For a server of that name, and for whoever trusts it."""
    key, called = (
        generate_private_key(SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
    )
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(called, called, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, SHA256())
    )
    pem = folder / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    client = ssl.create_default_context(cadata=certificate.public_bytes(Encoding.PEM).decode())
    return server, client
