"""Every route in the access table, every row a route, and GET writes nothing."""

import pytest
from flask import Flask

from app.accounts.links import Links
from app.accounts.records import LinkToken
from app.web.access import ACCESS, RIGHT, Rule, Who
from app.web.headers import PUBLIC_PAGES
from app.web.sessions import is_staff_path
from app.web.staff_sections import SECTIONS
from legacy_adapters.records import ContractCode
from tests.conftest import Portal


def test_every_route_stands_in_the_access_table(portal: Portal) -> None:
    endpoints = {rule.endpoint for rule in portal.app.url_map.iter_rules()}
    assert endpoints == set(ACCESS)


def test_routes_that_want_a_right_and_only_they_name_a_contract(portal: Portal) -> None:
    for rule in portal.app.url_map.iter_rules():
        names_contract = rule.rule.startswith("/contracts/<code>")
        assert (ACCESS[rule.endpoint].who in RIGHT) == names_contract, rule.rule


def test_staff_live_below_staff_and_nobody_else(portal: Portal) -> None:
    """Elsewhere the session is a customer's."""
    open_to_strangers = {"staff.login"}
    for rule in portal.app.url_map.iter_rules():
        is_theirs = ACCESS[rule.endpoint].who is Who.STAFF or rule.endpoint in open_to_strangers
        assert is_staff_path(rule.rule) == is_theirs, rule.rule


def test_each_section_of_the_back_office_is_a_page_for_staff() -> None:
    for section in SECTIONS:
        assert ACCESS[section.endpoint].who is Who.STAFF


def test_only_public_pages_may_be_indexed() -> None:
    for endpoint in PUBLIC_PAGES:
        assert ACCESS[endpoint].who is Who.ANYBODY


def test_a_route_outside_the_table_cannot_be_entered(portal: Portal) -> None:
    app: Flask = portal.app
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    response = app.test_client().get("/forgotten")
    assert response.status_code == 403
    assert "secret" not in response.text


def test_a_row_opened_by_mistake_would_be_noticed(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The matrix of test_access rests on this: with the row opened, the page does open."""
    monkeypatch.setitem(ACCESS, "invoices.history", Rule(who=Who.ANYBODY))
    response = portal.app.test_client().get("/contracts/AL0000000/history")
    assert response.status_code == 200


def test_each_link_in_a_mail_leads_to_a_route(portal: Portal) -> None:
    links = Links("")
    made = [links.sign_in(), links.delegates(ContractCode("AL0000000"))]
    of_tokens = (links.not_me, links.confirm_email, links.invitation, links.switch_off)
    made += [make(LinkToken("x")) for make in of_tokens]
    assert len(made) == len([name for name in vars(Links) if not name.startswith("_")])
    for address in made:
        endpoint, _values = portal.app.url_map.bind("localhost").match(address)
        assert endpoint in ACCESS
