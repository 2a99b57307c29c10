"""The SMS gateways: what both twins promise, a real Kannel, and answers that go wrong."""

import json
import re
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from app.gateways.errors import GatewayUnavailable, Refused
from app.gateways.sms import open_sms
from app.gateways.sms.alphabet import fits, transliterated
from app.gateways.sms.port import SmsGateway
from config.sending import SmsSettings
from tests.certificates import make_certificate, server_context
from tests.components import free_port
from tests.kannel import PASSWORD, URL, USER, Kannel
from tests.talker import Talker, Wire, drip, silence, talking, within_tls

TO, REFERENCE, CODE = "+355691234567", "ref-17", "4711"


class FolderTwin:
    def __init__(self, folder: Path) -> None:
        self._folder = folder / "outbox/sms"
        self._gateway = open_sms(SmsSettings(), self._folder)

    def send(self, to: str, text: str) -> None:
        self._gateway.send(to=to, text=text, reference=REFERENCE)

    def arrived(self, count: int) -> list[tuple[str, str]]:
        found = [json.loads(file.read_text("utf-8")) for file in sorted(self._folder.glob("*"))]
        return [(sms["to"], sms["text"]) for sms in found]


class KannelTwin:
    def __init__(self, kannel: Kannel, **changes: object) -> None:
        own = {"url": URL, "user": USER, "password": PASSWORD, "sender": "Energjia"}
        self._gateway = open_sms(SmsSettings(**{**own, **changes}), Path("/nowhere"))
        self._kannel = kannel
        self._before = len(kannel.arrived(0))

    def send(self, to: str, text: str) -> None:
        send = self._gateway.send
        self._kannel.run(lambda: send(to=to, text=text, reference=REFERENCE))

    def raw(self, count: int) -> list[tuple[str, str, str, str]]:
        return self._kannel.arrived(self._before + count)[self._before :]

    def arrived(self, count: int) -> list[tuple[str, str]]:
        return [(to, text) for _, to, _, text in self.raw(count)]


Twin = FolderTwin | KannelTwin


@pytest.fixture(scope="module")
def kannel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kannel]:
    kannel = Kannel(tmp_path_factory.mktemp("kannel"))
    try:
        kannel.enter_network()
        kannel.start()
        yield kannel
    finally:
        kannel.stop()


@pytest.fixture(params=["folder", "kannel"])
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> Twin:
    if request.param == "folder":
        return FolderTwin(tmp_path)
    return KannelTwin(request.getfixturevalue("kannel"))


def test_sms_arrive_in_order(twin: Twin) -> None:
    twin.send(TO, "Fatura e qershorit: 2756.20 leke")
    twin.send("+393331234567", "Kodi: 123456")
    assert twin.arrived(2) == [
        (TO, "Fatura e qershorit: 2756.20 leke"),
        ("+393331234567", "Kodi: 123456"),
    ]


def test_a_text_is_only_a_text(twin: Twin) -> None:
    text = 'a+b %41 &to=+355690000000&text=x#y? "q" <5 €> [1]'
    twin.send(TO, text)
    assert twin.arrived(1) == [(TO, text)]


@pytest.mark.parametrize(
    ("to", "text"),
    [
        (f"{TO} +355690000000", "x"),
        (f"{TO}\n", "x"),
        (f"{TO}&to=1", "x"),
        ("0691234567", "x"),
        ("+355٦٩١٢٣٤٥٦٧", "x"),
        ("", "x"),
        (TO, ""),
        (TO, " \n"),
        (TO, "a\0b"),
        (TO, "a\x1bb"),
        (TO, "a\ud800b"),
    ],
)
def test_what_is_never_sent(twin: Twin, to: str, text: str) -> None:
    with pytest.raises(Refused) as caught:
        twin.send(to, text)
    assert TO[1:] not in str(caught.value)
    twin.send(TO, "after")
    assert twin.arrived(1) == [(TO, "after")]


def test_the_local_file_tells_all(tmp_path: Path) -> None:
    FolderTwin(tmp_path).send(TO, "Çelësi: ë")
    [file] = (tmp_path / "outbox/sms").iterdir()
    told = json.loads(file.read_text("utf-8"))
    assert re.fullmatch(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}\.json", file.name)
    assert told.pop("sent_at").endswith("+00:00")
    assert told == {"to": TO, "text": "Çelësi: ë", "reference": REFERENCE}
    assert file.stat().st_mode & 0o777 == 0o600


def test_kannel_gets_plain_letters(kannel: Kannel) -> None:
    twin = KannelTwin(kannel)
    twin.send(TO, "Përshëndetje, çmimi – “1\u00a0234,50 lekë”…")
    assert twin.raw(1) == [("Energjia", TO, "text", 'Pershendetje, cmimi - "1 234,50 leke"...')]


def test_kannel_gets_letters_as_they_are(kannel: Kannel) -> None:
    twin = KannelTwin(kannel, transliterate=False)
    twin.send(TO, "Përshëndetje, çmimi")
    twin.send(TO, "Pa shenja")
    assert twin.raw(2) == [
        ("Energjia", TO, "ucs-2", "Përshëndetje, çmimi"),
        ("Energjia", TO, "text", "Pa shenja"),
    ]


def test_what_has_no_likeness_is_not_lost(kannel: Kannel) -> None:
    twin = KannelTwin(kannel)
    twin.send(TO, "Për Ђорђе")
    assert twin.raw(1) == [("Energjia", TO, "ucs-2", "Per Ђорђе")]


