"""The routes, a package per topic."""

from flask import Flask

from app.blueprints.accounts.views import accounts
from app.blueprints.cases.views import cases
from app.blueprints.contracts.views import contracts
from app.blueprints.home.views import home
from app.blueprints.invoices.views import invoices
from app.blueprints.ownership.delegates import delegates
from app.blueprints.ownership.views import ownership
from app.blueprints.profile.views import profile
from app.blueprints.recovery.views import recovery
from app.blueprints.staff.views import staff
from app.blueprints.system.views import system


def register_blueprints(app: Flask) -> None:
    public = (system, home, accounts, recovery)
    customers = (profile, contracts, ownership, delegates, invoices, cases)
    for blueprint in (*public, *customers, staff):
        app.register_blueprint(blueprint)
