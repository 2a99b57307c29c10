"""What an operator types after `flask`."""

from flask import Flask

from app.commands.accounts import accounts
from app.commands.billing import billing
from app.commands.cases import cases
from app.commands.config import config
from app.commands.database import db
from app.commands.documents import documents
from app.commands.exports import exports
from app.commands.jobs import jobs
from app.commands.messages import mail, messages, sms
from app.commands.notify import notify
from app.commands.payments import payments
from app.commands.staff import staff
from app.commands.translations import translations


def register_commands(app: Flask) -> None:
    customers = (accounts, payments, cases, documents, exports)
    work = (jobs, notify, messages, mail, sms)
    for group in (db, billing, config, staff, *customers, *work, translations):
        app.cli.add_command(group)
