"""Effects to those who listen: in order, one at a time, and no listener can break a call."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

Effect: TypeAlias = dict[str, Any]
Listener: TypeAlias = Callable[[Effect], object]

_log = logging.getLogger("brownout")


class Listeners:
    """Who listens to what; `*` hears everything."""

    def __init__(self) -> None:
        self._heard: dict[str, tuple[Listener, ...]] = {}
        self._line: deque[Effect] = deque()
        self._turn = threading.Lock()

    def after_fork(self) -> None:
        """What the parent had not told yet is the parent's to tell."""
        self._line.clear()
        self._turn = threading.Lock()

    def on(self, kind: str, listener: Listener) -> Callable[[], None]:
        """Listens to effects of `kind`, such as `breaker_changed`. Returns what ends it."""
        self._heard = {**self._heard, kind: (*self._heard.get(kind, ()), listener)}

        def off() -> None:
            left = list(self._heard.get(kind, ()))
            if listener in left:
                left.remove(listener)
                self._heard = {**self._heard, kind: tuple(left)}

        return off

    def tell(self, effects: Iterable[Effect]) -> None:
        """Tells all. Effects caused by a listener's own calls, or by another thread meanwhile, wait for their turn."""
        if not self._heard:
            return
        self._line.extend(effects)
        while self._line and self._turn.acquire(blocking=False):
            try:
                while self._line:
                    self._tell_one(self._line.popleft())
            finally:
                self._turn.release()

    def _tell_one(self, effect: Effect) -> None:
        for kind in (str(effect.get("effect", "")), "*"):
            for listener in self._heard.get(kind, ()):
                try:
                    listener(effect)
                except Exception:
                    _log.exception("a listener of `%s` failed", kind)
