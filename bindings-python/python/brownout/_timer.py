"""One timer for everything that an engine waits for."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import weakref
from collections.abc import Callable

from brownout._clock import Clock
from brownout._core import Lane

_log = logging.getLogger("brownout")
_LONGEST_S = 3_600.0  # wakes at least so often while armed: real clocks drift


class Timer:
    """Calls `fire` at the earliest instant armed.

    Armed inside a running event loop it waits there; elsewhere one daemon thread waits. It may fire early, which is harmless:
    whoever is woken asks the engine what comes next and arms again. `fire` is held weakly, so a timer keeps nothing alive.
    """

    def __init__(self, clock: Clock, fire: Callable[[], None], lane: Lane) -> None:
        self._clock = clock
        self._fire = weakref.WeakMethod(fire)
        self._lane = lane
        self._closed = False
        self._restart()

    @property
    def due_ms(self) -> float:
        """The instant armed; kept where the short way of a call sees it too."""
        return self._lane.due_ms

    @due_ms.setter
    def due_ms(self, at_ms: float) -> None:
        self._lane.due_ms = at_ms

    def _restart(self) -> None:
        self._wake = threading.Condition(threading.Lock())
        self._thread: threading.Thread | None = None
        self._handle: asyncio.TimerHandle | None = None
        self._handle_loop: asyncio.AbstractEventLoop | None = None

    def after_fork(self) -> None:
        """In a child process there is neither the thread nor the loop: forget both."""
        self.due_ms = math.inf
        self._restart()

    def arm(self, at_ms: float) -> None:
        """Fire at `at_ms`, unless something earlier is armed already."""
        wait_s = self._clock.wait_s(at_ms - self._clock.now_ms())
        with self._wake:
            if at_ms >= self.due_ms or self._closed:
                return
            self.due_ms = at_ms
            if wait_s is None:
                return  # a clock that only a person moves
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                self._wait_in_thread()
            else:
                self._wait_in_loop(loop, wait_s)

    def disarm(self) -> None:
        """Nothing to wait for."""
        self.due_ms = math.inf

    def close(self) -> None:
        """Ends the thread, if there is one."""
        with self._wake:
            self._closed = True
            self._wake.notify()

    def _wait_in_loop(self, loop: asyncio.AbstractEventLoop, wait_s: float) -> None:
        if self._handle is not None and self._handle_loop is loop:
            self._handle.cancel()
        self._handle_loop = loop
        self._handle = loop.call_later(min(max(wait_s, 0.0), _LONGEST_S), self._ring)

    def _wait_in_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._watch, args=(self._wake,), name="brownout-timer", daemon=True)
            self._thread.start()
        self._wake.notify()

    def _watch(self, wake: threading.Condition) -> None:
        while True:
            with wake:
                if self._closed:
                    return
                wait_s = self._wait_left()
                if wait_s is None or wait_s > 0.0:
                    wake.wait(None if wait_s is None else min(wait_s, _LONGEST_S))
                    continue
            self._ring()

    def _wait_left(self) -> float | None:
        if math.isinf(self.due_ms):
            return None
        return self._clock.wait_s(self.due_ms - self._clock.now_ms())

    def _ring(self) -> None:
        fire = self._fire()
        self.due_ms = math.inf
        if fire is None or self._closed:
            return
        try:
            fire()
        except Exception:
            _log.exception("the timer's call failed")
