"""Names, passwords and codes of the utility's own people."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.records import PasswordProblem
from app.staff import rules
from app.staff.records import Role

# RFC 6238, appendix B: the secret `12345678901234567890` and SHA-1, the last six of eight digits.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]
OWN = ("ardit", "Ardit Kola", "Energjia Demo")


@pytest.mark.parametrize(("second", "code"), RFC_CODES)
def test_codes_are_those_of_the_standard(second: int, code: str) -> None:
    now = datetime.fromtimestamp(second, UTC)
    assert rules.code_of(RFC_SECRET, rules.step_of(now)) == code
    assert rules.find_step(RFC_SECRET, code, now, after=0) == second // 30


@pytest.mark.parametrize(
    ("seconds_later", "accepted"),
    [(-31, False), (-30, True), (0, True), (29, True), (30, True), (59, True), (60, False)],
)
def test_clocks_may_differ_by_one_step(seconds_later: int, accepted: bool) -> None:
    """The code is shown from 1234567890, the first second of a step, for thirty."""
    now = datetime.fromtimestamp(1234567890, UTC) + timedelta(seconds=seconds_later)
    assert (rules.find_step(RFC_SECRET, "005924", now, after=0) is not None) is accepted


def test_a_step_that_was_used_and_those_before_are_over() -> None:
    now = datetime.fromtimestamp(1234567890, UTC)
    here = rules.step_of(now)
    for step in (here - 1, here, here + 1):
        code = rules.code_of(RFC_SECRET, step)
        assert rules.find_step(RFC_SECRET, code, now, after=here) == (step if step > here else None)


@given(st.text(max_size=12))
def test_whatever_is_typed_is_no_failure(typed: str) -> None:
    now = datetime.fromtimestamp(59, UTC)
    right = {rules.code_of(RFC_SECRET, step) for step in (0, 1, 2)}
    assert (rules.find_step(RFC_SECRET, typed, now, after=-1) is not None) == (typed in right)


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("x" * 14, PasswordProblem.TOO_SHORT),
        ("katër fjalë krejt ndryshe", None),
        ("stafi-provon-2024", None),
        ("0987120983471209", None),  # of whatever it is made
        ("x" * 15, PasswordProblem.TOO_COMMON),
        ("passwordpassword", PasswordProblem.TOO_COMMON),
        ("12345 12345 12345", PasswordProblem.TOO_COMMON),
        ("Q1w2e3r4 t5y6u7i8", PasswordProblem.TOO_COMMON),
        ("Ardit Kola 2024!!", PasswordProblem.TOO_COMMON),
        ("energjia-demo-2024", PasswordProblem.TOO_COMMON),
        ("ARDIT energjia 1985", PasswordProblem.TOO_COMMON),
        ("ardit shkon në det", None),
        ("é" * 129, PasswordProblem.TOO_LONG),
        ("ab" + "cdefghijk lmnopq" * 7 + "z", None),
    ],
)
def test_passwords(password: str, problem: PasswordProblem | None) -> None:
    assert rules.password_problem(password, 15, known_words=OWN) is problem


def test_first_passwords_are_long_random_and_readable() -> None:
    made = {rules.first_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        assert rules.password_problem(password, 15, known_words=OWN) is None
        assert not set(password) & set("0Oo1lI ")


@pytest.mark.parametrize("role", Role)
def test_each_role_includes_those_before_it(role: Role) -> None:
    order = [Role.AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR]
    assert [role.includes(other) for other in order] == [
        order.index(role) >= order.index(other) for other in order
    ]


def test_names() -> None:
    assert rules.normal_name(" Ëndri.Kola_2 ") == "Ëndri.Kola_2"
    assert rules.name_key("ËNDRI") == rules.name_key("ëndri") == rules.name_key("e\u0308ndri")
    assert rules.normal_name("a" * 40) and rules.normal_name("a" * 41) is None


@given(st.text(max_size=60))
def test_a_names_key_fits_its_column(name: str) -> None:
    kept = rules.normal_name(name)
    if kept is not None:
        assert len(rules.name_key(kept)) <= 120
        assert rules.name_key(kept) == rules.name_key(name)
