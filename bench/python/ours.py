"""The product's side: decorated functions, as the README shows them."""

from __future__ import annotations

import time
from typing import Any

from brownout import Brownout
from timing import Case, abare, bare, failing

BREAKER = {"failure_rate": 0.5, "window": {"span": "10s", "buckets": 10}}
LIMITS = [
    {"name": "second", "limit": 100_000_000, "period": "1s"},
    {"name": "minute", "limit": 1_000_000_000, "period": "1m"},
    {"name": "hour", "limit": 10_000_000_000, "period": "1h"},
]
SERVICES: dict[str, dict[str, Any]] = {
    "breaker": {"timeout": "off", "breaker": BREAKER},
    "full": {"timeout": "10s", "breaker": BREAKER, "limits": LIMITS, "retry": {"attempts": 3}},
    "failing": {"timeout": "off", "breaker": {"failure_rate": 1, "min_calls": 1_000, "window": {"calls": 1_000}}},
    "tenants": {
        "per": "tenant",
        "breaker": BREAKER,
        "limits": [{**limit, "per": "tenant"} for limit in LIMITS],
    },
}


def engine(service: str) -> Brownout:
    return Brownout({"version": 1, "keys": {"cap": 200_000}, "services": {service: SERVICES[service]}}, seed=1)


def sync_breaker() -> Case:
    bo = engine("breaker")
    return Case("sync", "f()", {"f": bo.guard("breaker")(bare)}, bo.close)


def sync_full() -> Case:
    bo = engine("full")
    return Case("sync", "f()", {"f": bo.guard("full")(bare)}, bo.close)


def async_breaker() -> Case:
    bo = engine("breaker")
    return Case("async", "f()", {"f": bo.guard("breaker")(abare)}, bo.close)


def async_full() -> Case:
    bo = engine("full")
    return Case("async", "f()", {"f": bo.guard("full")(abare)}, bo.close)


def sync_failing() -> Case:
    """One call in sixteen succeeds, so that the breaker judges and never opens."""
    bo = engine("failing")
    guard = bo.guard("failing")
    return Case("raise", "(good if i % 16 == 0 else bad)()", {"good": guard(bare), "bad": guard(failing)}, bo.close)


def sync_refused() -> Case:
    """A refusal as a value."""
    bo = engine("breaker")
    bo.command("force_open", service="breaker", for_ms=3_600_000)
    assert not bo.run("breaker", bare).ok
    return Case("sync", "run('breaker', f)", {"run": bo.run, "f": bare}, bo.close)


OURS = {
    "sync_breaker": sync_breaker,
    "sync_full": sync_full,
    "async_breaker": async_breaker,
    "async_full": async_full,
    "sync_failing": sync_failing,
    "sync_refused": sync_refused,
}


def sleeping() -> Any:
    """A guarded call of 20 ms, for many threads."""
    return engine("breaker").guard("breaker")(lambda: time.sleep(0.02))


def tenants(count: int) -> Brownout:
    """One engine, each tenant called once."""
    bo = engine("tenants")
    call = bo.guard("tenants", key=lambda name: name)(lambda name: name)
    for i in range(count):
        call(f"tenant-{i:09}")
    return bo
