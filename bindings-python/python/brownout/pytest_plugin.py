"""For pytest, which finds this by itself: engines whose time the test moves.

`brownout_engine(policy)` makes one, `bo` is the one of the policy that `brownout_policy` names in pytest's configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from brownout.testing import HandDriven

_OPTION = "brownout_policy"


def pytest_addoption(parser: pytest.Parser) -> None:
    """One setting: where the policy lies, from the root of the tests."""
    parser.addini(_OPTION, "the policy of the fixture `bo`: a path from the root folder", default="")


@pytest.fixture
def brownout_engine(pytestconfig: pytest.Config) -> Iterator[Callable[..., HandDriven]]:
    """Makes engines with hand-driven time: `brownout_engine(policy, seed=1)`; they end with the test."""
    from brownout.testing import HandDriven

    made: list[HandDriven] = []

    def make(policy: Any = None, **options: Any) -> HandDriven:
        source = policy
        if source is None:
            name = pytestconfig.getini(_OPTION)
            if not name:
                raise pytest.UsageError(f"no policy: give one, or set `{_OPTION}` in pytest's configuration")
            source = pytestconfig.rootpath / name
        made.append(HandDriven(source, **options))
        return made[-1]

    yield make
    for engine in made:
        engine.close()


@pytest.fixture
def bo(brownout_engine: Callable[..., HandDriven]) -> HandDriven:
    """The engine of the configured policy, its time in the test's hands."""
    return brownout_engine()
