"""What people use today, as published, set up to do as nearly the same as each can. Needs `requirements-bench.txt`."""

from __future__ import annotations

from harness import Case, anoop, boom, noop


def rivals() -> list[Case]:
    """Every rival's case; `note` says what it does not do."""
    import circuitbreaker
    import limits
    import pybreaker
    import tenacity

    hour = limits.RateLimitItemPerHour(10**12, 10)
    limiter = limits.strategies.FixedWindowRateLimiter(limits.storage.MemoryStorage())

    def limited() -> int:
        if not limiter.hit(hour, "user:1"):
            raise RuntimeError("limited")
        return noop()

    stacked = tenacity.retry(stop=tenacity.stop_after_attempt(3))(pybreaker.CircuitBreaker()(limited))
    counts = "counts failures in a row, keeps no window, has no timeout"
    return [
        Case("pybreaker", "sync", pybreaker.CircuitBreaker(fail_max=5, reset_timeout=60)(noop), counts),
        Case("pybreaker failing", "raise", pybreaker.CircuitBreaker(fail_max=10**12)(boom), counts),
        Case("tenacity + pybreaker + limits", "sync", stacked, "one limit instead of three, no timeout"),
        Case("circuitbreaker async", "async", circuitbreaker.CircuitBreaker(failure_threshold=5).decorate(anoop), counts),
    ]
