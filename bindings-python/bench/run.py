"""Prints what a decorated call costs beside its rivals: `python bench/run.py [--own] [--json]`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from cases import own
from harness import Row, compare

BARS = [
    ("sync, over pybreaker", "brownout sync, breaker", "pybreaker", 1 / 5),
    (
        "sync, over tenacity + pybreaker + limits",
        "brownout sync, breaker and three limits and retry and timeout",
        "tenacity + pybreaker + limits",
        1 / 40,
    ),
    ("async, over circuitbreaker", "brownout async, breaker", "circuitbreaker async", 1 / 2),
]


def verdicts(rows: list[Row]) -> list[dict[str, object]]:
    """Each bar: the ratio of the costs over the bare call, and whether it holds."""
    over = {row.name: row.over_ns for row in rows}
    return [
        {"bar": name, "ratio": over[ours] / over[theirs], "at_most": bar, "holds": over[ours] <= bar * over[theirs]}
        for name, ours, theirs, bar in BARS
        if ours in over and theirs in over
    ]


def main() -> None:
    """Measures and prints."""
    cases = own()
    if "--own" not in sys.argv:
        from rivals import rivals

        cases += rivals()
    rows = compare(cases)
    judged = verdicts(rows)
    if "--json" in sys.argv:
        print(json.dumps({"rows": [asdict(row) for row in rows], "bars": judged}))
        return
    for row in rows:
        note = f"   ({row.note})" if row.note else ""
        span = f"[{row.low:.0f}, {row.high:.0f}]"
        print(f"{row.name:62} {row.over_ns:9.0f} ns over a bare call of {row.floor_ns:5.0f} {span}{note}")
    for bar in judged:
        word = "pass" if bar["holds"] else "fall short"
        print(f"{word:10} {bar['bar']}: {bar['ratio']:.4f} of it, bar {bar['at_most']:.4f}")


if __name__ == "__main__":
    main()
