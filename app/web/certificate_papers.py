"""A certificate's address and paper, for customers and staff alike."""

from flask import Response
from flask_babel import gettext as _

from app.certificates.records import ApplicationId, number_of

APPLICATION = "/<string(maxlength=15):number>"


def application_id(number: str) -> ApplicationId:
    """0, which nobody has, for what is no number of an application."""
    digits = number.removeprefix("VD")
    is_number = number.startswith("VD") and digits.isascii() and digits.isdigit()
    found = ApplicationId(int(digits) if is_number else 0)
    return found if number_of(found) == number else ApplicationId(0)


def send_certificate(paper: bytes, number: str) -> Response:
    """number: of an application that there is."""
    name = _("debt-certificate-%(number)s", number=number)
    return Response(
        paper,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
    )
