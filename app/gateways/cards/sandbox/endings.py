"""How a payment at the test bank can end: the usual, and what happens to shops now and then."""

from dataclasses import dataclass
from typing import Literal

from app.gateways.cards.port import Verdict

Flaw = Literal["", "amount", "currency", "order", "signature"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Callback:
    """after: seconds from the decision; is_late: from the moment that the payer chose."""

    verdict: Verdict
    after: float = 0.0
    is_late: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """verdict: the bank's own, as its books say; flaw: what is wrong in all that it tells by
    itself, its books and its answers being right; is_late: it says "pending" until the moment
    that the payer chose; is_reversed: the money goes back at that moment; code: why it was
    declined."""

    verdict: Verdict
    callbacks: tuple[Callback, ...] = ()
    comes_back: bool = True
    flaw: Flaw = ""
    is_late: bool = False
    is_reversed: bool = False
    code: str = "05"


PAID, REFUSED = Callback(verdict=Verdict.CAPTURED), Callback(verdict=Verdict.DECLINED)


def _paid(*callbacks: Callback, comes_back: bool = True, flaw: Flaw = "") -> Ending:
    return Ending(verdict=Verdict.CAPTURED, callbacks=callbacks, comes_back=comes_back, flaw=flaw)


USUAL = {
    "approve": _paid(PAID),
    "decline": Ending(verdict=Verdict.DECLINED, callbacks=(REFUSED,)),
    "cancel": Ending(verdict=Verdict.DECLINED, code="cancelled"),
}
UNUSUAL = {
    "approve_late": Ending(
        verdict=Verdict.CAPTURED,
        callbacks=(Callback(verdict=Verdict.CAPTURED, is_late=True),),
        is_late=True,
    ),
    "approve_twice": _paid(PAID, PAID),
    "approve_silently": _paid(comes_back=False),
    "callback_only": _paid(PAID, comes_back=False),
    "browser_only": _paid(),
    "decline_then_approve": _paid(REFUSED, Callback(verdict=Verdict.CAPTURED, after=1.0)),
    "wrong_amount": _paid(PAID, flaw="amount"),
    "wrong_currency": _paid(PAID, flaw="currency"),
    "wrong_order": _paid(PAID, flaw="order"),
    "wrong_signature": _paid(PAID, flaw="signature"),
    "approve_then_reverse": Ending(
        verdict=Verdict.CAPTURED,
        callbacks=(PAID, Callback(verdict=Verdict.REVERSED, is_late=True)),
        is_reversed=True,
    ),
}
ENDINGS = {**USUAL, **UNUSUAL}
