"""What happened, for people: a bounded timeline, and what the traffic came to with and without Brownout."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Any

KEPT_ENTRIES = 20_000
KEPT_CALLS = 240


class Timeline:
    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=KEPT_ENTRIES)
        self._seq = 0

    def add(self, **entry: Any) -> None:
        self._seq += 1
        self._entries.append({"seq": self._seq, **entry})

    def list(self, after: int, kinds: set[str] | None, limit: int) -> list[dict[str, Any]]:
        """Entries after a sequence number, oldest first; at most the `limit` latest."""
        newest_first = (e for e in reversed(self._entries) if e["seq"] > after and (not kinds or e["kind"] in kinds))
        return list(islice(newest_first, limit))[::-1]


class Column:
    def __init__(self) -> None:
        self.counts = {"calls": 0, "reached": 0, "ok": 0, "failed": 0, "fallback": 0, "waited_ms": 0.0, "wasted_ms": 0.0}
        self.recent: deque[dict[str, Any]] = deque(maxlen=KEPT_CALLS)

    def add(self, service: str, outcome: str, waited_ms: float, *, reached: bool) -> None:
        self.counts["calls"] += 1
        self.counts["reached"] += int(reached)
        self.counts[outcome] += 1
        self.counts["waited_ms"] += waited_ms
        if outcome == "failed":
            self.counts["wasted_ms"] += waited_ms
        self.recent.append({"service": service, "outcome": outcome, "waited_ms": round(waited_ms)})

    def json(self) -> dict[str, Any]:
        return {**self.counts, "recent": list(self.recent)}
