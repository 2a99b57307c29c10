"""Requests and complaints."""

from app.blueprints.cases import filing, papers, views
from app.blueprints.cases.blueprint import cases

__all__ = ["cases", "filing", "papers", "views"]
