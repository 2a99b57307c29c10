"""The routes, a package per topic."""

from flask import Flask

from app.blueprints.accounts.views import accounts
from app.blueprints.cases import cases
from app.blueprints.certificates.views import certificates
from app.blueprints.contracts.views import contracts
from app.blueprints.exports.views import exports
from app.blueprints.faq.views import faq
from app.blueprints.home.views import home
from app.blueprints.invoices.views import invoices
from app.blueprints.notifications.views import notifications
from app.blueprints.ownership.delegates import delegates
from app.blueprints.ownership.labels import labels
from app.blueprints.ownership.views import ownership
from app.blueprints.pay_links.views import pay_links
from app.blueprints.payments.views import payments
from app.blueprints.phones.views import phones
from app.blueprints.profile.views import profile
from app.blueprints.recovery.views import recovery
from app.blueprints.staff.views import staff
from app.blueprints.staff_accounts.views import staff_accounts
from app.blueprints.staff_audit.views import staff_audit
from app.blueprints.staff_case_papers.views import staff_case_papers
from app.blueprints.staff_cases import staff_cases
from app.blueprints.staff_certificates.views import staff_certificates
from app.blueprints.staff_content.views import staff_content
from app.blueprints.staff_members.views import staff_members
from app.blueprints.staff_messages.views import staff_messages
from app.blueprints.staff_payments.views import staff_payments
from app.blueprints.system.views import system
from app.blueprints.verify.views import verify


def register_blueprints(app: Flask) -> None:
    public = (system, home, faq, accounts, recovery, verify, phones)
    customers = (
        *(profile, contracts, ownership, labels, delegates, invoices, payments, pay_links, cases),
        *(certificates, notifications, exports),
    )
    back_office = (
        *(staff, staff_cases, staff_accounts, staff_payments, staff_content),
        *(staff_members, staff_audit, staff_case_papers, staff_certificates, staff_messages),
    )
    for blueprint in (*public, *customers, *back_office):
        app.register_blueprint(blueprint)