def test_a_long_text_arrives_whole(kannel: Kannel) -> None:
    twin = KannelTwin(kannel)
    twin.send(TO, "0123456789" * 30)
    parts = [text for _, _, _, text in twin.raw(2)]
    assert [len(re.findall(r"0123456789", part)) for part in parts] == [15, 14]


def test_kannel_does_not_know_us(kannel: Kannel) -> None:
    with pytest.raises(GatewayUnavailable, match=r"answers 403$"):
        KannelTwin(kannel, password="another").send(TO, "x")
    with pytest.raises(GatewayUnavailable, match=r"answers 404$"):
        KannelTwin(kannel, url=f"{URL}/elsewhere").send(TO, "x")


def gateway_at(port: int, scheme: str = "http") -> SmsGateway:
    url = f"{scheme}://127.0.0.1:{port}"
    own = {"user": USER, "password": PASSWORD, "sender": "Energjia", "seconds": 0.5}
    return open_sms(SmsSettings(url=url, **own), Path("/nowhere"))


def send_to(port: int, scheme: str = "http") -> None:
    gateway_at(port, scheme).send(to=TO, text=f"Kodi {CODE}", reference=REFERENCE)


def unavailable(port: int, scheme: str = "http") -> str:
    """The reason, after a look that it and its traceback tell no secrets."""
    with pytest.raises(GatewayUnavailable) as caught:
        send_to(port, scheme)
    told = "".join(traceback.format_exception(caught.value))
    for secret in (PASSWORD, "a+secret", TO[1:], CODE):
        assert secret not in told
    return str(caught.value)


def answering(answer: bytes) -> Callable[[Talker, Wire], None]:
    def talk(talker: Talker, wire: Wire) -> None:
        talker.hear(wire, b"\r\n\r\n")
        wire.sendall(answer)

    return talk


def test_what_is_asked_of_kannel() -> None:
    with talking(answering(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")) as talker:
        send_to(talker.port)
    line, *headers = talker.heard.decode("ascii").split("\r\n")
    method, target, _ = line.split(" ")
    assert method == "GET"
    assert f"Host: 127.0.0.1:{talker.port}" in headers
    assert urlsplit(target).path == "/cgi-bin/sendsms"
    assert parse_qs(urlsplit(target).query) == {
        "username": [USER],
        "password": [PASSWORD],
        "from": ["Energjia"],
        "to": [TO],
        "text": [f"Kodi {CODE}"],
        "charset": ["UTF-8"],
        "coding": ["0"],
    }


@pytest.mark.parametrize("status", [200, 204, 401, 403, 404, 408, 429, 500, 502, 503])
def test_what_may_be_tried_again(status: int) -> None:
    with talking(answering(b"HTTP/1.1 %d X\r\n\r\n" % status)) as talker:
        assert unavailable(talker.port) == f"the SMS gateway answers {status}"
    assert talker.connections == 1


def test_what_may_not_be_tried_again() -> None:
    refusing = answering(b"HTTP/1.1 400 Bad Request\r\n\r\nNumber +355691234567 denied")
    with talking(refusing) as talker, pytest.raises(Refused, match=r"answers 400$"):
        send_to(talker.port)


def test_no_redirect_is_followed() -> None:
    accepting = answering(b"HTTP/1.1 202 Accepted\r\n\r\n")
    with talking(accepting) as other:
        there = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/\r\n\r\n" % other.port
        with talking(answering(there)) as talker:
            assert unavailable(talker.port) == "the SMS gateway answers 302"
    assert other.connections == 0


def test_an_endless_answer_is_not_read() -> None:
    def pour(talker: Talker, wire: Wire) -> None:
        talker.hear(wire, b"\r\n\r\n")
        wire.sendall(b"HTTP/1.1 202 Accepted\r\n\r\n")
        while not talker.over.is_set():
            wire.sendall(b"x" * 65536)

    with talking(pour) as talker:
        before = time.monotonic()
        send_to(talker.port)
        assert time.monotonic() - before < 1


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("talk", [silence, drip])
def test_a_bound_in_time(talk: Callable[[Talker, Wire], None], scheme: str) -> None:
    with talking(talk) as talker:
        before = time.monotonic()
        assert unavailable(talker.port, scheme).startswith("the SMS gateway cannot be used: ")
        assert time.monotonic() - before < 2


def test_who_is_not_there_or_speaks_otherwise() -> None:
    told = unavailable(free_port())
    assert told == "the SMS gateway cannot be used: Connection refused"
    with talking(answering(b"220 mail.example ESMTP\r\n")) as talker:
        assert unavailable(talker.port).endswith("it does not speak HTTP")
    with talking(lambda talker, wire: talker.hear(wire, b"GET ")) as talker:
        assert unavailable(talker.port)


def test_https_wants_a_trusted_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make_certificate(tmp_path / "server.pem")
    accepting = answering(b"HTTP/1.1 202 Accepted\r\n\r\n")
    with talking(within_tls(server_context(file), accepting)) as talker:
        assert "its certificate is not accepted: self-signed" in unavailable(talker.port, "https")
        assert talker.heard == b""
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        send_to(talker.port, "https")


def test_transliteration() -> None:
    assert transliterated("ëËçÇ éàù ßø") == "eEcÇ éàù ßø"
    assert transliterated("e\u0308 c\u0327") == "e c"
    assert transliterated("šđž ﬁ ½") == "sđz fi ½", "no likeness: đ and ½ stay"
    assert fits("@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ^{}\\[~]|€") and not fits("ç") and not fits("ë")
