"""The package's own calls: what a decorated function costs, in the cases that the rivals are compared in."""

from __future__ import annotations

from typing import Any

from harness import Case, Kind, anoop, boom, noop

from brownout import Brownout

_LIMITS = [
    {"name": "second", "limit": 1_000_000_000, "period": "1s"},
    {"name": "minute", "limit": 1_000_000_000, "period": "1m", "algorithm": "sliding_window"},
    {"name": "hour", "limit": 1_000_000_000, "period": "1h", "algorithm": "fixed_window"},
]
_BREAKER = {"failure_rate": 0.5, "window": "10s"}
_SERVICES: dict[str, dict[str, Any]] = {
    "breaker": {"timeout": "off", "breaker": _BREAKER},
    "all": {"breaker": _BREAKER, "limits": _LIMITS, "retry": {"attempts": 3}},
    "timed": {"timeout": "30s", "breaker": _BREAKER},
    "failing": {"timeout": "off", "breaker": {"consecutive_failures": 1_000_000}},
    "open": {"timeout": "off", "breaker": {"consecutive_failures": 1, "open": {"base": "1h", "max": "1h", "jitter": 0}}},
    "tenants": {
        "timeout": "off",
        "per": "tenant",
        "breaker": _BREAKER,
        "limits": [{**one, "per": "tenant"} for one in _LIMITS],
    },
}


def own() -> list[Case]:
    """Every case of this package, each on an engine of its own."""
    bind_of = lambda name: lambda: name  # noqa: E731
    return [
        _case("sync, breaker", "sync", "breaker"),
        _case("sync, breaker and three limits and retry and timeout", "sync", "all"),
        _case("sync, the same for one tenant of many", "sync", "tenants", key=bind_of("org_1")),
        _case("sync, failing", "raise", "failing"),
        _case("sync, refused", "raise", "open"),
        _case("async, breaker", "async", "breaker"),
        _case("async, breaker and timeout", "async", "timed"),
        _case("async, breaker and three limits and retry and timeout", "async", "all"),
    ]


def _case(name: str, kind: Kind, service: str, **options: Any) -> Case:
    bo = Brownout({"version": 1, "services": {service: _SERVICES[service]}}, seed=1)
    if service == "open":
        bo.command("force_open", service="open")
    bare = {"sync": noop, "async": anoop, "raise": noop if service == "open" else boom}[kind]
    return Case(f"brownout {name}", kind, bo.guard(service, **options)(bare), close=bo.close)
