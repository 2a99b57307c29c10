"""Requests and complaints."""

from app.blueprints.cases import filing, views
from app.blueprints.cases.blueprint import cases

__all__ = ["cases", "filing", "views"]
