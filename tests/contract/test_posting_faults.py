"""Payments on their way to a database that does not answer, or whose answer is lost."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.posting import PostingSettings
from legacy_adapters.errors import BillingBusy, BillingUnavailable
from legacy_adapters.posting import PaymentId, open_posting
from tests.oracle_net import Hang, Silent
from tests.proxy import Cut, commit_proxy
from tests.staging import (
    AT_MOST,
    PAID_AT,
    Site,
    over_a_network,
    payment,
    post_in_the_end,
    seconds_until_it_fails,
    with_oracle,
)
from tests.talker import silence, talking


@over_a_network
@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER, Cut.SILENT])
def test_a_commit_whose_end_nobody_knows(site: Site, cut: Cut) -> None:
    with commit_proxy(site.kind, site.port) as proxy, site.posting(site.at(proxy.port)) as posting:
        posting.verify()
        proxy.cut = cut
        assert seconds_until_it_fails(lambda: posting.post(payment())) < AT_MOST
        assert proxy.hits == 1
        assert site.count() == (0 if cut is Cut.BEFORE else 1)
        proxy.cut = Cut.NOT
        post_in_the_end(posting, payment())
        assert site.count() == 1
        assert posting.find([PaymentId("P-1")])[PaymentId("P-1")].amount == payment().amount


@over_a_network
def test_connections_that_were_cut_meanwhile_cost_nothing(site: Site) -> None:
    with site.posting() as posting:
        posting.post(payment(1))
        if site.kind == "oracle":
            site.server.drop_sessions()
        else:
            site.do(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = 'portal_writer'"
            )
        posting.post(payment(2))
    assert site.count() == 2


@over_a_network
def test_a_server_that_stops_and_comes_back(site: Site) -> None:
    with site.posting() as posting:
        posting.post(payment(1))
        site.server.stop()
        try:
            assert seconds_until_it_fails(lambda: posting.post(payment(2))) < AT_MOST
            assert seconds_until_it_fails(lambda: posting.find([PaymentId("P-1")])) < AT_MOST
        finally:
            site.server.start()
        post_in_the_end(posting, payment(2))
    assert site.count() == 2


@contextmanager
def silent(site: Site) -> Iterator[str]:
    """An address that accepts connections and says nothing."""
    if site.kind == "oracle":
        site.server.faults.connect = Silent()
        yield site.url
        site.server.faults.connect = None  # whoever hangs goes on hanging
    else:
        with talking(silence) as talker:
            yield site.at(talker.port)


@over_a_network
@pytest.mark.parametrize("work", ["post", "find", "list_since", "verify"])
def test_a_server_that_accepts_and_is_silent(site: Site, work: str) -> None:
    with silent(site) as address, site.posting(address) as posting:
        ask: dict[str, Callable[[], object]] = {
            "post": lambda: posting.post(payment()),
            "find": lambda: posting.find([PaymentId("P-1")]),
            "list_since": lambda: posting.list_since(PAID_AT),
            "verify": posting.verify,
        }
        assert seconds_until_it_fails(ask[work]) < AT_MOST
        assert seconds_until_it_fails(ask[work]) < 0.1, "not asked again at once"
    assert site.count() == 0


@with_oracle
def test_an_insert_that_hangs_in_oracle(site: Site) -> None:
    for honours_break in (True, False):
        with site.posting() as posting:
            posting.verify()
            fault = site.server.faults.on("INSERT INTO", Hang(honours_break=honours_break))
            assert seconds_until_it_fails(lambda: posting.post(payment())) < AT_MOST
            assert fault.hits == 1, "no second try"
            site.server.faults.clear()
            post_in_the_end(posting, payment())
    assert site.count() == 1


def test_more_at_once_than_there_are_connections(tmp_path: Path) -> None:
    """The lane is bounded: who finds it full is told so and comes again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"postgresql+psycopg://p@127.0.0.1:{listener.getsockname()[1]}/x"
        posting = open_posting(address, PostingSettings(connect_seconds=0.5, answer_seconds=1.0))
        found: list[type[BaseException]] = []

        def work() -> None:
            try:
                posting.find([PaymentId("P-1")])
            except BillingUnavailable as error:
                found.append(type(error))

        threads = [threading.Thread(target=work) for _ in range(8)]
        begun = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 8 and BillingBusy in found
        assert time.monotonic() - begun < AT_MOST + 0.5
        posting.close()
