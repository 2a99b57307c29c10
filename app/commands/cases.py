"""flask cases ..."""

from collections.abc import Iterable, Iterator

import click
from flask.cli import AppGroup

from app.cases.catalogue import (
    Catalogue,
    CatalogueError,
    DocumentSpec,
    FieldSpec,
    RequestForm,
    load_catalogue,
)
from app.web.current import services

cases = AppGroup("cases", help="Requests and complaints.")
GAP = " " * 6


@cases.command("check")
@click.option(
    "--language",
    type=click.Choice(["sq", "en"]),
    default="sq",
    show_default=True,
    help="Of the catalogue's own words.",
)
def check_command(language: str) -> None:
    """Shows the catalogue of requests, or what is wrong with it. Asks no database.

    Exit code 1: the portal cannot use it.
    """
    file = services().settings.cases.catalogue
    try:
        catalogue = load_catalogue(file)
    except CatalogueError as error:
        raise click.ClickException(f"The catalogue cannot be used:\n{error}") from error
    click.echo(f"{file}: version {catalogue.version}, {_count(catalogue.requests, 'request')}")
    for code, name in catalogue.kinds.items():
        requests = catalogue.of_kind(code)
        click.echo(f"\n{name.in_language(language)} ({code}): {_count(requests, 'request')}")
        for request in requests:
            click.echo("\n".join(_described(request, language)))
    warnings = list(_warnings(catalogue))
    click.echo(f"\nThe portal can use it: 0 problems, {_count(warnings, 'warning')}")
    for warning in warnings:
        click.echo(f"warning: {warning}")


def _described(request: RequestForm, language: str) -> Iterator[str]:
    deadline = request.deadline
    days = f"{deadline.days} {deadline.count} day{'s' * (deadline.days > 1)}"
    yield f"  {request.title(language)}"
    yield f"{GAP}deadline: {days}, {request.target.in_language(language)}"
    if request.fields:
        yield f"{GAP}fields: {_named(request.fields, language)}"
    yield f"{GAP}documents: {_named(request.documents, language) or 'none'}"
    if request.check_debt:
        yield f"{GAP}only without other debt"
    if request.sensitive:
        yield f"{GAP}not soon after a forgotten password"


def _named(parts: Iterable[FieldSpec | DocumentSpec], language: str) -> str:
    return "; ".join(
        part.name.in_language(language) + ("" if part.required else " (optional)") for part in parts
    )


def _count(what: Iterable[object], name: str) -> str:
    number = len(list(what))
    return f"{number} {name}{'s' * (number != 1)}"


def _warnings(catalogue: Catalogue) -> Iterator[str]:
    """What works and was perhaps not meant."""
    for part in catalogue.unused:
        yield f"[{part}] is used by no request"
    unhelped: dict[str, None] = {}
    for request in catalogue.requests.values():
        if not request.fields and not request.documents:
            yield f"[requests.{request.code}] asks for no field and no document"
        for section, parts in (("fields", request.fields), ("documents", request.documents)):
            unhelped.update({f"{section}.{part.code}": None for part in parts if not part.help})
    for part in unhelped:
        yield f"[{part}] has no help: customers see its name alone"
