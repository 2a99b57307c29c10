"""flask messages, flask mail test, flask sms test, flask jobs status."""

from datetime import timedelta
from pathlib import Path

from click.testing import Result
from sqlalchemy import update

from app.clock import now
from app.messages.outbox import Addressee, Purpose
from app.messages.records import Block, Kind, Letter
from app.messages.store import message
from tests.components import free_port
from tests.conftest import MakePortal, Portal

LETTER = Letter(subject="Your password", blocks=(Block(kind=Kind.SECRET, text="kale-mure-7421"),))


def run(portal: Portal, *arguments: str) -> Result:
    return portal.app.test_cli_runner().invoke(args=list(arguments))


def post(portal: Portal, **changes: object) -> None:
    with portal.database.write() as connection:
        portal.services.outbox.post_mail(
            connection,
            LETTER,
            Addressee(recipient="vera.leka@example.org", language="sq"),
            Purpose(kind="password"),
        )
        if changes:
            connection.execute(update(message).values(**changes))


def test_messages_are_listed_without_what_they_say(portal: Portal) -> None:
    assert run(portal, "messages", "list").output == "There are none.\n"
    post(portal, state="dead", problem="refused: no such mailbox")
    post(portal)
    listed = run(portal, "messages", "list").output
    assert listed.count("password") == 2 and listed.count("v***@example.org") == 2
    for secret in ("kale-mure", "vera", "leka", "Your password"):
        assert secret not in listed
    (dead,) = run(portal, "messages", "list", "--dead").output.splitlines()
    assert "dead" in dead and "refused: no such mailbox" in dead
    (waiting,) = run(portal, "messages", "list", "--waiting").output.splitlines()
    assert "waiting" in waiting and "next try" in waiting
    assert len(run(portal, "messages", "list", "--limit", "1").output.splitlines()) == 1


def test_dead_messages_are_tried_again(portal: Portal) -> None:
    post(portal, state="dead")
    assert run(portal, "messages", "retry", "1").output == "1 messages are tried again.\n"
    again = run(portal, "messages", "retry", "1")
    assert again.exit_code == 1 and "Message 1 was not given up" in again.output
    assert run(portal, "messages", "retry", "--dead").output == "0 messages are tried again.\n"
    for wrong in ((), ("1", "--dead")):
        done = run(portal, "messages", "retry", *wrong)
        assert done.exit_code == 2 and "Name one message" in done.output


def test_jobs_status(portal: Portal, make_portal: MakePortal) -> None:
    post(portal, state="dead")
    post(portal)
    with portal.database.write() as connection:
        past = now() - timedelta(minutes=61)
        connection.execute(update(message).values(next_try_at=past))
    assert portal.services.jobs.flush(20)
    done = run(portal, "jobs", "status")
    assert done.exit_code == 0, done.output
    assert [line.split() for line in done.output.splitlines()] == [
        ["messages", "waiting:", "1,", "the", "longest", "61", "minutes", "overdue"],
        ["messages", "dead:", "1"],
        ["jobs", "in", "queue:", "1"],
    ]
    away = make_portal(jobs={"url": f"redis://127.0.0.1:{free_port()}/0"})
    done = run(away, "jobs", "status")
    assert done.exit_code == 1
    assert "messages waiting: 0" in done.output and "SELFCARE_JOBS_URL" in done.output


def folder(portal: Portal, kind: str) -> Path:
    return portal.services.settings.portal.data_dir / "outbox" / kind


def test_a_mail_to_try(portal: Portal) -> None:
    done = run(portal, "mail", "test", "vera@example.org", "--language", "en")
    assert done.exit_code == 0 and "has taken it" in done.output
    (mail,) = folder(portal, "mail").glob("*.eml")
    text = mail.read_text()
    assert "To: vera@example.org" in text and "Subject: A test of our mail" in text
    wrong = run(portal, "mail", "test", "vera")
    assert wrong.exit_code == 1 and "It was not sent: the recipient is no address" in wrong.output


def test_an_sms_to_try(portal: Portal) -> None:
    done = run(portal, "sms", "test", "+355692345678")
    assert done.exit_code == 0 and "has taken it" in done.output
    assert len(list(folder(portal, "sms").iterdir())) == 1
    for wrong in ("0692345678", "+355", "+355 69 234 5678", "vera"):
        done = run(portal, "sms", "test", wrong)
        assert done.exit_code == 1 and "is no number like +355691234567" in done.output


def test_a_gateway_that_fails_is_told_in_words(portal: Portal) -> None:
    folder(portal, "mail").parent.write_text("a file where the folder should be")
    for command in (("mail", "vera@example.org"), ("sms", "+355692345678")):
        done = run(portal, command[0], "test", command[1])
        assert done.exit_code == 1
        assert "It was not sent: " in done.output and "cannot be written" in done.output
