"""The staff's queue of requests and complaints: found, given to colleagues, counted."""

from tests.case_desk import (
    HOSTILE,
    QUEUE,
    beside,
    fill,
    form_of,
    links,
    member,
    number,
    page_of,
    step,
    wait_for_scanner,
)
from tests.cases import file_f2
from tests.conftest import Portal
from tests.web.client import CheckedClient, Page
from tests.web.test_round_trips import counted

__all__ = ["number"]


# The queue


def test_an_empty_queue_says_so(agent: CheckedClient) -> None:
    assert "Nuk ka kërkesa të hapura" in agent.get(QUEUE).content
    page = agent.get(f"{QUEUE}?who=me&status=done")
    assert "Asnjë kërkesë nuk i përgjigjet" in page.content
    assert QUEUE in links(page)


def test_a_row_tells_what_is_needed(number: str, agent: CheckedClient) -> None:
    [row] = agent.get(QUEUE).table()
    assert row[0] == number
    assert "ditë pune" in row[1] and row[2].startswith("F2-Tarifim i gabuar")
    assert row[3:5] == ["EMER MBIEMER", "AL0000000"]
    assert row[5:] == ["Në Pritje", "askush"]


def test_the_queue_is_one_key_away_from_every_page(agent: CheckedClient) -> None:
    for address in ("/staff", QUEUE, "/staff/password"):
        [link] = [a for a in agent.get(address).all("a") if a.get("accesskey")]
        assert (link.get("href"), link.get("accesskey")) == (QUEUE, "k")


def test_filters_and_pages(portal: Portal, agent: CheckedClient) -> None:
    fill(portal, 400)
    page = agent.get(QUEUE)
    assert len(page.table()) == 50
    later = next(str(a.get("href")) for a in page.all("a") if a.get("rel") == "next")
    second = agent.get(later)
    assert not {row[0] for row in page.table()} & {row[0] for row in second.table()}
    back = next(str(a.get("href")) for a in second.all("a") if a.get("rel") == "prev")
    assert agent.get(back).table() == page.table()
    for query, column, told in (
        ("who=nobody", 6, "askush"),
        ("who=me", 6, "agjent"),
        (f"who={member(portal, 'administrator')}", 6, "administrator"),
        ("status=waiting+information", 5, "Në Pritje Të Informacionit"),
        ("status=done", 5, "E Përfunduar"),
    ):
        found = agent.get(f"{QUEUE}?{query}").table()
        assert found and {row[column] for row in found} == {told}, query
    overdue = agent.get(f"{QUEUE}?overdue=yes").table()
    assert overdue and all("me vonesë" in row[1] for row in overdue)
    meters = agent.get(f"{QUEUE}?kind=meter&request=M1").table()
    assert meters and all(row[2].startswith("M1-") for row in meters)
    later_of_mine = agent.get(f"{QUEUE}?status=all&who=nobody")
    following = next(str(a.get("href")) for a in later_of_mine.all("a") if a.get("rel") == "next")
    assert "status=all" in following and "who=nobody" in following
    assert {row[6] for row in agent.get(following).table()} == {"askush"}


def test_a_page_shows_the_same_rows_whatever_nonsense_its_address_holds(
    number: str, agent: CheckedClient
) -> None:
    nonsense = (
        *("status=x", "who=x", "who=99999999999", "who=²", "overdue=maybe", "contract=%00'"),
        *("after=9999-99-99.1", "before=x", "after=2026-01-01.1e9", "page=7"),
    )
    for query in nonsense:
        assert [row[0] for row in agent.get(f"{QUEUE}?{query}").table()] == [number], query
    assert "Asnjë kërkesë" in agent.get(f"{QUEUE}?kind=%3Cb%3E&request=%27").content


def test_what_is_searched_is_posted(number: str, agent: CheckedClient) -> None:
    page = agent.post(QUEUE, {"search": "mbiemër emer"})
    assert [row[0] for row in page.table()] == [number]
    assert page.field("search").get("value") == "mbiemër emer"
    there = agent.post(QUEUE, {"search": f" {number[:4].lower()} {number[4:]}"}, status=303)
    assert there.response.location == page_of(number)
    contract = agent.post(QUEUE, {"search": "al0000000"}, status=303).response.location
    assert contract == f"{QUEUE}?contract=AL0000000"
    assert [row[0] for row in agent.get(contract).table()] == [number]
    assert agent.post(QUEUE, {"search": " "}, status=303).response.location == QUEUE
    nothing = agent.post(QUEUE, {"search": HOSTILE})
    assert "Asnjë kërkesë" in nothing.content and "<script>alert" not in nothing.text
    agent.post(QUEUE, {"search": "x", "csrf_token": "forged"}, status=400)


