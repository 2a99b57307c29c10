"""flask payments ..."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import click
from flask.cli import AppGroup

from app.clock import HOME, today
from app.commands.failing import fails_in_words
from app.commands.moments import moment_words
from app.gateways.cards.port import NoList, Report
from app.gateways.errors import GatewayError
from app.payments.links import TooManyLinks
from app.payments.reconciliation import COLUMNS, SettlementFileError, read_settlement_file
from app.payments.records import OrderId, OrderNotFound, PayingIsOff
from app.payments.review import Overview
from app.services import PaymentServices
from app.web.current import services
from legacy_adapters.errors import ContractNotFound
from legacy_adapters.records import ContractCode

payments = AppGroup("payments", help="Payments by card.")
NO_BANK = "No bank is configured: set SELFCARE_PAYMENTS_GATEWAY."
LONGEST_ID = 10
DAY = click.DateTime(["%Y-%m-%d"])


def _all() -> PaymentServices:
    return services().payments


@payments.command("status")
@fails_in_words
def status_command() -> None:
    """Tells what is under way, what needs a person, and what was refused in the bank's name."""
    found = _all().review.overview()
    for state, count in sorted(found.postings.items()):
        click.echo(f"payments {state} in billing: {count}")
    click.echo(f"orders that need a person: {len(found.orders)}")
    for order in found.orders:
        click.echo(f"  {order.reference}  {order.state}  {order.problem}  {order.amount}")
    _tell_refusals(found)


def _tell_refusals(found: Overview) -> None:
    for day, gateway, reason, times in found.refusals:
        click.echo(f"refused on {day:%Y-%m-%d} from {gateway}: {times} times, {reason}")


@payments.command("show")
@click.argument("reference")
@fails_in_words
def show_command(reference: str) -> None:
    """Tells all that happened to one order, by its number or by the `order` that logs name."""
    ordering = _all().ordering
    try:
        is_id = reference.isdigit() and len(reference) < LONGEST_ID
        file = ordering.get_by_id(OrderId(int(reference))) if is_id else ordering.get(reference)
    except OrderNotFound:
        raise click.ClickException(f"There is no order {reference}.") from None
    order = file.order
    click.echo(f"{order.reference}  {order.state}  {order.amount} {order.currency}")
    if order.problem:
        click.echo(f"needs a person: {order.problem}")
    for posted in file.lines:
        line = posted.line
        told = f"{posted.posting or '-'} {posted.reason}".strip()
        click.echo(f"  {line.contract_code}  {line.invoice_number}  {line.amount}  {told}")
    for event in file.events:
        click.echo(f"  {moment_words(event.at)}  {event.state}  by {event.source}  {event.detail}")


@payments.command("poll")
@fails_in_words
def poll_command() -> None:
    """Asks the bank what it has not told, and brings paid money into billing. The job process
    does both by itself; this does it now."""
    _all().settling.hurry()
    _all().booking.hurry()
    asked = _all().settling.ask_due()
    done = _all().booking.work()
    click.echo(f"orders looked after: {asked}")
    click.echo(f"payments posted:     {done.posted}")
    click.echo(f"payments decided:    {done.decided}")


@payments.command("check-posting")
@fails_in_words
def check_command() -> None:
    """Proves that billing's staging table is there and fits. Writes nothing."""
    if not _all().booking.is_on:
        raise click.ClickException("Payments are not posted: set SELFCARE_POSTING_URL.")
    _all().booking.verify()
    click.echo("The staging table can be used.")


@payments.command("reconcile")
@click.option("--since", type=DAY, help="First day, by the customers' clock. Default: yesterday.")
@click.option("--until", type=DAY, help="Last day. Default: yesterday.")
@click.option(
    "--settlement-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The bank's list as CSV, where its interface gives none.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=THEIRS",
    help=f"What the file calls a column of ours: {', '.join(COLUMNS)}.",
)
@click.option("--settle", is_flag=True, help="Count now what the bank took and nobody told.")
@fails_in_words
def reconcile_command(
    since: datetime | None,
    until: datetime | None,
    settlement_file: Path | None,
    columns: tuple[str, ...],
    settle: bool,
) -> None:
    """Compares the bank's list, the portal and billing. Exit code 1: they differ."""
    first, last = _days(since, until)
    begin = datetime.combine(first, time(), HOME)
    end = datetime.combine(last + timedelta(days=1), time(), HOME)
    settlement = _read(settlement_file, columns)
    try:
        found = _all().reconciliation.compare(begin, end, settlement=settlement, settle=settle)
    except NoList:
        told = "This bank's interface gives no list: pass its own with --settlement-file."
        raise click.ClickException(told) from None
    except PayingIsOff:
        raise click.ClickException(NO_BANK) from None
    except GatewayError as error:
        raise click.ClickException(f"The bank cannot be asked: {error}") from error
    click.echo(f"{first:%Y-%m-%d} to {last:%Y-%m-%d}")
    click.echo(f"at the bank: {found.at_bank}, in billing: {found.in_billing}")
    click.echo(f"in the portal, by invoice: {found.in_portal}")
    if settle:
        click.echo(f"counted now: {found.settled}")
    for difference in found.differences:
        click.echo(f"  {difference.subject}: {difference.kind} ({difference.detail})")
    click.echo(f"differences: {len(found.differences)}")
    if found.differences:
        raise SystemExit(1)


def _days(since: datetime | None, until: datetime | None) -> tuple[date, date]:
    yesterday = today() - timedelta(days=1)
    first = since.date() if since else yesterday
    last = until.date() if until else max(first, yesterday)
    if last < first:
        raise click.UsageError("--until is before --since.")
    return first, last


def _read(file: Path | None, columns: tuple[str, ...]) -> list[Report] | None:
    if file is None:
        if columns:
            told = "--column names a column of --settlement-file: pass the file too."
            raise click.UsageError(told)
        return None
    names = {}
    for given in columns:
        name, _equals, theirs = given.partition("=")
        if name not in COLUMNS or not theirs:
            raise click.UsageError(f"--column {given}: use NAME=THEIRS, NAME of {COLUMNS}.")
        names[name] = theirs
    try:
        return read_settlement_file(file, names)
    except SettlementFileError as error:
        raise click.ClickException(str(error)) from error


@payments.command("link")
@click.argument("code")
@click.option("--revoke", is_flag=True, help="End all working links of the contract instead.")
@fails_in_words
def link_command(code: str, revoke: bool) -> None:
    """Prints a payment link for a contract, to be sent to who shall pay."""
    contract_code = ContractCode(code)
    if revoke:
        count = _all().links.revoke(contract_code, by=None)
        click.echo(f"links revoked: {count}")
        return
    try:
        services().billing.get_statement(contract_code)
        click.echo(_all().links.make_for(contract_code, made_by=None))
    except ContractNotFound:
        raise click.ClickException(f"Billing has no contract {code}.") from None
    except TooManyLinks:
        raise click.ClickException("It has many working links: end them with --revoke.") from None
