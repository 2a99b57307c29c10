"""The client of the test bank: orders go signed by the browser, answers come signed."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from app.gateways.cards.port import (
    Checkout,
    Forged,
    Handover,
    Notice,
    OrderReference,
    Report,
    Verdict,
)
from app.gateways.cards.sandbox import signing
from app.gateways.cards.values import code, find_amount, find_reference, read_json, text_in
from app.gateways.errors import GatewayUnavailable, Refused
from app.gateways.http import HttpDoor
from config.addresses import web_origin
from config.cards import SandboxSettings

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class SandboxCards:
    name = "sandbox"
    callback_answer = "OK"

    def __init__(self, settings: SandboxSettings) -> None:
        self._address = settings.address
        self._secret = settings.secret.get_secret_value()
        self._door = HttpDoor(settings.seconds)
        self.form_target = web_origin(settings.address)

    def begin(self, checkout: Checkout) -> Handover:
        if checkout.amount <= 0:
            raise Refused("the bank takes amounts above 0")
        fields = {
            "reference": checkout.reference,
            "amount": f"{checkout.amount:.2f}",
            "currency": checkout.currency,
            "language": checkout.language,
            "return_url": checkout.return_url,
            "callback_url": checkout.callback_url,
        }
        signed = signing.sign(signing.ORDER, fields, self._secret)
        return Handover(address=f"{self._address}/pay", fields=signed)

    def read_notice(self, fields: Mapping[str, str], body: bytes = b"") -> Notice:
        if signing.SIGNATURE not in fields:
            raise Forged("it is not signed")
        if not signing.is_signed(signing.NOTICE, fields, self._secret):
            raise Forged("its signature is wrong")
        report = _find_report(fields)
        if report is None:
            raise Forged("it names no order of ours")
        return Notice(reference=report.reference, report=report)

    def ask(self, reference: OrderReference, bank_reference: str = "") -> Report:
        report = _find_report(self._ask("status", signing.STATUS, {"reference": reference}))
        if report is None or report.reference != reference:
            raise GatewayUnavailable("the bank tells of another order")
        return report

    def list_captures(self, since: datetime, until: datetime) -> Sequence[Report]:
        span = {"since": since.isoformat(), "until": until.isoformat()}
        found = self._ask("list", signing.LIST, span).get("captures")
        if not isinstance(found, list):
            raise GatewayUnavailable("the bank's list cannot be read")
        reports = [_find_report(row) if isinstance(row, dict) else None for row in found]
        if None in reports:
            raise GatewayUnavailable("the bank's list cannot be read")
        return [report for report in reports if report is not None]

    def _ask(self, path: str, kind: str, fields: Mapping[str, str]) -> dict[str, Any]:
        """The answer holds what is told, as JSON, after a line with its signature."""
        # A question is never the same twice, and so no answer serves again.
        asked = signing.sign(kind, {**fields, "nonce": secrets.token_hex(16)}, self._secret)
        url = f"{self._address}/{path}"
        answer = self._door.ask("POST", url, body=urlencode(asked).encode(), headers=FORM)
        if not answer.is_ok:
            raise GatewayUnavailable(f"the bank answers {answer.status}")
        signature, _, told = answer.body.partition(b"\n")
        given, question = signature.decode("ascii", "replace"), asked[signing.SIGNATURE]
        if not signing.is_answer_signed(question, told, given, self._secret):
            raise GatewayUnavailable("the bank's answer is not signed as it should be")
        return read_json(told)


def _find_report(values: Mapping[str, Any]) -> Report | None:
    reference = find_reference(text_in(values, "reference"))
    verdict = text_in(values, "verdict")
    if reference is None or verdict not in set(Verdict):
        return None
    return Report(
        reference=reference,
        verdict=Verdict(verdict),
        amount=find_amount(text_in(values, "amount")),
        currency=code(text_in(values, "currency")),
        transaction=code(text_in(values, "transaction")),
        at=_find_moment(text_in(values, "at")),
        code=code(text_in(values, "code")),
    )


def _find_moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
