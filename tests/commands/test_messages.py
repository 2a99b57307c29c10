"""flask messages, flask mail test, flask sms test, flask jobs status."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select, update

from app.audit.records import Action
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
    for same in ("0692345678", "069 234 5678", "+355 69 234 5678"):
        assert run(portal, "sms", "test", same).exit_code == 0
    sent = [file.read_text() for file in folder(portal, "sms").iterdir()]
    assert len(sent) == 4 and all("+355692345678" in text for text in sent)
    for wrong in ("069", "+355", "vera"):
        done = run(portal, "sms", "test", wrong)
        assert done.exit_code == 1 and "is no number like 069 123 4567" in done.output


def test_an_sms_to_a_country_that_gets_none_is_refused(
    portal: Portal, make_portal: MakePortal
) -> None:
    done = run(portal, "sms", "test", "+4915112345678")
    assert done.exit_code == 1 and "SELFCARE_PHONES_COUNTRIES is +355." in done.output
    assert not folder(portal, "sms").exists()
    everywhere = make_portal(phones={"countries": "+"})
    assert run(everywhere, "sms", "test", "+4915112345678").exit_code == 0


def test_a_gateway_that_fails_is_told_in_words(portal: Portal) -> None:
    folder(portal, "mail").parent.write_text("a file where the folder should be")
    for command in (("mail", "vera@example.org"), ("sms", "+355692345678")):
        done = run(portal, command[0], "test", command[1])
        assert done.exit_code == 1
        assert "It was not sent: " in done.output and "cannot be written" in done.output


# Mails that come back

REPORT = """\
From: MAILER-DAEMON@mail.example
To: portal@energjia-demo.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

This is the mail system. I'm sorry to have to inform you ...

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example

Final-Recipient: rfc822; vera.leka@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 no such user

--B
Content-Type: {kind}

Received: by mail.example
From: portal@energjia-demo.example
To: vera.leka@example.com
Message-ID: <message-{name}@energjia-demo.example>
Subject: Fatura juaj

--B--
"""


def report(name: str, **changes: str) -> bytes:
    values = {"action": "failed", "status": "5.1.1", "kind": "text/rfc822-headers", **changes}
    return REPORT.format(name=name, **values).encode()


def bounced(portal: Portal, content: bytes) -> Result:
    runner = portal.app.test_cli_runner()
    return runner.invoke(args=["messages", "bounced"], input=content)


def a_mail_to_vera(portal: Portal) -> str:
    """Its name outside."""
    with portal.database.write() as connection:
        number = connection.exec_driver_sql(
            "SELECT id FROM account WHERE user_name = 'Vera Leka'"
        ).scalar_one()
        to = Addressee(recipient="vera.leka@example.com", language="sq", account_id=number)
        portal.services.outbox.post_mail(connection, LETTER, to, Purpose(kind="e-bill"))
        row = connection.execute(select(message).order_by(message.c.id.desc())).first()
        assert row is not None
        connection.execute(update(message).where(message.c.id == row.id).values(state="sent"))
    return f"{row.id}.{row.created_at:%Y%m%d%H%M%S%f}{row.mark}"


def is_confirmed(portal: Portal) -> bool:
    with portal.database.read() as connection:
        query = "SELECT email_confirmed_at FROM account WHERE user_name = 'Vera Leka'"
        return connection.exec_driver_sql(query).scalar_one() is not None


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822"])
def test_mails_that_come_back_are_counted(portal: Portal, kind: str) -> None:
    for _ in range(2):
        content = report(a_mail_to_vera(portal), kind=kind)
        told = bounced(portal, content)
        assert told.exit_code == 0
        assert told.output == "Counted: v***@example.com did not take a mail.\n"
        assert "no report" in bounced(portal, content).output  # each mail comes back once
    assert is_confirmed(portal)
    bounced(portal, report(a_mail_to_vera(portal), kind=kind))
    assert not is_confirmed(portal)
    event = portal.services.audit.list_newest(limit=1)[0]
    assert event.action is Action.EMAIL_REFUSED
    page = portal.signed_in("Vera Leka").get("/account/preferences")
    assert "Adresa juaj e e-mailit nuk është konfirmuar" in page.content


def test_what_is_no_report_of_ours_counts_for_nothing(portal: Portal) -> None:
    name = a_mail_to_vera(portal)
    guessed = f"{name[:-8]}{(int(name[-8:]) + 1) % 10**8:08}"
    others = (
        *(report(guessed), report(name[:-8]), report("9" * 12 + name[name.index(".") :])),
        *(report(name, action="delayed"), report(name, status="4.4.1"), report("1.2")),
        *(
            report("99999999.20260101000000000000"),
            b"",
            b"\xff\x00" * 1_000,
            b"Subject: away\n\nHi",
        ),
        b"Message-ID: <message-" + name.encode() + b"@energjia-demo.example>\n\nforged",
    )
    for content in others:
        told = bounced(portal, content)
        assert (told.exit_code, told.output[:17]) == (0, "That is no report"), content[:80]
    with portal.database.read() as connection:
        assert connection.exec_driver_sql("SELECT SUM(bounces) FROM account").scalar_one() == 0


def test_only_the_address_that_the_account_has_still(portal: Portal) -> None:
    names = [a_mail_to_vera(portal) for _ in range(5)]
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account SET email = 'new@example.com' WHERE id = 4")
    for name in names:
        bounced(portal, report(name))
    assert is_confirmed(portal)


# Looking for news, and asking as a phone would


def test_news_are_looked_for_by_command(portal: Portal) -> None:
    assert "Nothing was looked for yet" in run(portal, "notify", "status").output
    assert "0 messages for 305 contracts" in run(portal, "notify", "run").output
    assert run(portal, "notify", "status").output.startswith("Ended ")


def test_billing_that_is_away_is_told_by_the_command(make_portal: MakePortal) -> None:
    portal = make_portal(billing={"url": "sqlite:////nowhere/billing.sqlite3"})
    with portal.database.write() as connection:
        statement = 'UPDATE account SET preferences_since = \'{"invoice_by_email": "2026-01-01"}\''
        connection.exec_driver_sql(statement)
    done = run(portal, "notify", "run")
    assert done.exit_code == 1 and done.output.startswith("Error: ")
    assert "Under way since" in run(portal, "notify", "status").output


def test_a_phones_question_by_command(portal: Portal) -> None:
    assert run(portal, "sms", "ask", "+355692000003", "0").output.startswith("AL0000004")
    assert run(portal, "sms", "ask", "069 200 0003", "0").output.startswith("AL0000004")
    assert "nuk është konfirmuar" in run(portal, "sms", "ask", "+355699999999", "0").output
    assert run(portal, "sms", "ask", "069", "0").exit_code == 1
