"""The same calls through the libraries that a Python service uses today, set up so that nothing is refused."""

from __future__ import annotations

import time
from typing import Any

import circuitbreaker
import limits
import pybreaker
import tenacity
from timing import Case, abare, bare, failing


def pybreaker_sync() -> Case:
    return Case("sync", "f()", {"f": pybreaker.CircuitBreaker(fail_max=5, reset_timeout=60)(bare)})


def pybreaker_failing() -> Case:
    return Case("raise", "f()", {"f": pybreaker.CircuitBreaker(fail_max=10**12)(failing)})


def pybreaker_open() -> Case:
    breaker = pybreaker.CircuitBreaker(fail_max=5, reset_timeout=36_000)
    breaker.open()
    return Case("raise", "f()", {"f": breaker(bare)})


def stacked() -> Case:
    """Retry around breaker around limit, as people stack them by hand."""
    hour = limits.RateLimitItemPerHour(10**12, 10)
    limiter = limits.strategies.FixedWindowRateLimiter(limits.storage.MemoryStorage())

    def limited() -> int:
        if not limiter.hit(hour, "user:1"):
            raise RuntimeError("limited")
        return bare()

    return Case("sync", "f()", {"f": tenacity.retry(stop=tenacity.stop_after_attempt(3))(pybreaker.CircuitBreaker()(limited))})


def circuitbreaker_async() -> Case:
    return Case("async", "f()", {"f": circuitbreaker.CircuitBreaker(failure_threshold=5).decorate(abare)})


RIVALS = {
    "pybreaker_sync": pybreaker_sync,
    "pybreaker_failing": pybreaker_failing,
    "pybreaker_open": pybreaker_open,
    "stacked": stacked,
    "circuitbreaker_async": circuitbreaker_async,
}


def sleeping() -> Any:
    """A guarded call of 20 ms, for many threads."""
    return pybreaker.CircuitBreaker()(lambda: time.sleep(0.02))
