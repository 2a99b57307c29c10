"""What comes back from NestPay by the payer's browser or by a callback."""

from collections.abc import Mapping

from app.gateways.cards.nestpay.hash import is_right
from app.gateways.cards.port import ALL, Forged, Notice, OrderReference, Report, Verdict
from app.gateways.cards.values import code, find_amount, find_reference

ALL_NUMBER = "008"
IS_AUTHENTICATED, IS_DONE = "1", "00"


def read_notice(fields: Mapping[str, str], client_id: str, store_key: str) -> Notice:
    """Raises: Forged."""
    values = _by_small_name(fields)
    if "hash" not in values:
        raise Forged("it is not signed")
    if not is_right(fields, values["hash"], store_key):
        raise Forged("its hash is wrong")
    if values.get("clientid") != client_id:
        raise Forged("it is for another merchant")
    reference = find_reference(values.get("oid", ""))
    if reference is None:
        raise Forged("it names no order of ours")
    return Notice(reference=reference, report=_report(reference, values))


def _by_small_name(fields: Mapping[str, str]) -> dict[str, str]:
    """Which of two values counts would be the sender's choice, the hash being right for both."""
    values: dict[str, str] = {}
    for name, value in fields.items():
        if values.setdefault(name.lower(), value) != value:
            raise Forged("a field stands there twice")
    return values


def _report(reference: OrderReference, values: Mapping[str, str]) -> Report | None:
    """None where the fields contradict each other."""
    verdict = _verdict(values)
    amount = find_amount(values.get("amount", ""))
    if verdict is None or (verdict is Verdict.CAPTURED and not amount):
        return None
    currency = code(values.get("currency", ""))
    return Report(
        reference=reference,
        verdict=verdict,
        amount=amount,
        currency=ALL if currency == ALL_NUMBER else currency,
        transaction=code(values.get("transid", "")),
        code=code(values.get("procreturncode", "")),
    )


def _verdict(values: Mapping[str, str]) -> Verdict | None:
    is_done = values.get("procreturncode") == IS_DONE
    match values.get("response", "").lower():
        case "approved" if is_done and values.get("mdstatus") == IS_AUTHENTICATED:
            return Verdict.CAPTURED
        case "declined" | "error" if not is_done:
            return Verdict.DECLINED
        case _:
            return None
