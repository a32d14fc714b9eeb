"""When coroutines must have ended: one timer of the event loop for all that have the same time, not one each."""

from __future__ import annotations

import asyncio
import threading

_OPEN, _EXPIRED = 0, 1
_ROOM = 16


class Scope:
    """One coroutine's time. `enter` inside a task; then exactly one of `leave` and `failed`."""

    __slots__ = ("_cancelling", "_line", "_state", "due_s", "task", "timeout_ms")

    def __init__(self, line: _Line, task: asyncio.Task[object], due_s: float, timeout_ms: float) -> None:
        self._line = line
        self._cancelling = task.cancelling()
        self._state = _OPEN
        self.task = task
        self.due_s = due_s
        self.timeout_ms = timeout_ms

    def leave(self) -> None:
        """It came to a value. A request to cancel that came too late to matter is taken back."""
        if self._state == _EXPIRED:
            self.task.uncancel()
        else:
            self._line.live.pop(self, None)

    def failed(self, error: BaseException) -> bool:
        """It raised. True: because its time was up, and for no other reason."""
        if self._state != _EXPIRED:
            self._line.live.pop(self, None)
            return False
        return self.task.uncancel() <= self._cancelling and isinstance(error, asyncio.CancelledError)

    def expire(self) -> None:
        """Its time is up."""
        self._state = _EXPIRED
        self.task.cancel()


class _Line:
    """The coroutines of one loop that were given the same time, in order: the first is always the next due."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.live: dict[Scope, None] = {}
        self.armed = False

    def wake(self) -> None:
        """Ends what is over time and waits for the next. The timer is left alone while calls come and go."""
        self.armed = False
        now_s = self.loop.time()
        for scope in list(self.live):
            if scope.due_s > now_s:
                self.armed = True
                self.loop.call_at(scope.due_s, self.wake)
                return
            del self.live[scope]
            scope.expire()


class Deadlines:
    """The times of all coroutines of one engine."""

    def __init__(self) -> None:
        self._lines: dict[tuple[asyncio.AbstractEventLoop, float], _Line] = {}
        self._room = _ROOM
        self._lock = threading.Lock()

    def after_fork(self) -> None:
        """The parent's loops are the parent's."""
        self._lines, self._room, self._lock = {}, _ROOM, threading.Lock()

    def enter(self, wait_s: float, timeout_ms: float) -> Scope:
        """Gives the running task `wait_s` real seconds from now, which are `timeout_ms` on the engine's clock.
        Errors: `RuntimeError` outside a task."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("a call with a timeout runs inside a task")
        line = self._lines.get((loop, wait_s))
        if line is None:
            line = self._open(loop, wait_s)
        scope = Scope(line, task, loop.time() + wait_s, timeout_ms)
        line.live[scope] = None
        if not line.armed:
            line.armed = True
            loop.call_at(scope.due_s, line.wake)
        return scope

    def _open(self, loop: asyncio.AbstractEventLoop, wait_s: float) -> _Line:
        with self._lock:
            if len(self._lines) >= self._room:  # what nobody waits on goes
                self._lines = {place: line for place, line in self._lines.items() if line.armed and not line.loop.is_closed()}
                self._room = _ROOM + 2 * len(self._lines)
            return self._lines.setdefault((loop, wait_s), _Line(loop))
