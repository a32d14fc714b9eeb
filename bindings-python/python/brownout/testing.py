"""For tests of code that uses Brownout: time that a test moves by hand, and sleeps that take none."""

from __future__ import annotations


class ManualClock:
    """A clock that stands still until `advance` moves it. An engine on it arms no timer: its next call, or `bo.advance()`,
    runs what has fallen due."""

    def __init__(self, start_ms: float = 1_700_000_000_000.0) -> None:
        self._now_ms = start_ms

    def now_ms(self) -> float:
        return self._now_ms

    def wait_s(self, span_ms: float) -> float | None:
        return None

    def advance(self, span_ms: float) -> None:
        """Moves on by `span_ms`; a negative span steps back."""
        self._now_ms += span_ms

    def set(self, at_ms: float) -> None:
        """Moves to `at_ms`."""
        self._now_ms = at_ms


class ManualSleeper:
    """Returns at once, remembers how long it was asked to sleep, and moves a manual clock on by as much."""

    def __init__(self, clock: ManualClock | None = None) -> None:
        self._clock = clock
        self.slept_ms: list[float] = []

    def sleep(self, span_ms: float) -> None:
        self.slept_ms.append(span_ms)
        if self._clock is not None:
            self._clock.advance(span_ms)

    async def asleep(self, span_ms: float) -> None:
        self.sleep(span_ms)
