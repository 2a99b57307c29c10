"""Names, codes and passwords."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts import rules
from app.accounts.records import PasswordProblem
from config.settings import AccountSettings


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("AL0000000", "AL0000000"),
        (" al 0000000\t", "AL0000000"),
        ("7000000", "7000000"),
        ("", None),
        ("AL-1", None),
        ("ÇL1", None),
        ("A" * 20, "A" * 20),
        ("A" * 21, None),
        ("AL１", None),
    ],
)
def test_contract_codes(typed: str, code: str | None) -> None:
    assert rules.normal_contract_code(typed) == code


@pytest.mark.parametrize(
    ("typed", "subscriber", "match"),
    [
        ("Emer Mbiemer", "EMER MBIEMER", True),
        ("mbiemer emer", "EMER  MBIEMER", True),
        ("Ëngjëll Çela", "ENGJELL CELA", True),
        ("Elbasan Market", "ELBASAN MARKET SH.P.K.", True),
        ("Elbasan Market shpk", "ELBASAN MARKET", True),
        ("Elbasan", "ELBASAN MARKET SHPK", False),
        ("Emer", "EMER MBIEMER", False),
        ("Emer Emer Mbiemer", "EMER MBIEMER", False),
        ("Vera A Leka", "VERA LEKA", False),
        ("Sh.p.k.", "SHPK", False),
        ("", "", False),
        ("...", "---", False),
    ],
)
def test_names(typed: str, subscriber: str, match: bool) -> None:
    assert rules.names_match(typed, subscriber) is match


@given(st.text(max_size=60))
def test_name_key_is_its_own_key(name: str) -> None:
    key = rules.name_key(name)
    assert rules.name_key(key) == key
    assert rules.name_key(f"  {name.upper()} ") == rules.name_key(name.upper())


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("Provo2024", None),
        ("prov24", None),  # the manual's low end
        ("ab12", PasswordProblem.TOO_SHORT),
        ("a1" * 65, PasswordProblem.TOO_LONG),
        ("shkronja", PasswordProblem.NEEDS_LETTER_AND_DIGIT),
        ("12345678", PasswordProblem.NEEDS_LETTER_AND_DIGIT),
        ("ëëëëë7", None),
        ("ABC123", PasswordProblem.TOO_COMMON),
        ("al0000000", PasswordProblem.TOO_COMMON),
    ],
)
def test_passwords(password: str, problem: PasswordProblem | None) -> None:
    found = rules.password_problem(password, AccountSettings(), known_words=("AL0000000",))
    assert found is problem


def test_long_passwords_and_ones_own_words() -> None:
    settings, own = AccountSettings(), ("Vera Leka", "Energjia Demo", "vera@example.org")
    for fine in ("shtatë hapa 7 " * 5, "x" * 63 + "1", "vera leka dhe 7 dele"):
        assert rules.password_problem(fine, settings, known_words=own) is None
    for poor in ("Vera Leka1", "12veraleka", "energjiademo2024", "VERA@example.org1"):
        found = rules.password_problem(poor, settings, known_words=own)
        assert found is PasswordProblem.TOO_COMMON, poor


def test_the_manuals_own_rule_can_be_set() -> None:
    settings = AccountSettings(password_min_length=6, password_max_length=12)
    assert rules.password_problem("a1" * 7, settings) is PasswordProblem.TOO_LONG
    free = AccountSettings(password_letters_and_digits=False)
    assert rules.password_problem("vetemshkronja", free) is None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::9", "2001:0db8:0001:0002"),
        ("", "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_networks(address: str, network: str) -> None:
    assert rules.network_of(address) == network
