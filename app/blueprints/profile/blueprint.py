"""The pages of one's own account."""

from flask import Blueprint

profile = Blueprint("profile", __name__)
