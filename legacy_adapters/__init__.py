"""Everything that knows the utility's billing database, and nothing else.

The portal reads billing through `port.Billing` only. `open_billing` makes one from a
database address and a mapping file.
"""

from legacy_adapters.billing import open_billing
from legacy_adapters.cached import CachedBilling

__all__ = ["CachedBilling", "open_billing"]
