"""What time it is, for an engine that never looks: wall time that runs as evenly as the monotonic clock."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Protocol

from brownout._core import Anchor

_DRIFT_MS = 1_000.0  # how far wall time may stray before it is believed
_BEHIND_MS = 1_000.0  # how far behind the engine input must be …
_PATIENCE_MS = 5_000.0  # … and for how long, before the engine is told to follow


class Clock(Protocol):
    """Where instants come from, and how long to wait for one. Milliseconds since the epoch."""

    def now_ms(self) -> float:
        """The present instant."""

    def wait_s(self, span_ms: float) -> float | None:
        """Real seconds until `span_ms` have passed on this clock; None when only a person moves it."""


class Sleeper(Protocol):
    """Waits between two attempts."""

    def sleep(self, span_ms: float) -> None:
        """Blocks this thread for `span_ms`."""

    async def asleep(self, span_ms: float) -> None:
        """Suspends this task for `span_ms`."""


class WallClock:
    """Wall time anchored once and carried on by the monotonic clock, so that small corrections of the wall never show.

    `speed` runs it faster than real time. When wall time stays more than a second away for five (a suspended machine, a
    corrected date), the anchor follows it and `steps` counts; a step back then reaches the engine as an order to re-base.
    """

    steps = 0

    def __init__(self, *, speed: float = 1.0) -> None:
        self._speed = speed
        self._lock = threading.Lock()
        self._anchor_ms = time.time() * 1000.0
        self._base = time.monotonic()
        self._check = self._base + 1.0
        self._away_since: float | None = None
        self.anchor = Anchor()
        """The same numbers for the short way of a decorated call, which asks here again once a second."""
        self._tell_anchor()

    def now_ms(self) -> float:
        mono = time.monotonic()
        if mono >= self._check:
            self._compare(mono)
        return self._anchor_ms + (mono - self._base) * 1000.0 * self._speed

    def wait_s(self, span_ms: float) -> float | None:
        return max(span_ms, 0.0) / 1000.0 / self._speed

    def _compare(self, mono: float) -> None:
        with self._lock:
            self._check = mono + 1.0
            wall = time.time() * 1000.0
            drift_ms = abs(wall - (self._anchor_ms + (mono - self._base) * 1000.0))
            if self._speed != 1.0 or drift_ms <= _DRIFT_MS:
                self._away_since = None
            elif self._away_since is None:
                self._away_since = mono
            elif (mono - self._away_since) * 1000.0 >= _PATIENCE_MS:
                self._anchor_ms, self._base, self._away_since = wall, mono, None
                self.steps += 1
            self._tell_anchor()

    def _tell_anchor(self) -> None:
        self.anchor.set(self._anchor_ms, self._base, self._speed, self._check)


class RealSleeper:
    """Sleeps as long as the clock says."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def sleep(self, span_ms: float) -> None:
        time.sleep(self._clock.wait_s(span_ms) or 0.0)

    async def asleep(self, span_ms: float) -> None:
        await asyncio.sleep(self._clock.wait_s(span_ms) or 0.0)


class Rebase:
    """Tells when an engine must follow a clock that stays behind it."""

    def __init__(self) -> None:
        self._since_ms: float | None = None
        self._engine_ms = 0.0

    @property
    def watching(self) -> bool:
        """Is input behind at all?"""
        return self._since_ms is not None

    def behind(self, at_ms: float, by_ms: float) -> None:
        """The engine said that input at `at_ms` lies `by_ms` behind it."""
        if self._since_ms is None:
            self._since_ms = at_ms
        self._engine_ms = max(self._engine_ms, at_ms + by_ms)

    def due(self, at_ms: float) -> bool:
        """Has input stayed more than a second behind for five? Asked on each input while `watching`."""
        if self._since_ms is None:
            return False
        if at_ms >= self._engine_ms - _BEHIND_MS:
            if at_ms >= self._engine_ms:
                self.done()
            return False
        if at_ms < self._since_ms:  # the clock stepped back once more: begin to count anew
            self._since_ms = at_ms
        return at_ms - self._since_ms >= _PATIENCE_MS

    def done(self) -> None:
        """The engine follows again."""
        self._since_ms, self._engine_ms = None, 0.0
