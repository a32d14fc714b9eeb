"""After the engine has stopped inside a call: when another may take its place, and how often it happened."""

from __future__ import annotations

import math

_FIRST_WAIT_MS = 1_000.0  # after the second stop in a row; it doubles from there
_LONGEST_WAIT_MS = 60_000.0
_CALM_MS = 60_000.0  # an engine that has run this long has recovered


class Revival:
    """Counts losses. The first is made good at once, those that follow soon after with growing waits."""

    def __init__(self) -> None:
        self.losses = 0
        self.kept = 0
        """How many of them the state of the last snapshot was told of."""
        self.not_before_ms = -math.inf
        self._last_ms = -math.inf
        self._in_row = 0

    def lost(self, at_ms: float) -> None:
        """It happened."""
        self.losses += 1
        self._in_row = 1 if at_ms - max(self._last_ms, self.not_before_ms) > _CALM_MS else self._in_row + 1
        self._last_ms = at_ms
        wait = 0.0 if self._in_row == 1 else min(_LONGEST_WAIT_MS, _FIRST_WAIT_MS * 2.0 ** min(self._in_row - 2, 16))
        self.not_before_ms = at_ms + wait

    def due(self, at_ms: float) -> bool:
        """May it be rebuilt now? A clock that went back does not hold it up."""
        return at_ms >= self.not_before_ms or at_ms < self._last_ms
