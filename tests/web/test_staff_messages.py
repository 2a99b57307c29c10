"""What operators see of messages, and trying again."""

from datetime import timedelta

from app.audit.records import Action
from app.clock import now
from app.messages.outbox import Addressee, Purpose
from tests.conftest import Portal
from tests.web.client import CheckedClient

PAGE = "/staff/messages"


def post(portal: Portal, to: str, *, state: str = "waiting", **changes: object) -> int:
    with portal.database.write() as connection:
        addressee = Addressee(recipient=to, language="sq", account_id=1)
        purpose = Purpose(kind="new invoice", is_bulk=True, contract_code="AL0000001")
        portal.services.outbox.post_sms(connection, "Fatura e fshehtë", addressee, purpose)
        number = connection.exec_driver_sql("SELECT MAX(id) FROM message").scalar_one()
        for name, value in {"state": state, **changes}.items():
            statement = f"UPDATE message SET {name} = ? WHERE id = ?"
            connection.exec_driver_sql(statement, (value, number))
    return int(number)


def test_nothing_waits(supervisor: CheckedClient) -> None:
    page = supervisor.get(PAGE)
    assert "Asgjë nuk pret" in page.content and "ende jo" in page.content
    assert "Nuk ka mesazhe të tilla" in page.content


def test_what_waits_what_failed_and_to_whom(portal: Portal, supervisor: CheckedClient) -> None:
    post(portal, "+355692345678", attempts=2, problem="the SMS gateway answers 503")
    post(portal, "+355692345679", state="dead", problem="refused: the SMS gateway answers 400")
    post(portal, "+355692345670", state="unsure", problem="its process ended")
    sent = {"sent_at": str(now() - timedelta(hours=1)), "report": "failed"}
    post(portal, "+355692345671", state="sent", **sent)
    page = supervisor.get(PAGE)
    assert "the SMS gateway answers 503" in page.content
    assert page.table(0)[0][:4] == ["SMS", "njoftime për kontratat", "1", "1"]
    assert page.table(2)[0] == ["SMS", "faturë e re", "1", "1"]
    assert "+355692345678" not in page.text and "+355***78" in page.text
    assert "Fatura e fshehtë" not in page.text
    for state, shown, hidden in (
        ("dead", "79", "78"),
        ("unsure", "70", "79"),
        ("sent", "71", "70"),
    ):
        found = supervisor.get(f"{PAGE}?state={state}").text
        assert f"+355***{shown}" in found and f"+355***{hidden}" not in found
    found = supervisor.post(PAGE, {"to": "069 234 5671"}).text
    assert "+355***71" in found and "+355***70" not in found
    for odd in ("state=nonsense", "before=x", "before=-1", "before=99999999999999"):
        supervisor.get(f"{PAGE}?{odd}")
    supervisor.post(PAGE, {"to": "\0"})
    assert supervisor.post(PAGE, {"to": "x", "csrf_token": "forged"}, status=400).problems


def test_a_recipient_stands_in_no_address(portal: Portal, supervisor: CheckedClient) -> None:
    for number in range(60):
        post(portal, "+355692345671", state="sent" if number % 2 else "dead")
    post(portal, "+355692345670")
    page = supervisor.post(PAGE, {"to": "069 234 5671"})
    assert len(page.table(-1)) == 50
    assert not [a for a in page.all("a") if "5671" in str(a.get("href"))]
    assert all(f.get("method") == "post" for f in page.all("form"))
    (older,) = [b.get("value") for b in page.all("button") if b.get("name") == "before"]
    rest = supervisor.post(PAGE, {"to": "069 234 5671", "before": older})
    assert len(rest.table(-1)) == 10 and "+355***70" not in rest.text


def test_older_ones_page_by_page(portal: Portal, supervisor: CheckedClient) -> None:
    for number in range(60):
        post(portal, f"+35569234{number:04}")
    page = supervisor.get(PAGE)
    (link,) = [str(a.get("href")) for a in page.all("a") if "before=" in str(a.get("href"))]
    older = supervisor.get(link)
    assert "+355***09" in older.text and "+355***10" not in older.text
    assert not [a for a in older.all("a") if "before=" in str(a.get("href"))]


def test_a_supervisor_tries_again(portal: Portal, supervisor: CheckedClient) -> None:
    dead = post(portal, "+355692345679", state="dead", attempts=9)
    post(portal, "+355692345670", state="dead", attempts=9)
    unsure = post(portal, "+355692345671", state="unsure")
    supervisor.post(f"{PAGE}/retry", {}, status=400)
    supervisor.post(f"{PAGE}/retry", {"message": str(dead)}, status=303)
    assert "1 mesazhe provohen" in supervisor.get(f"{PAGE}?state=dead").content
    supervisor.post(f"{PAGE}/retry", {"message": str(dead)}, status=303)
    assert "Asgjë nuk mund të provohej" in supervisor.get(PAGE).content
    supervisor.post(f"{PAGE}/retry", {"all": "1"}, status=303)
    supervisor.post(f"{PAGE}/retry", {"message": str(unsure)}, status=303)
    with portal.database.read() as connection:
        states = connection.exec_driver_sql("SELECT DISTINCT state FROM message").scalars().all()
    assert states == ["waiting"]
    events = [e.action for e in portal.services.audit.list_newest(limit=10)]
    assert events.count(Action.MESSAGES_RETRIED) == 3


def test_an_agent_looks_and_does_nothing(portal: Portal) -> None:
    dead = post(portal, "+355692345679", state="dead")
    agent = portal.staff("agjent")
    page = agent.get(PAGE)
    assert "Provo përsëri" not in page.content
    agent.post(f"{PAGE}/retry", {"message": str(dead)}, status=403)


def test_a_forged_retry(portal: Portal, supervisor: CheckedClient) -> None:
    dead = post(portal, "+355692345679", state="dead")
    supervisor.get(PAGE)
    data = {"message": str(dead), "csrf_token": "forged"}
    assert supervisor.post(f"{PAGE}/retry", data, status=400).problems
