"""The pages' common root."""

from flask import Blueprint

staff_cases = Blueprint("staff_cases", __name__, url_prefix="/staff/cases")
