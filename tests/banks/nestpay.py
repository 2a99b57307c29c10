"""A NestPay bank: its payment page's form and its XML interface."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from defusedxml.ElementTree import fromstring

from tests.banks.server import Asked, Reply, serving

CLIENT, KEY, USER, PASSWORD = "190100000", "STORE|KEY\\1", "portal-api", 'a "secret" & <more>'


def ver3(values_by_name: list[tuple[str, str]], key: str = KEY) -> str:
    """The description, word by word: sorted by name whatever the case, escaped, joined, hashed."""
    kept = [
        (name.lower(), value)
        for name, value in values_by_name
        if name.lower() not in ("hash", "encoding", "nationalidno")
    ]
    kept.sort(key=lambda pair: pair[0])
    parts = []
    for text in [value for _, value in kept] + [key]:
        parts.append("".join("\\" + sign if sign in "\\|" else sign for sign in text))
    return base64.b64encode(hashlib.sha512("|".join(parts).encode()).digest()).decode()


@dataclass
class Order:
    fields: dict[str, str]
    state: str = ""  # as TRANS_STAT; none yet
    kind: str = "S"  # CHARGE_TYPE_CD


@dataclass
class NestpayBank:
    address: str = ""
    orders: dict[str, Order] = field(default_factory=dict)
    questions: list[bytes] = field(default_factory=list)

    def answer(self, asked: Asked) -> Reply:
        path = urlsplit(asked.path).path
        if (asked.method, path) == ("POST", "/fim/est3Dgate"):
            return self._open(asked)
        if (asked.method, path) == ("POST", "/fim/api"):
            self.questions.append(asked.body)
            return 200, "text/xml", self._tell(asked.body)
        return 404, "text/html", b"<h1>no</h1>"

    def _open(self, asked: Asked) -> Reply:
        given = parse_qs(asked.body.decode(), keep_blank_values=True, strict_parsing=True)
        fields = {name: value for name, (value,) in given.items()}
        if fields["clientid"] != CLIENT or fields["hash"] != ver3(list(fields.items())):
            return 400, "text/html", b"<h1>3D-1004 hash</h1>"
        self.orders.setdefault(fields["oid"], Order(fields))
        return 200, "text/html", b"<h1>Card number, please</h1>"

    def decide(self, oid: str, what: str) -> dict[str, str]:
        """approve, decline or pending; what the browser takes back then."""
        order = self.orders[oid]
        order.state = {"approve": "C", "decline": "D", "pending": "PN"}[what]
        return self.returned(oid, what == "approve")

    def returned(self, oid: str, is_approved: bool, **changes: str) -> dict[str, str]:
        sent = self.orders[oid].fields
        same = ("clientid", "oid", "amount", "currency", "storetype", "okUrl", "failUrl", "lang")
        fields = {
            **{name: sent[name] for name in same},
            "ReturnOid": oid,
            "TRANID": "",
            "Email": sent["email"],
            "BillToName": sent["BillToName"],
            "tel": sent["tel"],
            "mdStatus": "1",
            "mdErrorMsg": "Y-status/Challenge|back\\slash",
            "MaskedPan": "435508***4358",
            "Response": "Approved" if is_approved else "Declined",
            "ProcReturnCode": "00" if is_approved else "05",
            "TransId": "26123LtCH15933",
            "ErrMsg": "" if is_approved else "Nuk ka mjaftueshëm para",
            "EXTRA.TRXDATE": "20261103 10:11:12",
            "rnd": "aB3x",
            "hashAlgorithm": "ver3",
            "encoding": "UTF-8",
            **changes,
        }
        return {**fields, "HASH": ver3(list(fields.items()))}

    def _tell(self, body: bytes) -> bytes:
        asked = fromstring(body)
        assert asked.tag == "CC5Request" and asked.findtext("Extra/ORDERSTATUS") == "QUERY"
        oid = asked.findtext("OrderId")
        known = (asked.findtext("Name"), asked.findtext("Password"), asked.findtext("ClientId"))
        if known != (USER, PASSWORD, CLIENT):
            return _answer(oid, "Error", "99", "Invalid user name, password or client ID")
        order = self.orders.get(oid)
        if order is None or not order.state:
            return _answer(oid, "Error", "99", f"No record found for {oid}")
        amount = order.fields["amount"].replace(".", "").lstrip("0")
        extra = {
            "ORD_ID": oid,
            "CHARGE_TYPE_CD": order.kind,
            "ORIG_TRANS_AMT": amount,
            "CAPTURE_AMT": amount if order.state in ("A", "C", "S") else "",
            "TRANS_STAT": order.state,
            "TRANS_ID": "26123LtCH15933",
            "PROC_RET_CD": "00" if order.state in ("A", "C", "S") else "05",
        }
        inner = "".join(f"<{name}>{value}</{name}>" for name, value in extra.items())
        return _answer(oid, "Approved", "00", f"Record(s) found for {oid}", inner)


def _answer(oid: str, response: str, code: str, message: str, extra: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="ISO-8859-9"?>\n<CC5Response>'
        f"<ErrMsg>{message} ğ</ErrMsg><ProcReturnCode>{code}</ProcReturnCode>"
        f"<Response>{response}</Response><OrderId>{oid}</OrderId><TransId></TransId>"
        f"<Extra>{extra}<NUMCODE>0</NUMCODE></Extra></CC5Response>"
    ).encode("iso-8859-9")


@contextmanager
def nestpay_bank() -> Iterator[NestpayBank]:
    bank = NestpayBank()
    with serving(bank.answer) as bank.address:
        yield bank
