"""flask billing ..."""

import time
from pathlib import Path

import click
from flask.cli import AppGroup

from app.clock import today
from app.commands.billing_map import billing_map
from app.commands.billing_views import export_views_command
from app.commands.failing import fails_in_words
from app.web.current import services
from legacy_adapters.demo.generator import DemoSize, make_demo

billing = AppGroup("billing", help="The utility's billing database.")
billing.add_command(billing_map)
billing.add_command(export_views_command)


@billing.command("check")
@fails_in_words
def check_command() -> None:
    """Proves that billing answers and that the mapping fits its tables."""
    services().billing.verify()
    click.echo("Billing answers, and every table and column of the mapping is there.")


@billing.command("demo")
@click.option(
    "--contracts",
    type=click.IntRange(min=0),
    default=DemoSize.contracts,
    show_default=True,
    help="Generated contracts, beside the 305 of the demo users.",
)
@click.option("--seed", type=int, default=DemoSize.seed, show_default=True)
@click.option(
    "--months",
    type=click.IntRange(min=1, max=240),
    default=DemoSize.months,
    show_default=True,
    help="Months of history.",
)
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Where to write. Default: the demo's, in the data folder.",
)
def demo_command(contracts: int, seed: int, months: int, file: Path | None) -> None:
    """Makes the demo's billing database anew, up to today."""
    target = file or services().settings.demo_billing_file
    click.echo(f"Making {contracts:,} contracts with {months} months each in {target} ...")
    started = time.monotonic()
    make_demo(target, size=DemoSize(contracts=contracts, seed=seed, months=months), today=today())
    size = target.stat().st_size / 1_000_000
    click.echo(f"Done in {time.monotonic() - started:.1f} s: {size:,.0f} MB.")
