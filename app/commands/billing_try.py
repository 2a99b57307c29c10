"""flask billing map try CONTRACT"""

import click
from flask.cli import with_appcontext

from app.accounts.rules import normal_contract_code
from app.commands.failing import fails_in_words
from app.web.current import services
from legacy_adapters.doctor.trial import Shown, try_contract
from legacy_adapters.errors import ContractNotFound

GAP = "  "


@click.command("try")
@click.argument("contract")
@with_appcontext
@fails_in_words
def try_command(contract: str) -> None:
    """Shows what the portal reads of one CONTRACT, by the mapping's field names.

    It prints a customer's name, address and bills on purpose: mind who sees your terminal.
    """
    code = normal_contract_code(contract)
    if code is None:
        raise click.ClickException(f"{contract!r} is no contract's code: letters and digits only.")
    settings = services().settings
    try:
        shown = try_contract(settings.billing_url, settings.billing, code)
    except ContractNotFound:
        told = f"Billing has no contract {code}, or the mapping leaves it out."
        raise click.ClickException(told) from None
    click.echo("\n\n".join(_text(part) for part in shown))


def _text(part: Shown) -> str:
    if not part.rows:
        return f"{part.title}\n{GAP}(none)"
    if len(part.rows) == 1:
        width = max(len(field) for field in part.fields)
        pairs = zip(part.fields, part.rows[0], strict=True)
        lines = [f"{field:{width}}{GAP}{value}" for field, value in pairs]
    else:
        lines = _table(part)
    return "\n".join([part.title, *(f"{GAP}{line}".rstrip() for line in lines)])


def _table(part: Shown) -> list[str]:
    rows = [part.fields, *part.rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        GAP.join(f"{value:{width}}" for value, width in zip(row, widths, strict=True))
        for row in rows
    ]
