"""NestPay's 3D Pay Hosting: the card is typed on the bank's page, its outcome comes signed."""

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from app.gateways.cards.nestpay.hash import hash_of
from app.gateways.cards.nestpay.notice import ALL_NUMBER, read_notice
from app.gateways.cards.nestpay.status import question, read_answer
from app.gateways.cards.port import (
    ALL,
    Checkout,
    Handover,
    NoList,
    Notice,
    OrderReference,
    Report,
)
from app.gateways.cards.values import phone
from app.gateways.errors import GatewayUnavailable, Refused
from app.gateways.http import HttpDoor
from config.addresses import web_origin
from config.cards import NestpaySettings

REFRESH_SECONDS = "10"  # how long the bank shows its own result before it sends the payer back
XML = {"Content-Type": "text/xml; charset=UTF-8"}


class NestpayCards:
    name = "nestpay"

    def __init__(self, settings: NestpaySettings) -> None:
        self._settings = settings
        self._door = HttpDoor(settings.seconds)
        self._store_key = settings.store_key.get_secret_value()
        self.form_target = web_origin(settings.gate_url)
        self.callback_answer = settings.callback_answer

    def begin(self, checkout: Checkout) -> Handover:
        if checkout.currency != ALL or checkout.amount <= 0:
            raise Refused("the bank takes lek, above 0")
        fields = {
            "clientid": self._settings.client_id,
            "storetype": "3d_pay_hosting",
            "TranType": "Auth",
            "amount": f"{checkout.amount:.2f}",
            "currency": ALL_NUMBER,
            "oid": checkout.reference,
            "okUrl": checkout.return_url,
            "failUrl": checkout.return_url,
            "callbackUrl": checkout.callback_url,
            "lang": checkout.language,
            "rnd": secrets.token_hex(10),
            "refreshtime": REFRESH_SECONDS,
            "hashAlgorithm": "ver3",
            "encoding": "UTF-8",
            **_payer(checkout),
        }
        fields["hash"] = hash_of(fields, self._store_key)
        return Handover(address=self._settings.gate_url, fields=fields)

    def read_notice(self, fields: Mapping[str, str], body: bytes = b"") -> Notice:
        return read_notice(fields, self._settings.client_id, self._store_key)

    def ask(self, reference: OrderReference, bank_reference: str = "") -> Report:
        settings = self._settings
        asked = question(
            reference,
            client_id=settings.client_id,
            user=settings.api_user,
            password=settings.api_password.get_secret_value(),
        )
        answer = self._door.ask("POST", settings.api_url, body=asked, headers=XML)
        if not answer.is_ok:
            raise GatewayUnavailable(f"the bank answers {answer.status}")
        return read_answer(answer.body, reference)

    def list_captures(self, since: datetime, until: datetime) -> Sequence[Report]:
        raise NoList


def _payer(checkout: Checkout) -> dict[str, str]:
    """What the payer can choose comes back within the bank's hash, and that holds values without
    their names: renamed, a name could stand for an order's amount, a phone for an approval. So
    each has only a shape that nothing else has: no digits, an @, or nothing but digits."""
    name = re.sub(r"[^\w .'-]|[\d_]", "", checkout.payer_name).strip()[:64]
    email = checkout.payer_email
    return {
        "BillToName": name if " " in name else "",
        "email": email if re.fullmatch(r"[!-~]+@[!-~]+", email) and len(email) <= 64 else "",  # noqa: PLR2004
        "tel": phone(checkout.payer_phone),
    }
