"""Asking NestPay what became of an order: its XML, both ways."""

from collections.abc import Mapping
from decimal import Decimal
from html import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from app.gateways.cards.port import OrderReference, Report, Verdict
from app.gateways.cards.values import code, find_minor_units
from app.gateways.errors import GatewayUnavailable

VERDICTS = {
    **dict.fromkeys(("A", "C", "S"), Verdict.CAPTURED),
    **dict.fromkeys(("D", "ERR"), Verdict.DECLINED),
    **dict.fromkeys(("CNCL", "V"), Verdict.REVERSED),
    "PN": Verdict.PENDING,
}
REFUND = "C"  # as CHARGE_TYPE_CD: what the bank tells of is money given back
UNKNOWN_ORDER = "no record found"


def question(reference: OrderReference, *, client_id: str, user: str, password: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<CC5Request><Name>{escape(user)}</Name><Password>{escape(password)}</Password>"
        f"<ClientId>{escape(client_id)}</ClientId><OrderId>{reference}</OrderId>"
        "<Extra><ORDERSTATUS>QUERY</ORDERSTATUS></Extra></CC5Request>"
    ).encode()


def read_answer(body: bytes, reference: OrderReference) -> Report:
    """Raises: GatewayUnavailable."""
    values = _read(body)
    status = values.get("Extra/TRANS_STAT", "")
    if not status:
        # An answer about a wrong password looks the same, but for its words.
        if UNKNOWN_ORDER in values.get("ErrMsg", "").lower():
            return Report(reference=reference, verdict=Verdict.ABSENT)
        told = code(values.get("ProcReturnCode", "")) or "no code"
        raise GatewayUnavailable(f"the bank does not tell of the order: {told}")
    if {values.get("OrderId"), values.get("Extra/ORD_ID")} - {None, "", reference}:
        raise GatewayUnavailable("the bank tells of another order")
    verdict = VERDICTS.get(status, Verdict.PENDING)
    if values.get("Extra/CHARGE_TYPE_CD") == REFUND and verdict is Verdict.CAPTURED:
        verdict = Verdict.REVERSED
    return Report(
        reference=reference,
        verdict=verdict,
        amount=_amount(values),
        transaction=code(values.get("Extra/TRANS_ID", "")),
        code=code(values.get("Extra/PROC_RET_CD", "")) or code(status),
    )


def _amount(values: Mapping[str, str]) -> Decimal | None:
    for name in ("CAPTURE_AMT", "ORIG_TRANS_AMT"):
        amount = find_minor_units(values.get(f"Extra/{name}", ""))
        if amount:
            return amount
    return None


def _read(body: bytes) -> dict[str, str]:
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise GatewayUnavailable("the bank's answer is not XML") from None
    if root.tag != "CC5Response":
        raise GatewayUnavailable("the bank's answer is not a CC5Response")
    values = {child.tag: (child.text or "").strip() for child in root}
    extra = root.find("Extra")
    for child in () if extra is None else extra:
        values[f"Extra/{child.tag}"] = (child.text or "").strip()
    return values
