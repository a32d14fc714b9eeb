"""A small policy, an engine on a clock that the test moves, and a record of every settlement."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from brownout import Brownout
from brownout._permit import Permit
from brownout.testing import ManualClock, ManualSleeper

POLICY: dict[str, Any] = {
    "version": 1,
    "name": "tests",
    "services": {
        "afip": {
            "timeout": "30s",
            "fallback": "queue",
            "breaker": {"consecutive_failures": 3, "open": {"base": "30s", "jitter": 0}},
        },
        "tenants": {"per": "tenant", "breaker": {"consecutive_failures": 2, "open": {"base": "30s", "jitter": 0}}},
        "counted": {
            "breaker": {"consecutive_failures": 1000000},
            "limits": [{"name": "hour", "limit": 1000, "period": "1h", "algorithm": "fixed_window"}],
        },
        "retried": {
            "breaker": {"consecutive_failures": 1000},
            "retry": {
                "attempts": 3,
                "on": ["failure", "throttled"],
                "backoff": {"base": "2s", "growth": 2.0, "jitter": "none"},
            },
        },
        "brief": {"timeout": "200ms", "breaker": {"consecutive_failures": 1000}},
        "quick": {"timeout": "5s", "breaker": {"consecutive_failures": 1, "open": {"base": "40ms", "jitter": 0}}},
    },
}

Settlements = list[tuple[int, dict[str, Any]]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def policy() -> dict[str, Any]:
    return copy.deepcopy(POLICY)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sleeper(clock: ManualClock) -> ManualSleeper:
    return ManualSleeper(clock)


@pytest.fixture
def bo(policy: dict[str, Any], clock: ManualClock, sleeper: ManualSleeper) -> Iterator[Brownout]:
    bo = Brownout(policy, seed=1, clock=clock, sleeper=sleeper)
    yield bo
    bo.close()


@pytest.fixture
def live(policy: dict[str, Any]) -> Iterator[Brownout]:
    """On real time."""
    bo = Brownout(policy, seed=1)
    yield bo
    bo.close()


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> Settlements:
    """Each settlement that reached an engine, in order."""
    seen: Settlements = []
    tell = Permit._tell

    def noted(self: Permit, settlement: dict[str, Any], now: float) -> Any:
        seen.append((self.number, settlement))
        return tell(self, settlement, now)

    monkeypatch.setattr(Permit, "_tell", noted)
    return seen


@pytest.fixture
def effects() -> Callable[[Brownout], list[dict[str, Any]]]:
    def listen(bo: Brownout) -> list[dict[str, Any]]:
        heard: list[dict[str, Any]] = []
        bo.on("*", heard.append)
        return heard

    return listen
