"""A CAST that makes a number of a text: told apart, so that the doctor can look at the texts."""

from typing import Any

from sqlalchemy import Cast


class TextAsNumber(Cast[Any]):
    """Where a text is no number one database fails, and SQLite takes 12 of '12 lek'."""

    inherit_cache = True
