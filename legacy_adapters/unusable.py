"""Stands where billing would be while its address or mapping is wrong in itself."""

from typing import Any, cast

from legacy_adapters.errors import MappingError
from legacy_adapters.port import Billing


def unusable_billing(error: MappingError) -> Billing:
    """Every question raises what is wrong."""
    return cast(Billing, _UnusableBilling(str(error)))


class _UnusableBilling:
    def __init__(self, told: str) -> None:
        self._told = told

    def close(self) -> None:
        """Nothing is open."""

    def __getattr__(self, _name: str) -> Any:
        raise MappingError(self._told)
