"""flask jobs ..."""

import click
from flask.cli import AppGroup

from app.commands.failing import fails_in_words
from app.jobs.process import work_until_told
from app.web.current import services

jobs = AppGroup("jobs", help="The job process: what no page waits for.")


@jobs.command("work")
def work_command() -> None:
    """Works until it is told to end: delivers mail and SMS, cleans up.

    Any number may run, on any number of machines. SIGTERM or Ctrl-C ends it within seconds.
    """
    work_until_told(services().jobs)


@jobs.command("status")
@fails_in_words
def status_command() -> None:
    """Tells what waits. Exit code 1: the queue does not answer."""
    backlog = services().messages.get_backlog()
    minutes = int(backlog.overdue.total_seconds()) // 60
    click.echo(f"messages waiting: {backlog.waiting}, the longest {minutes} minutes overdue")
    click.echo(f"messages dead:    {backlog.dead}")
    try:
        click.echo(f"jobs in queue:    {services().jobs.count()}")
    except Exception as error:  # whatever the queue's driver raises
        told = (
            f"The job queue does not answer ({type(error).__name__}): is SELFCARE_JOBS_URL right?"
        )
        raise click.ClickException(told) from error
