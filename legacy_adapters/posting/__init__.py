"""The one place where the portal writes into billing: a staging table for payments."""

from legacy_adapters.posting.port import (
    PaymentId,
    PaymentPosting,
    PaymentToPost,
    PostedPayment,
    PostingConflict,
    PostingStatus,
)
from legacy_adapters.posting.staging import open_posting

__all__ = [
    "PaymentId",
    "PaymentPosting",
    "PaymentToPost",
    "PostedPayment",
    "PostingConflict",
    "PostingStatus",
    "open_posting",
]
