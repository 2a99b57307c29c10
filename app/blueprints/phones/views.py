"""What the SMS and USSD gateways ask and tell. They are machines in the utility's own network:
see gateway_door.py."""

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from app.accounts.contact import international_phone
from app.gateways.sms.alphabet import fits, transliterated
from app.messages.records import Report
from app.web.current import services
from app.web.gateway_door import refuse_strangers

phones = Blueprint("phones", __name__)
# Kannel's bits; while it is under way (4, 8) nothing is settled.
REPORTS = {1: Report.DELIVERED, 2: Report.FAILED, 16: Report.REFUSED}
LONGEST_ID = 100


@phones.route("/sms/kannel", methods=["GET", "POST"])
def sms() -> ResponseReturnValue:
    """Kannel's sms-service: `key`, `from` (%p), `text` (%a), `id` (%I). The body is the answer,
    empty for none. Kannel asks by GET; what it changes, it changes once for each id."""
    refuse_strangers()
    number = international_phone(request.values.get("from", "")[:40])
    if number is None:
        return _text("")
    answer = services().notifications.answering.answer_sms(
        number,
        request.values.get("text", ""),
        message_id=request.values.get("id", "")[:LONGEST_ID],
    )
    return _sms(answer)


@phones.route("/sms/report", methods=["GET", "POST"])
def report() -> ResponseReturnValue:
    """Kannel's delivery report: `key`, `id` (ours), `status` (%d)."""
    refuse_strangers()
    found = REPORTS.get(request.values.get("status", 0, type=int))
    if found is not None:
        services().messages.take_report(request.values.get("id", "")[:LONGEST_ID], found)
    return _text("")


@phones.post("/ussd")
def ussd() -> ResponseReturnValue:
    """`key`, `phoneNumber`, `text` (what was typed so far, as `1*2`); the answer begins with CON
    or END."""
    refuse_strangers()
    number = international_phone(request.values.get("phoneNumber", "")[:40])
    answering = services().notifications.answering
    if number is None:
        return _text("END", 400)
    screen = answering.answer_ussd(number, request.values.get("text", ""))
    return _text(_in_alphabet(screen))


def _sms(text: str) -> Response:
    """The headers count where Kannel's service accepts them."""
    text = _in_alphabet(text)
    answer = _text(text)
    answer.headers["X-Kannel-Charset"] = "UTF-8"
    answer.headers["X-Kannel-Coding"] = "0" if fits(text) else "2"
    return answer


def _text(text: str, status: int = 200) -> Response:
    return Response(text, status, mimetype="text/plain")


def _in_alphabet(text: str) -> str:
    return transliterated(text) if services().settings.sms.transliterate else text
