"""Requests and complaints."""

from app.blueprints.cases import editing, filing, papers, views
from app.blueprints.cases.blueprint import cases

__all__ = ["cases", "editing", "filing", "papers", "views"]
