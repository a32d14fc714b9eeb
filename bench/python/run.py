"""`python run.py CASE [--quick]`: one case in a process of its own. Without a case: their names, in order."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import sys
import time

import ours
import rivals
from timing import idle, latency, measure, threads

MAKERS = {**ours.OURS, **rivals.RIVALS}
LATENCY = ["sync_full", "stacked"]
THREADS = {"threads_bare": lambda: lambda: time.sleep(0.02), "threads": ours.sleeping, "threads_pybreaker": rivals.sleeping}
IDLE = {"nothing": lambda _: None, "brownout": ours.tenants}
NAMES = [
    *MAKERS,
    *(f"latency:{name}" for name in LATENCY),
    *(f"threads:{name}" for name in THREADS),
    *(f"idle:{name}" for name in IDLE),
]


def main() -> None:
    """One case, or the list of them."""
    quick = "--quick" in sys.argv
    wanted = [arg for arg in sys.argv[1:] if not arg.startswith("--")]
    if not wanted:
        print(json.dumps({"fact": "Python", "value": platform.python_version()}))
        for rival in ("pybreaker", "circuitbreaker", "tenacity", "limits"):
            print(json.dumps({"fact": rival, "value": importlib.metadata.version(rival)}))
        print("cases", *NAMES)
        return
    kind, _, name = wanted[0].rpartition(":")
    if kind == "latency":
        latency(name, MAKERS[name](), 1 if quick else 5, 2_000 if quick else 40_000)
    elif kind == "threads":
        threads(name, THREADS[name](), 16, 0.2 if quick else 1.5)
    elif kind == "idle":
        idle(name, lambda: IDLE[name](1_000 if quick else 100_000), 0.3 if quick else 3)
    else:
        measure(name, MAKERS[name](), 1 if quick else 5, 10 if quick else 120)


main()
