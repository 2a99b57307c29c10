"""The life of orders in random steps, see tests/order_life.py."""

from tests.order_life import SETTINGS, OrderLife, files

__all__ = ["files"]

OrderLife.TestCase.settings = SETTINGS
TestOrderLife = OrderLife.TestCase
