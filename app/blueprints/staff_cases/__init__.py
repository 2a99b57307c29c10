"""Requests and complaints, for the utility's people."""

from app.blueprints.staff_cases import queue, views
from app.blueprints.staff_cases.blueprint import staff_cases

__all__ = ["queue", "staff_cases", "views"]
