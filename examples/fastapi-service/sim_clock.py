"""Simulated time, as the simulator tells it: running many times as fast as real time, or stepped by hand."""

from __future__ import annotations

import asyncio
import time
from typing import Any


class RunningClock:
    """Passes `speed` times as fast as real time from an origin that every process shares."""

    stepped = False

    def __init__(self, origin_ms: float, real_ms: float, speed: float) -> None:
        self._origin_ms = origin_ms
        self._real_ms = real_ms
        self.speed = speed

    def now_ms(self) -> float:
        return self._origin_ms + (time.time() * 1000.0 - self._real_ms) * self.speed

    def wait_s(self, span_ms: float) -> float:
        return max(span_ms, 0.0) / 1000.0 / self.speed

    def sleep(self, span_ms: float) -> None:
        time.sleep(self.wait_s(span_ms))

    async def asleep(self, span_ms: float) -> None:
        await asyncio.sleep(self.wait_s(span_ms))


class SteppedClock:
    """Stands still until `set`. A sleeper moves it on; what must wait in real time, such as for an upstream that never
    answers, waits `speed` times shorter."""

    stepped = True

    def __init__(self, now_ms: float, speed: float) -> None:
        self._now_ms = now_ms
        self.speed = speed

    def now_ms(self) -> float:
        return self._now_ms

    def wait_s(self, span_ms: float) -> float:
        return max(span_ms, 0.0) / 1000.0 / self.speed

    def set(self, now_ms: float) -> None:
        """Moves forward; an earlier instant changes nothing."""
        self._now_ms = max(self._now_ms, now_ms)

    def sleep(self, span_ms: float) -> None:
        self.set(self._now_ms + span_ms)

    async def asleep(self, span_ms: float) -> None:
        self.set(self._now_ms + span_ms)


SimClock = RunningClock | SteppedClock


def follow(told: dict[str, Any]) -> SimClock:
    """The clock that the simulator described."""
    if told["stepped"]:
        return SteppedClock(told["now_ms"], told["speed"])
    return RunningClock(told["now_ms"], told["real_ms"], told["speed"])


def describe(clock: SimClock) -> dict[str, Any]:
    return {
        "now_ms": clock.now_ms(),
        "real_ms": time.time() * 1000.0,
        "speed": clock.speed,
        "stepped": clock.stepped,
    }
