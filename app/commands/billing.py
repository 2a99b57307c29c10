"""flask billing ..."""

import time
from pathlib import Path

import click
from flask.cli import AppGroup

from app.clock import today
from app.commands.billing_map import billing_map
from app.commands.billing_staging import demo_post_command, export_staging_command
from app.commands.billing_views import export_views_command
from app.commands.failing import WHICH_BILLING, fails_in_words
from app.web.current import services
from legacy_adapters.demo.generator import MOST_GENERATED, DemoSize, make_demo, read_description
from legacy_adapters.doctor import SCAN_LIMIT, Level, examine

billing = AppGroup("billing", help="The utility's billing database.")
billing.add_command(billing_map)
billing.add_command(export_views_command)
billing.add_command(export_staging_command)
billing.add_command(demo_post_command)


@billing.command("check")
@click.option("--json", "as_json", is_flag=True, help="For a program; docs/billing-check.md.")
@click.option(
    "--scan-limit",
    type=click.IntRange(min=0),
    default=SCAN_LIMIT,
    show_default=True,
    help="Reading all of a table with more rows than this is a warning.",
)
def check_command(as_json: bool, scan_limit: int) -> None:
    """Reports to a DBA whether billing and its mapping fit, and how well. Writes nothing.

    Exit code 1: something is broken, or billing does not answer.
    """
    settings = services().settings
    report = examine(settings.billing_url, settings.billing, today=today(), scan_limit=scan_limit)
    broken = [finding for finding in report.findings if finding.level is Level.BROKEN]
    if as_json:
        click.echo(report.to_json())
    elif not report.answered and len(broken) == 1:
        raise click.ClickException(f"{broken[0].found}\n{WHICH_BILLING}")
    else:
        click.echo(report.to_text())
    if broken:
        raise SystemExit(1)


billing.add_command(billing_map)


@billing.command("demo")
@click.option(
    "--contracts",
    type=click.IntRange(min=0, max=MOST_GENERATED),
    default=DemoSize.contracts,
    show_default=True,
    help="Generated contracts, beside the 305 of the demo users.",
)
@click.option("--seed", type=int, default=DemoSize.seed, show_default=True)
@click.option(
    "--months",
    type=click.IntRange(min=4, max=240),
    default=DemoSize.months,
    show_default=True,
    help="Months of history; the demo users have three open invoices and paid ones before them.",
)
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Where to write. Default: the demo's, in the data folder.",
)
@fails_in_words
def demo_command(contracts: int, seed: int, months: int, file: Path | None) -> None:
    """Makes the demo's billing database anew, up to today."""
    if file and file.exists() and not read_description(file):
        raise click.ClickException(
            f"{file} is there already and is no demo's database: it is left as it is."
            " Give the name of a file that is not there."
        )
    if file and not file.absolute().parent.is_dir():
        raise click.ClickException(f"{file} cannot be written: its folder is not there.")
    target = file or services().settings.demo_billing_file
    click.echo(f"Making {contracts:,} contracts with {months} months each in {target} ...")
    started = time.monotonic()
    wanted = DemoSize(contracts=contracts, seed=seed, months=months)
    make_demo(target, size=wanted, today=today(), tell=click.echo)
    size = target.stat().st_size / 1_000_000
    click.echo(f"Done in {time.monotonic() - started:.1f} s: {size:,.0f} MB.")
