"""Everything that knows the utility's billing database, and nothing else.

The portal reads billing through `port.Billing` only. `open_billing` makes one from a
database address and a mapping file. What it writes goes through `posting.PaymentPosting`.
"""

from legacy_adapters.billing import open_billing
from legacy_adapters.cached import CachedBilling
from legacy_adapters.posting import open_posting

__all__ = ["CachedBilling", "open_billing", "open_posting"]
