"""The work of the job process: what it does, and how often."""

from functools import partial

from app.accounts.records import AccountId
from app.clock import HOME, now
from app.messages.delivery import Delivery
from app.messages.records import Channel
from app.messages.store import Claimed
from app.notifications.rules import is_quiet
from app.services import Services
from config.notifications import NotificationSettings
from legacy_adapters.records import ContractCode

DELIVER, POST = "deliver_messages", "post_payments"
SOON = 2.0  # seconds: somebody looks at a progress bar
MINUTE, HOUR, QUARTER_DAY = 60.0, 3_600.0, 21_600.0
OFTEN = 15.0  # seconds: somebody may be waiting for it


def register_jobs(services: Services) -> None:
    """The work of the job process, by the names under which pages ask for it."""
    jobs = services.jobs
    delivery = Delivery(
        database=services.database,
        sender=services.sender,
        clock=now,
        is_quiet=partial(_is_quiet, services.settings.notifications),
        is_wanted=partial(_is_wanted, services),
        when_bounced=services.bounces.count,
    )
    stopping = jobs.stopping.is_set
    jobs.register(DELIVER, lambda: delivery.deliver_due(stopping), every=MINUTE)
    for channel in Channel:  # beside each other: a night's e-bills must not keep SMS waiting
        bulk = partial(delivery.deliver_bulk, channel, stopping)
        jobs.register(f"deliver_bulk_{channel}", bulk, every=OFTEN, apart=True)
    exports = services.exports
    make = partial(exports.worker.run, stopping)
    jobs.register("make_exports", make, every=SOON, apart=True)
    forget = partial(exports.desk.forget_old, stopping)
    jobs.register("forget_old_exports", forget, every=HOUR, apart=True)  # its storage may hang
    _register_notifications(services)
    payments = services.payments
    jobs.register(POST, lambda: payments.booking.work(stopping), every=OFTEN)
    jobs.register("ask_bank", lambda: payments.settling.ask_due(stopping), every=OFTEN)
    documents = services.documents
    jobs.register("sweep_documents", lambda: documents.sweep_often(stopping), every=5 * MINUTE)
    jobs.register("sweep_storage", lambda: documents.sweep(stopping), every=QUARTER_DAY)
    sweep_known = partial(services.last_known.sweep, stopping)
    jobs.register("sweep_last_known", sweep_known, every=HOUR)
    jobs.register("forget_expired", services.accounts.forget_expired, every=HOUR)
    jobs.register("forget_staff_sessions", services.staff.forget_expired, every=HOUR)
    jobs.register("forget_old_drafts", services.cases.drafting.forget_old, every=HOUR)
    checking = services.certificates.checking
    jobs.register("end_certificates", lambda: checking.end_outdated(stopping), every=HOUR)
    jobs.register("forget_old_messages", services.messages.forget_old, every=HOUR)


def _register_notifications(services: Services) -> None:
    jobs, finder = services.jobs, services.notifications.finder
    minutes = services.settings.notifications.every_minutes
    if minutes:
        stopping = jobs.stopping.is_set
        look = partial(finder.run_quietly, stopping)
        jobs.register("notify", look, every=minutes * MINUTE, apart=True)
    jobs.register("forget_old_news", finder.forget_old, every=QUARTER_DAY)
    jobs.register("forget_pay_links", services.payments.links.forget_old, every=QUARTER_DAY)
    jobs.register("forget_old_links", services.preferences.forget_old_links, every=QUARTER_DAY)
    jobs.register("forget_old_questions", services.notifications.answering.forget_old, every=HOUR)


def _is_wanted(services: Services, message: Claimed) -> bool:
    is_sms = message.channel == Channel.SMS
    if is_sms and message.is_bulk and not services.phones.is_served(message.recipient):
        return False
    if message.account_id is None or message.preference is None:
        return False  # the account is closed
    return services.preferences.is_wanted(
        AccountId(message.account_id),
        message.preference,
        ContractCode(message.contract_code) if message.contract_code else None,
        message.recipient,
    )


def _is_quiet(settings: NotificationSettings, channel: Channel) -> bool:
    there = now().astimezone(HOME).time()
    is_night = is_quiet(there, start=settings.quiet_from, end=settings.quiet_to)
    return channel is Channel.SMS and is_night
