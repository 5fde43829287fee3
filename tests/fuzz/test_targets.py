"""Every parser, a moment with each: `SEED=... make test ARGS=tests/fuzz` tries other inputs."""

import os

import pytest

from tests.fuzz.target import Target, damaged
from tests.fuzz.targets import all_targets

TARGETS = all_targets()
SEED = os.environ.get("SEED", "1")
WITHOUT_A_GOOD_SEED = {"record effect", "foreign message", "foreign receipt",
                       "foreign consistency", "record of a stranger"}  # refused by design


@pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
def test_damage_is_refused_by_name_or_read(target: Target) -> None:
    for number, data in enumerate(damaged(target, target.moment, SEED)):
        try:
            target.check(data)
        except Exception as error:
            raise AssertionError(
                f"input {number} of SEED={SEED} for {target.name}: {data.hex()}") from error


@pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
def test_a_seed_is_read(target: Target) -> None:
    """Or the target would be a closed door, and damage to it would show nothing."""
    read = [seed for seed in target.seeds if target.check(seed)]
    assert bool(read) != (target.name in WITHOUT_A_GOOD_SEED)


def test_the_same_seed_is_the_same_damage() -> None:
    target = TARGETS["statement"]
    assert list(damaged(target, 20, "1")) == list(damaged(target, 20, "1"))
    assert list(damaged(target, 20, "1")) != list(damaged(target, 20, "2"))
