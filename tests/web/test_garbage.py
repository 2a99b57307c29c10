"""What a page has read is let go with its answer, without waiting for the collector."""

import gc

import pytest

from app.accounts.records import SignedIn
from app.web.uploads import PortalRequest
from tests.conftest import Portal


@pytest.mark.parametrize(
    "address",
    [
        *("/contracts", "/contracts/AL0000001/pay", "/contracts/AL0000001/history"),
        *("/contracts/AL0000001/info", "/login"),
    ],
)
def test_a_page_leaves_no_cycles(portal: Portal, address: str) -> None:
    """As a macro of a page's own would be: it knows the page, and the page knows it."""
    client = portal.signed_in("Agron Hoxha")
    client.fetch(address)
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        client.fetch(address)
        gc.collect()
        left = [one for one in gc.garbage if isinstance(one, PortalRequest | SignedIn)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert not left
