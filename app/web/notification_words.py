"""What is told by which channel, in words."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.preferences import OF_CONTRACTS
from app.accounts.records import SwitchOff
from app.web.current import services

CHANNELS = {"email": _l("By e-mail"), "sms": _l("By SMS")}
NOTIFICATIONS = {
    "invoice": _l("A new invoice"),
    "reminder": _l("A reminder before and after the last day to pay"),
    "payment": _l("A payment has arrived"),
    "case": _l("News of a request or complaint"),
    "receipt": _l("The receipt of what you pay here"),
}
OF_CONTRACT = {what: NOTIFICATIONS[what] for what in OF_CONTRACTS}


def ended_by(link: SwitchOff) -> str:
    """`A new invoice, by e-mail, contract AL0000000`."""
    what, _by, channel = link.preference.rpartition("_by_")
    parts = [str(NOTIFICATIONS[what]), str(CHANNELS[channel]).lower()]
    if link.contract_code:
        parts.append(_("contract %(code)s", code=link.contract_code))
    return ", ".join(parts)


def keywords() -> str:
    """How to ask by phone, where one can."""
    phones = services().settings.phones
    if not services().settings.asks_by_phone:
        return ""
    told = []
    if phones.short_code:
        told.append(
            _(
                "From your confirmed phone you can text 0 to %(number)s to hear what you owe, and"
                " 1 for your consumption.",
                number=phones.short_code,
            )
        )
    if phones.ussd_code:
        told.append(_("Or dial %(code)s.", code=phones.ussd_code))
    return " ".join(told)
