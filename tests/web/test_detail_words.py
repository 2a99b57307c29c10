"""Details of the trail and of payments in words: what is known, and nothing else."""

import pytest

from app.web.detail_words import detail_words
from tests.conftest import Portal

ORDER = "A" * 26


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ("", ""),
        ("recovery", "pas një fjalëkalimi të harruar"),
        ("caller: Foli me ne, po", "klienti telefonon ose është këtu: Foli me ne, po"),
        ("SR1: moved, waiting -> withdrawn", "SR1: Status i ri, në pritje → e tërhequr"),
        ("SR1: filed, waiting -> waiting", "SR1: U regjistrua, në pritje"),
        ("SR1: filed, waiting", "SR1: U regjistrua, në pritje"),
        ("waiting -> waiting information", "në pritje → në pritje të informacionit"),
        (
            f"{ORDER}: open -> at bank by payer",
            f"{ORDER}: e papaguar ende → në bankë, nga paguesi",
        ),
        ("captured 22222.00 ALL code 00", "u mor nga banka, 22\xa0222,00 ALL, kodi 00"),
        ("declined code 05 transaction T 1", "e refuzuar nga banka, kodi 05, transaksioni T 1"),
        ("agent to supervisor", "agjent → mbikëqyrës"),
        ("1 sessions: kërkesë", "1 seancë: kërkesë"),
        ("invoices.pdf of 3 contracts", "invoices.pdf nga 3 kontrata"),
        ("faq (sq), version 3, as shipped", "faq (sq), versioni 3, si erdhi me portalin"),
        ("account=7 since=2026-01-01", "account=7 since=2026-01-01"),
        ("disabled by hand", "disabled by hand"),
    ],
)
def test_known_words_are_told_in_the_readers_language(
    portal: Portal, detail: str, told: str
) -> None:
    with portal.app.test_request_context("/staff"):
        assert detail_words(detail) == told
