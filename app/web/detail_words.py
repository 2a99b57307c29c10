"""What the trail and payments keep in details, in words: known ones alone. Numbers, codes and what
somebody wrote stay as they are."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.accounts.records import Right
from app.cases.records import What
from app.payments.records import Source
from app.payments.records import State as Payment
from app.payments.review import Decision
from app.staff.customers import Occasion
from app.web import case_words, certificate_words
from app.web.current import formats
from app.web.staff_words import ROLES

SANDBOX = "sandbox"
WORDS: dict[str, Any] = {
    **{what.value: word for what, word in case_words.WHAT.items()},
    "waiting": _l("waiting"),
    "waiting information": _l("waiting for information"),
    "in progress": _l("in progress"),
    "done": _l("done"),
    "refused": _l("refused"),
    "withdrawn": _l("withdrawn"),
    **{kind.value: word for kind, word in certificate_words.KINDS.items()},
    **{why.value: word for why, word in certificate_words.WHY_ENDED.items()},
    Payment.OPEN: _l("not paid yet"),
    Payment.AT_BANK: _l("at the bank"),
    Payment.UNKNOWN: _l("not known yet"),
    Payment.DECLINED: _l("refused by the bank"),
    Payment.CANCELLED: _l("cancelled by the payer"),
    Payment.EXPIRED: _l("time ran out"),
    Payment.PAID: _l("paid, being processed"),
    Payment.BOOKED: _l("paid"),
    Payment.REVIEW: _l("being looked into"),
    Payment.CLOSED: _l("closed"),
    Source.RETURN: _l("the payer’s return"),
    Source.CALLBACK: _l("the bank’s call"),
    Source.POLLER: _l("asking the bank"),
    Source.PAYER: _l("the payer"),
    Source.STAFF: _l("staff"),
    Source.OPERATOR: _l("an operator"),
    Source.BILLING: _l("billing"),
    Source.CLOCK: _l("the clock"),
    Decision.POST: _l("post it"),
    Decision.TRY_AGAIN: _l("try again"),
    Decision.NOT_PAID: _l("not paid"),
    Decision.SOLVED: _l("solved"),
    "captured": _l("taken by the bank"),
    "pending": _l("not decided yet"),
    "absent": _l("not tried"),
    "reversed": _l("given back"),
    "billing's figures have changed": _l("billing’s figures have changed"),
    "a bank that is not configured": _l("a bank that is not configured"),
    "an order that is not ours": _l("an order that is not ours"),
    "another amount than the order's": _l("another amount than the order’s"),
    "it is not signed": _l("it is not signed"),
    "its signature is wrong": _l("its signature is wrong"),
    "its hash is wrong": _l("its hash is wrong"),
    "it is for another merchant": _l("it is for another merchant"),
    "it names no order of ours": _l("it names no order of ours"),
    "a field stands there twice": _l("a field stands there twice"),
    SANDBOX: _l("the test bank"),
    Right.VIEW: _l("see"),
    Right.PAY: _l("see and pay"),
    Occasion.CALLER: _l("the customer calls or is here"),
    Occasion.LETTER: _l("a letter or an e-mail"),
    Occasion.CASE: _l("a request or a complaint"),
    Occasion.SAFETY: _l("something we noticed"),
    "recovery": _l("after a forgotten password"),
    "screen": _l("shown on the page"),
    "email": _l("by e-mail"),
    "sms": _l("by SMS"),
    **{role.value: word for role, word in ROLES.items()},
    "by a first password": _l("by a first password"),
    "unknown or disabled name": _l("unknown or locked name"),
    "tries used up": _l("tries used up"),
    "wrong password": _l("wrong password"),
    "wrong or used code": _l("wrong or used code"),
    "code used meanwhile": _l("code used meanwhile"),
    "empty": _l("empty"),
    "too large": _l("too large"),
    "unknown kind": _l("unknown kind"),
    "not what its name says": _l("not what its name says"),
    "broken": _l("broken"),
    "active content": _l("active content"),
    "encrypted": _l("protected by a password"),
    "picture too large": _l("picture too large"),
    "infected": _l("with a virus"),
    "too many": _l("too many"),
    "as shipped": _l("as it came with the portal"),
    "all": _l("all"),
}
WORDS[What.CHANGED] = _l("changed")  # of a request, and of a password
COUNTED: dict[str, Callable[[int], str]] = {
    "contracts": lambda n: ngettext("%(num)d contract", "%(num)d contracts", n),
    "invoices": lambda n: ngettext("%(num)d invoice", "%(num)d invoices", n),
    "sessions": lambda n: ngettext("%(num)d session", "%(num)d sessions", n),
    "links": lambda n: ngettext("%(num)d link", "%(num)d links", n),
    "mails": lambda n: ngettext("%(num)d e-mail", "%(num)d e-mails", n),
    "messages": lambda n: ngettext("%(num)d message", "%(num)d messages", n),
}
NUMBERED: dict[str, Callable[[str], str]] = {
    "message": lambda n: _("message %(number)s", number=n),
    "document": lambda n: _("document %(number)s", number=n),
    "account": lambda n: _("account %(number)s", number=n),
    "version": lambda n: _("version %(number)s", number=n),
}
BETWEEN = re.compile(r"(: |, | -> )")
SAME = re.compile(r"(^|: |, )([^:,]+) -> \2(?=$|: |, )")  # nothing went anywhere
COUNT = re.compile(rf"(\d{{1,9}}) ({'|'.join(COUNTED)})")
NUMBER = re.compile(rf"({'|'.join(NUMBERED)}) (\d{{1,9}})")
PAIR = re.compile(r"(.+) (by|to|for|of|from) (.+)")
JOINED = {
    "by": _l("%(what)s, by %(whom)s"),
    "to": _l("%(what)s → %(whom)s"),
    "for": _l("%(what)s for %(whom)s"),
    "of": _l("%(what)s of %(whom)s"),
    "from": _l("%(what)s, from %(whom)s"),
}
# As payments.settling writes what a bank said.
REPORT = re.compile(
    r"(captured|declined|pending|absent|reversed)(?: (\d+(?:\.\d+)?))?(?: ([A-Z]{3}))?"
    r"(?: code (.+?))?(?: transaction (.+))?"
)


def detail_words(detail: str) -> str:
    parts = BETWEEN.split(SAME.sub(r"\1\2", detail))
    told = [" → " if part == " -> " else part for part in parts[1::2]]
    words = [_part(part) for part in parts[::2]]
    return "".join(word + mark for word, mark in zip(words, [*told, ""], strict=True))


def _part(text: str) -> str:
    if text in WORDS:
        return str(WORDS[text])
    if found := COUNT.fullmatch(text):
        return COUNTED[found[2]](int(found[1]))
    if found := NUMBER.fullmatch(text):
        return NUMBERED[found[1]](found[2])
    if found := REPORT.fullmatch(text):
        return _report(*found.groups())
    if found := PAIR.fullmatch(text):
        what, whom = _part(found[1]), _part(found[3])
        if (what, whom) != (found[1], found[3]):
            return str(JOINED[found[2]]) % {"what": what, "whom": whom}
    return text


def _report(
    verdict: str, amount: str | None, currency: str | None, code: str | None, number: str | None
) -> str:
    told = [str(WORDS[verdict])]
    if amount:
        told.append(f"{formats().amount(Decimal(amount))} {currency or ''}".strip())
    if code:
        told.append(_("code %(code)s", code=code))
    if number:
        told.append(_("transaction %(number)s", number=number))
    return ", ".join(told)
