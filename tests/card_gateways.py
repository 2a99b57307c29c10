"""The gateways to banks, each with its twin, for tests."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.banks.twins import (
    Twin,
    twin_of,
)

NAMES = ["sandbox", "nestpay", "raiaccept"]
AMOUNT = Decimal("2756.20")


@pytest.fixture(params=NAMES)
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Twin]:
    with twin_of(request.param, tmp_path) as twin:
        yield twin


@pytest.fixture(params=["sandbox", "nestpay"])
def signing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Twin]:
    with twin_of(request.param, tmp_path) as twin:
        yield twin
