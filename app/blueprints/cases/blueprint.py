"""Requests and complaints, as their customers file and follow them."""

from flask import Blueprint

cases = Blueprint("cases", __name__)