def test_a_number_that_is_neither_request_nor_contract_is_told_as_both(
    portal: Portal, number: str
) -> None:
    agent = portal.staff("agjent", "en")
    there = agent.post(QUEUE, {"search": "f2 000 000 099"}, status=303).response.location
    told = "There is no request F2000000099, and none about a contract F2000000099."
    assert told in agent.get(there).content
    assert "No request fits" in agent.get(f"{there}&status=done").content, "filters may hide some"


def test_pages_of_a_search_are_turned_by_buttons(portal: Portal, agent: CheckedClient) -> None:
    fill(portal, 600)
    page = agent.post(QUEUE, {"search": "hoxha"})
    after = next(b for b in page.all("button") if b.get("name") == "after")
    second = agent.post(QUEUE, {"search": "hoxha", "after": str(after.get("value"))})
    assert second.table() and all("HOXHA" in row[3] for row in second.table())
    assert not {row[0] for row in page.table()} & {row[0] for row in second.table()}


def test_a_document_that_waits_for_the_scanner_shows(
    portal: Portal, number: str, agent: CheckedClient
) -> None:
    wait_for_scanner(portal)
    assert "pret kontrollin për viruse" in agent.get(QUEUE).table()[0][5]


# Who has it


def test_it_is_given_to_a_colleague_and_to_nobody(
    portal: Portal, number: str, agent: CheckedClient
) -> None:
    def give(to: str, status: int = 303) -> Page:
        form = form_of(agent.get(page_of(number)), member=to)
        return agent.post(f"{page_of(number)}/assign", form, status=status)

    give(str(member(portal, "mbikeqyres")))
    assert agent.get(QUEUE).table()[0][6] == "mbikeqyres"
    give("nobody")
    assert agent.get(QUEUE).table()[0][6] == "askush"
    assert "Zgjidhni kush" in beside(give("", 400), "member")
    assert "nuk mund t’i caktohen" in beside(give("4711", 400), "member")
    stale = {"member": "nobody", "version": "1", "seen": "1"}
    page = agent.post(f"{page_of(number)}/assign", stale, status=409)
    assert "dikush tjetër" in page.problems[0]


def test_many_at_once_by_a_supervisor(
    portal: Portal, number: str, agent: CheckedClient, supervisor: CheckedClient
) -> None:
    fill(portal, 5)
    rows = supervisor.get(f"{QUEUE}?who=nobody")
    picks = [str(e.get("value")) for e in rows.all("input") if e.get("name") == "pick"]
    assert f"{number}:1" in picks
    step(agent, number, to="in progress")  # meanwhile
    to = str(member(portal, "agjent"))
    send = f"{QUEUE}/load/assign?who=nobody"
    page = supervisor.post(send, {"pick": picks, "to": to}, status=303)
    assert page.response.location == f"{QUEUE}?who=nobody"
    told = supervisor.get(page.response.location).content
    assert number in told and "kanë ndryshuar ndërkohë" in told
    page = supervisor.post(send, {"to": "", "pick": "x"}, status=400)
    assert len(page.problems) == 2
    page = supervisor.post(send, {"to": "4711", "pick": f"{number}:2"}, status=400)
    assert "nuk mund t’i caktohen" in page.problems[0]
    agent.post(f"{QUEUE}/load/assign", {"pick": picks, "to": to}, status=403)
    assert not [e for e in agent.get(QUEUE).all("input") if e.get("name") == "pick"]


def test_who_has_how_much(portal: Portal, supervisor: CheckedClient, agent: CheckedClient) -> None:
    assert "Nuk ka kërkesa të hapura" in supervisor.get(f"{QUEUE}/load").content
    fill(portal, 120)
    page = supervisor.get(f"{QUEUE}/load")
    people = page.table()
    assert people[0][0] == "Askush" and {row[0] for row in people[1:]} == {
        "agjent",
        "administrator",
    }
    for link in (link for link in links(page) if link.startswith(f"{QUEUE}?")):
        assert supervisor.get(link).table(), link
    most_overdue = page.table(2)
    assert most_overdue and all("me vonesë" in row[1] for row in most_overdue)
    agent.get(f"{QUEUE}/load", status=403)


# Round trips


def test_how_often_the_pages_ask(portal: Portal, number: str, supervisor: CheckedClient) -> None:
    file_f2(portal.signed_in("Emer Mbiemer"))

    def asked(address: str) -> int:
        supervisor.fetch(address)
        with counted(portal.database.engine) as statements:
            assert supervisor.fetch(address).status_code == 200
        assert all(one.lstrip().startswith("SELECT") for one in statements)
        return len(statements)

    # session, one page, counts, colleagues
    assert asked(QUEUE) == asked(f"{QUEUE}?who=me&status=all") == 4
    # session, colleagues' loads, requests' loads, the most overdue
    assert asked(f"{QUEUE}/load") == 4
    # session, case, its documents twice, its events, others of the contract, colleagues
    assert asked(page_of(number)) == 7
    fill(portal, 2_000)
    assert asked(QUEUE) == asked(f"{QUEUE}/load") == 4
