"""Which failures of billing's questions an operator reads, and how often."""

import pytest
from structlog.testing import capture_logs

from legacy_adapters.errors import BillingBusy, BillingOutOfTime, BillingPaused, BillingUnavailable
from legacy_adapters.failures import Failures
from tests.unit.test_breaker import Clock


def test_an_outage_is_told_when_it_begins() -> None:
    failures = Failures()
    with capture_logs() as lines:
        failures.log(BillingUnavailable("connection lost"), endpoint="contracts.info")
        for _ in range(600):
            failures.log(BillingPaused("not asked for 5 s"), endpoint="contracts.info")
    (line,) = lines
    assert line["reason"] == "connection lost" and line["endpoint"] == "contracts.info"
    assert line["do"] == "run: flask billing check"


@pytest.mark.parametrize("kind", [BillingBusy, BillingOutOfTime])
def test_what_comes_with_load_is_told_once_a_minute(kind: type[BillingUnavailable]) -> None:
    clock = Clock()
    failures = Failures(clock)
    with capture_logs() as lines:
        for _ in range(150):
            failures.log(kind("as many are asking as may at once"))
            clock.now += 1
    assert [line["as_often_since_told"] for line in lines] == [0, 59, 59]
