"""Choosing invoices to pay."""

from app.web.forms import PortalForm


class PayForm(PortalForm):
    """Its boxes are as many as the open invoices; the view reads their numbers."""
