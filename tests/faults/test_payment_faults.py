"""Money under faults: real processes, a real PostgreSQL and a bank that does what banks do, while
all of them die and lines are cut; and then the bank's books against billing's.

PAYMENT_FAULTS_SEED, PAYMENT_FAULTS_SECONDS: another run, or a longer one.
"""

import os
from collections.abc import Iterator

import pytest

from tests.faults.payments.directed import SCENES, Scene
from tests.faults.payments.figures import table
from tests.faults.payments.mistakes import MISTAKES
from tests.faults.payments.oracle import judge
from tests.faults.payments.run import Outcome, run
from tests.faults.payments.stage import Stage, a_stage

SEED = int(os.environ.get("PAYMENT_FAULTS_SEED", "2026"))
SECONDS = float(os.environ.get("PAYMENT_FAULTS_SECONDS", "45"))
NAIVE_SECONDS = 15.0
NAIVE_RUNS = 5
NEEDED = ("web process killed", "job process killed", "PostgreSQL stopped at once", "bank killed")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with a_stage() as stage:
        yield stage


def tell(name: str, outcome: Outcome) -> None:
    print(table({name: (outcome.figures, outcome.verdicts)}))  # ./test tests/faults -rP
    for what, found in outcome.violations.items():
        print(f"{what}: {len(found)}", *found[:10], sep="\n    ")


def test_no_money_is_lost_doubled_or_made_up(stage: Stage) -> None:
    outcome = run(stage, seed=SEED, seconds=SECONDS)
    tell("the portal", outcome)
    assert outcome.is_quiet, "something was never finished"
    assert outcome.violations == {}
    figures, verdicts = outcome.figures, outcome.verdicts
    accounted = verdicts.posted_once + verdicts.in_review + verdicts.given_back_uncounted
    assert accounted == verdicts.captured
    # All this happened, or nothing was shown.
    assert verdicts.captured > 20 and verdicts.posted_once > 10 and verdicts.in_review
    assert figures.counts["refused"] > 10 and figures.counts["genuine, again"] > 20
    assert figures.counts["watched"] > 100 and figures.counts["shown paid"] > 5
    for fault in NEEDED:
        assert figures.faults[fault], fault
    assert sum(n for name, n in figures.faults.items() if name.startswith("COMMIT lost"))


def test_a_naive_portal_is_caught(stage: Stage) -> None:
    """Which of its mistakes one run meets is a matter of moments: hence some more, if need be."""
    missing = {"posted twice", "falsely paid", "forged and accepted"}
    for seed in range(SEED, SEED + NAIVE_RUNS):
        outcome = run(stage, seed=seed, seconds=NAIVE_SECONDS, mistakes=("naive",))
        tell("a naive one", outcome)
        missing -= outcome.violations.keys()
        if not missing:
            return
    raise AssertionError(f"never found: {missing}")


@pytest.fixture
def scene(stage: Stage) -> Iterator[Scene]:
    stage.empty()
    scene = Scene(stage)
    yield scene
    scene.close()


@pytest.mark.parametrize("name", SCENES)
def test_scene(name: str, scene: Scene) -> None:
    """The control of the next test: without the mistake nothing is found."""
    SCENES[name](scene)
    assert judge(scene.stage).violations | scene.troubles == {}


@pytest.mark.parametrize("name", SCENES)
def test_a_planted_mistake_is_caught(
    name: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    MISTAKES[name](monkeypatch.setattr)
    SCENES[name](scene)
    found = judge(scene.stage).violations | scene.troubles
    print(name, found)
    assert found


def test_every_small_mistake_has_its_scene() -> None:
    assert {*SCENES} == {*MISTAKES} - {"naive"}
