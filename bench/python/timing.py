"""How a case is timed: by the processor time of the process, floor and case in turn, in a process of its own."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

Loop = Callable[[int], Awaitable[None] | None]

BODIES = {
    "sync": "def loop(n):\n for i in range(n):\n  CALL\n",
    "raise": "def loop(n):\n for i in range(n):\n  try:\n   CALL\n  except Exception:\n   pass\n",
    "async": "async def loop(n):\n for i in range(n):\n  await CALL\n",
}


def bare() -> int:
    """What is protected: it does nothing."""
    return 1


async def abare() -> int:
    """The same as a coroutine."""
    return 1


def failing() -> int:
    """Fails with an exception of its own each time, since one that is raised again drags its traceback along."""
    raise ValueError("x")


FLOORS: dict[str, Callable[[], Any]] = {"sync": bare, "async": abare, "raise": failing}


@dataclass
class Case:
    """A call as an expression over `names`; `i` counts."""

    kind: str
    call: str
    names: dict[str, Any]
    close: Callable[[], None] = field(default=lambda: None)

    def loop(self) -> Loop:
        """A loop compiled apart, so that no two cases share a call site."""
        scope = dict(self.names)
        exec(BODIES[self.kind].replace("CALL", self.call), scope)
        return scope["loop"]


def floor_of(kind: str) -> Case:
    """The call without anything around it."""
    return Case(kind, "f()", {"f": FLOORS[kind]})


def tell(figure: str, unit: str, samples: list[float]) -> None:
    """One figure, as the bench's other programs write it."""
    print(json.dumps({"figure": figure, "unit": unit, "samples": samples}), flush=True)


def measure(name: str, case: Case, turns: int, turn_ms: float) -> None:
    """What a call costs, and what it costs beyond its floor."""
    with asyncio.Runner() as runner:
        runner.run(_measure(name, case, turns, turn_ms * 1e6))
    case.close()


async def _measure(name: str, case: Case, turns: int, turn_ns: float) -> None:
    floor, run = floor_of(case.kind).loop(), case.loop()
    few, many = await _calibrated(floor, turn_ns), await _calibrated(run, turn_ns)
    await _spent(floor, few)
    await _spent(run, many)
    calls, over = [], []
    for _ in range(turns):
        gc.collect()
        without = await _spent(floor, few) / few
        gc.collect()
        calls.append(await _spent(run, many) / many)
        over.append(calls[-1] - without)
    tell(f"python.{name}", "ns", calls)
    tell(f"python.{name}.over", "ns", over)


async def _spent(loop: Loop, n: int) -> float:
    begin = time.process_time_ns()
    waiting = loop(n)
    if waiting is not None:
        await waiting
    return time.process_time_ns() - begin


async def _calibrated(loop: Loop, turn_ns: float) -> int:
    n = 500
    while (took := await _spent(loop, n)) < turn_ns * 0.4:
        n *= 2
    return max(100, int(n * turn_ns / took))


def latency(name: str, case: Case, turns: int, calls: int) -> None:
    """What the middle call and the hundredth-worst one wait longer than without: every call timed for itself."""
    floor, added = floor_of(case.kind).loop(), {0.5: [], 0.99: []}
    run = case.loop()
    _singles(floor, calls), _singles(run, calls)
    for _ in range(turns):
        without, with_ = _singles(floor, calls), _singles(run, calls)
        for share, samples in added.items():
            samples.append(float(with_[int(calls * share)] - without[int(calls * share)]))
    tell(f"python.{name}.p50", "ns", added[0.5])
    tell(f"python.{name}.p99", "ns", added[0.99])
    case.close()


def _singles(loop: Loop, calls: int) -> list[int]:
    now, spent = time.perf_counter_ns, []
    for _ in range(calls):
        begin = now()
        loop(1)
        spent.append(now() - begin)
    return sorted(spent)


def threads(name: str, call: Callable[[], Any], count: int, seconds: float) -> None:
    """Calls a second of so many threads, each call sleeping 20 ms."""
    done = [0] * count
    end = time.monotonic() + seconds

    def work(at: int) -> None:
        while time.monotonic() < end:
            call()
            done[at] += 1

    begin = time.monotonic()
    workers = [Thread(target=work, args=(at,)) for at in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    tell(f"python.{name}.rate", "calls/s", [sum(done) / (time.monotonic() - begin)])


def idle(name: str, make: Callable[[], Any], seconds: float) -> None:
    """What the process does while nobody calls."""
    kept = make()
    gc.collect()
    begin, from_ = time.process_time(), time.monotonic()
    time.sleep(seconds)
    tell(f"python.{name}.idle", "% of a core", [(time.process_time() - begin) / (time.monotonic() - from_) * 100])
    del kept
