"""Many at once: threads, tasks and forked processes on one engine, and the sums come out exactly."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from brownout import Brownout, CallTimeout, Refused
from brownout.testing import ManualClock

THREADS = 8
EACH = 1_000
LIMIT = 2_500
POLICY: dict[str, Any] = {
    "version": 1,
    "permits": 64,
    "services": {
        "counted": {
            "timeout": "off",
            "breaker": {"failure_rate": 1.0, "min_calls": 1_000_000},
            "limits": [{"name": "hour", "limit": LIMIT, "period": "1h", "algorithm": "fixed_window"}],
        },
        "tenants": {
            "per": "tenant",
            "timeout": "off",
            "limits": [{"name": "own", "limit": 100, "period": "1h", "algorithm": "fixed_window", "per": "tenant"}],
        },
        "waits": {"timeout": "20ms", "breaker": {"consecutive_failures": 1_000_000}},
        "free": {"timeout": "off", "breaker": {"consecutive_failures": 1_000_000}},
        "opens": {"breaker": {"consecutive_failures": 1, "open": {"base": "100s", "jitter": 0.5}}},
    },
}


@pytest.fixture
def many(clock: ManualClock) -> Brownout:
    return Brownout(POLICY, seed=3, clock=clock)


def at_once(work: Callable[[int], None]) -> None:
    start = threading.Barrier(THREADS)
    broken: list[BaseException] = []

    def one(n: int) -> None:
        start.wait()
        try:
            work(n)
        except BaseException as error:
            broken.append(error)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []


def held(bo: Brownout) -> int:
    """How many permits are out: as many as are missing when all that is left is taken."""
    calls, code = [], "permits_exhausted"
    while len(calls) < POLICY["permits"]:
        call = bo.call("free")
        try:
            call.__enter__()
        except Refused as refused:
            code = refused.refusal.code
            break
        calls.append(call)
    for call in calls:
        call.__exit__(None, None, None)
    assert code == "permits_exhausted"
    return POLICY["permits"] - len(calls)


def test_eight_threads_on_decorated_functions(many: Brownout) -> None:
    tally: Counter[str] = Counter()
    lock = threading.Lock()

    @many.guard("counted")
    def works(n: int) -> int:
        return n

    @many.guard("counted")
    def fails(n: int) -> int:
        raise ValueError(n)

    def hammer(thread: int) -> None:
        own: Counter[str] = Counter()
        for n in range(EACH):
            try:
                (fails if n % 10 == thread else works)(n)
                own["worked"] += 1
            except ValueError:
                own["failed"] += 1
            except Refused as refused:
                own[refused.refusal.code] += 1
        with lock:
            tally.update(own)

    at_once(hammer)
    assert tally["worked"] + tally["failed"] == LIMIT
    assert tally["limited"] == THREADS * EACH - LIMIT
    assert held(many) == 0


def test_eight_threads_with_tenants_of_their_own_and_shared(many: Brownout) -> None:
    made: list[Counter[str]] = [Counter() for _ in range(THREADS)]

    @many.guard("tenants", key=lambda tenant: tenant)
    def works(tenant: str) -> str:
        return tenant

    def hammer(thread: int) -> None:
        for n in range(EACH // 2):
            tenant = "shared" if n % 2 else f"own_{thread}"
            try:
                assert works(tenant) == tenant
                made[thread][tenant] += 1
            except Refused:
                pass

    at_once(hammer)
    total = sum(made, Counter())
    assert total == {"shared": 100, **{f"own_{n}": 100 for n in range(THREADS)}}
    assert held(many) == 0


def test_tasks_that_end_in_every_way_give_their_permits_back() -> None:
    bo = Brownout(POLICY, seed=3)

    @bo.guard("waits")
    async def waits(n: int) -> int:
        if n % 4 == 0:
            await asyncio.sleep(0)
        elif n % 4 == 1:
            raise ValueError(n)
        else:
            await asyncio.Event().wait()
        return n

    async def main() -> Counter[str]:
        ends: Counter[str] = Counter()
        for first in range(0, 640, 32):
            tasks = [asyncio.ensure_future(waits(n)) for n in range(first, first + 32)]
            await asyncio.sleep(0)
            for task in tasks[3::4]:
                task.cancel()
            for end in await asyncio.gather(*tasks, return_exceptions=True):
                ends[type(end).__name__] += 1
        return ends

    assert asyncio.run(main()) == {"int": 160, "ValueError": 160, CallTimeout.__name__: 160, "CancelledError": 160}
    assert held(bo) == 0
    bo.close()


def in_children(count: int, work: Callable[[], Any]) -> list[Any]:
    """What each of several forked children says."""
    told = []
    for _ in range(count):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:  # no exception may escape from here: the child must not run the rest of the tests
            said: Any = None
            try:
                said = work()
            except BaseException as error:
                said = repr(error)
            finally:
                os.write(writer, json.dumps(said).encode())
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            told.append(json.load(pipe))
        os.waitpid(child, 0)
    return told


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_forked_children_draw_for_themselves_and_share_no_permit(many: Brownout) -> None:
    works = many.guard("counted")(lambda: 1)
    fails = many.guard("opens")(lambda: 1 / 0)
    works(), works()

    def work() -> dict[str, Any]:
        permits = []
        for _ in range(50):
            with many.call("counted") as call:
                permits.append(call.permit.number)
        value = works()
        with pytest.raises(ZeroDivisionError):
            fails()
        return {"permits": permits, "value": value, "retry_at_ms": many.run("opens", lambda: 1).retry_at_ms}

    told = [*in_children(3, work), work()]
    permits = [number for said in told for number in said["permits"]]
    assert len(set(permits)) == len(permits) == 200
    assert [said["value"] for said in told] == [1] * 4
    assert len({said["retry_at_ms"] for said in told}) == 4
    assert held(many) == 0


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_forked_inside_a_call_ends_it_for_itself(many: Brownout) -> None:
    @many.guard("free")
    def forks() -> list[Any]:
        return in_children(1, lambda: held(many))

    assert forks() == [1]
    assert held(many) == 0
