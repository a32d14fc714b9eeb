"""Times loops against each other in one process: floor and case in turn, repetition by repetition, by the CPU time of the
whole process (threads of a library count, what other processes take does not)."""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["sync", "async", "raise"]
Loop = Callable[[int], int]


def noop() -> int:
    """The bare call."""
    return 1


async def anoop() -> int:
    """The bare coroutine."""
    return 1


def boom() -> int:
    """A call that fails: a fresh exception each time, since the traceback of one that is raised again grows."""
    raise ValueError("x")


FLOORS: dict[Kind, Callable[[], Any]] = {"sync": noop, "async": anoop, "raise": boom}
_BODIES: dict[Kind, str] = {
    "sync": "def loop(n):\n t = now()\n for _ in range(n):\n  f()\n return now() - t\n",
    "async": "async def loop(n):\n t = now()\n for _ in range(n):\n  await f()\n return now() - t\n",
    "raise": "def loop(n):\n t = now()\n for _ in range(n):\n  try:\n   f()\n  except Exception:\n   pass\n return now() - t\n",
}


@dataclass
class Case:
    """One function to be timed, and whatever must live while it is."""

    name: str
    kind: Kind
    call: Callable[[], Any]
    note: str = ""
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Row:
    """What a case cost, in nanoseconds of CPU per call: medians over the repetitions, and `over` its own floor."""

    name: str
    ns: float
    floor_ns: float
    over_ns: float
    low: float
    high: float
    note: str


def _loop(kind: Kind, call: Callable[[], Any], runner: asyncio.Runner) -> Loop:
    """A loop compiled apart, so that no two cases share a call site."""
    names: dict[str, Any] = {"f": call, "now": time.process_time_ns}
    exec(_BODIES[kind], names)
    loop = names["loop"]
    return (lambda n: runner.run(loop(n))) if kind == "async" else loop


def _calibrated(loop: Loop, target_ms: float) -> int:
    n = 500
    while (took := loop(n)) < 20e6:
        n *= 2
    return max(500, int(n * target_ms * 1e6 / took))


def compare(cases: list[Case], *, reps: int = 9, target_ms: float = 120.0) -> list[Row]:
    """Runs the cases interleaved: repetition by repetition, each right after its own floor."""
    with asyncio.Runner() as runner:
        loops = [(_loop(case.kind, FLOORS[case.kind], runner), _loop(case.kind, case.call, runner)) for case in cases]
        sizes = [(_calibrated(floor, target_ms), _calibrated(run, target_ms)) for floor, run in loops]
        floors: list[list[float]] = [[] for _ in cases]
        runs: list[list[float]] = [[] for _ in cases]
        for _ in range(reps):
            for at, ((floor, run), (few, many)) in enumerate(zip(loops, sizes, strict=True)):
                gc.collect()
                floors[at].append(floor(few) / few)
                gc.collect()
                runs[at].append(run(many) / many)
    for case in cases:
        case.close()
    return [_row(case, floor, run) for case, floor, run in zip(cases, floors, runs, strict=True)]


def _row(case: Case, floor: list[float], run: list[float]) -> Row:
    over = [ns - bare for ns, bare in zip(run, floor, strict=True)]
    middle = statistics.median
    return Row(case.name, middle(run), middle(floor), middle(over), min(over), max(over), case.note)
