"""What every page that begins a payment needs: who pays, and why something cannot be paid."""

from typing import Any

from flask import redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from app.gateways.errors import GatewayError
from app.payments.links import PayLink
from app.payments.ordering import FiguresChanged
from app.payments.records import (
    ChoiceRefused,
    InPayment,
    NotNow,
    Order,
    Payer,
    PayingIsOff,
    Refusal,
)
from app.web.current import formats, has_session_cookie, services, signed_in
from app.web.errors import log_failure
from app.web.forms import PortalForm
from app.web.language import language
from legacy_adapters.errors import BillingError
from legacy_adapters.failures import log_billing_failed

BEGUN, BEGUN_KEPT = "begun", 5  # in the session: the newest payments begun by links

REFUSALS = {
    Refusal.NOTHING: _l("Choose at least one invoice to pay."),
    Refusal.GONE: _l("Some invoices you chose are no longer open. Check the total and try again."),
    Refusal.NOT_PAYABLE: _l("Nothing is owed on some of the invoices you chose."),
    Refusal.NOTHING_LEFT: _l("All that is owed there is paid, or in a payment already."),
    Refusal.TOO_OFTEN: _l(
        "Very many payments were begun here within an hour. Please wait a while."
    ),
}


def payer() -> Payer:
    """Whoever is signed in."""
    return Payer(account_id=signed_in().account.id, link_id=None, language=language())


def payer_by(link: PayLink) -> Payer:
    return Payer(account_id=None, link_id=link.id, language=language())


def sees_all(order: Order) -> bool:
    """Whether who asks is the account that began it. All others who know its address learn its
    amount and state."""
    if order.account_id is None or not has_session_cookie() or not current_user.is_authenticated:
        return False
    return bool(signed_in().account.id == order.account_id)


def remember_begun(reference: str) -> None:
    """That this browser began the payment, by a link."""
    session[BEGUN] = [*session.get(BEGUN, []), reference][-BEGUN_KEPT:]


def was_begun_here(order: Order) -> bool:
    """By a link, in this browser: it has seen whose bill that is, as far as the link shows it."""
    return order.link_id is not None and order.reference in session.get(BEGUN, ())


def refuse(form: PortalForm, error: Exception, *, not_now: Any = None) -> int:
    """Says on the form why it cannot be done; returns the status to answer with.

    not_now: what to say where the payment's state does not allow it.
    """
    match error:
        case ChoiceRefused() | InPayment():
            form.refuse(in_words(error))
            return 400
        case FiguresChanged():
            form.refuse(
                _(
                    "What is owed has changed meanwhile. Please give this payment up, if it is"
                    " still open, and choose again."
                )
            )
            return 409
        case NotNow() | PayingIsOff():
            form.refuse(not_now or _("This payment can no longer be taken to the bank."))
            return 409
        case GatewayError():
            log_failure("the bank cannot be reached", error, "is the bank's interface reachable?")
            form.refuse(
                _("The bank does not answer right now. We keep asking it. Please try again soon.")
            )
            return 503
        case BillingError():
            log_billing_failed(error, endpoint=request.endpoint)
            form.refuse(
                _("Nothing can be paid before our billing system answers. Your choice is kept.")
            )
            return 503
    raise error


def in_words(error: ChoiceRefused | InPayment) -> str:
    """Why what was chosen cannot be paid."""
    limits = services().settings.payments
    if isinstance(error, InPayment):
        return str(
            _(
                "Already in a payment that is under way: invoice %(numbers)s. Wait until it is"
                " over, or leave it out.",
                numbers=", ".join(error.numbers[:5]),
            )
        )
    if error.refusal is Refusal.TOO_MANY:
        return str(_("One payment can hold %(most)s invoices at most.", most=limits.most_invoices))
    if error.refusal is Refusal.TOO_MUCH:
        most = formats().money(limits.most_amount)
        return str(_("One payment can be of %(most)s at most. Choose less.", most=most))
    return str(REFUSALS[error.refusal])


def refuse_in_payment(error: InPayment) -> ResponseReturnValue | None:
    """The way to the payment that has the invoices, where it is one's own."""
    if error.reference is None:
        return None
    return redirect(url_for("payments.show", reference=error.reference), code=303)
