"""What an operator types after `flask`."""

from flask import Flask

from app.commands.billing import billing
from app.commands.config import config
from app.commands.database import db


def register_commands(app: Flask) -> None:
    for group in (db, billing, config):
        app.cli.add_command(group)
