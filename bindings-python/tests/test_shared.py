"""One engine for every thread, a copy for every forked child, one timer for everything."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections import Counter
from typing import Any

import pytest

from brownout import Brownout, BrownoutError, Refused
from brownout.testing import ManualClock


def boom() -> Any:
    raise ValueError("boom")


def test_eight_threads_and_the_counts_add_up(bo: Brownout) -> None:
    tally: Counter[str] = Counter()
    lock = threading.Lock()
    start = threading.Barrier(8)

    def hammer() -> None:
        own: Counter[str] = Counter()
        start.wait()
        for n in range(500):
            result = bo.run("counted", lambda: 1) if n % 2 else bo.run("counted", boom)
            own["refused" if getattr(result, "code", "") == "limited" else "made"] += 1
        with lock:
            tally.update(own)

    threads = [threading.Thread(target=hammer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally == {"made": 1000, "refused": 3000}


def test_threads_with_keys_of_their_own(bo: Brownout) -> None:
    verdicts: dict[int, list[bool]] = {}

    def one(n: int) -> None:
        with bo.bind(tenant=n):
            verdicts[n] = [bo.run("tenants", boom if n % 2 else lambda: 1).ok for _ in range(50)]
            verdicts[n].append(bo.run("tenants", lambda: 1).ok)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {n: seen[-1] for n, seen in verdicts.items()} == {n: n % 2 == 0 for n in range(8)}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_goes_on_alone(live: Brownout) -> None:
    for _ in range(3):
        live.run("afip", boom)
    woken = threading.Event()
    live.on(
        "breaker_changed", lambda effect: woken.set() if effect["service"] == "quick" and effect["to"] == "half_open" else None
    )
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # no assertion may escape from here: the child must not run the rest of the tests
        report: dict[str, Any] = {}
        try:
            report["inherited"] = live.run("afip", lambda: 1).ok
            live.command("reset", service="afip")
            report["own"] = live.run("afip", lambda: 1).ok
            live.run("quick", boom)
            report["timer"] = woken.wait(20)
        finally:
            os.write(writer, json.dumps(report).encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        report = json.load(told)
    os.waitpid(child, 0)
    assert report == {"inherited": False, "own": True, "timer": True}
    assert not live.run("afip", lambda: 1).ok


def test_the_timer_tells_of_what_falls_due_without_traffic(live: Brownout) -> None:
    heard: list[dict[str, Any]] = []
    woken = threading.Event()

    def listen(effect: dict[str, Any]) -> None:
        heard.append({**effect, "thread": threading.current_thread().name})
        if effect["to"] == "half_open":
            woken.set()

    live.on("breaker_changed", listen)
    live.run("quick", boom)
    assert woken.wait(20)
    assert [(effect["to"], effect["thread"]) for effect in heard] == [("open", "MainThread"), ("half_open", "brownout-timer")]
    live.run("quick", boom)
    assert sum(thread.name == "brownout-timer" and thread.is_alive() for thread in threading.enumerate()) >= 1


@pytest.mark.anyio
async def test_the_timer_waits_in_the_loop_where_there_is_one(live: Brownout) -> None:
    before = set(threading.enumerate())
    woken = asyncio.Event()
    live.on("breaker_changed", lambda effect: woken.set() if effect["to"] == "half_open" else None)
    live.run("quick", boom)
    await asyncio.wait_for(woken.wait(), 20)
    assert [thread for thread in threading.enumerate() if thread not in before and thread.name == "brownout-timer"] == []


def test_a_loop_that_ended_takes_no_timer_along(live: Brownout) -> None:
    async def fail() -> None:
        live.run("quick", boom)

    asyncio.run(fail())
    woken = threading.Event()
    live.on("breaker_changed", lambda effect: woken.set() if effect["to"] == "half_open" else None)
    give_up = time.monotonic() + 20
    while not woken.is_set() and time.monotonic() < give_up:
        live.run("afip", lambda: 1)
    assert live.run("quick", lambda: 1).ok


def test_a_clock_moved_by_hand(bo: Brownout, clock: ManualClock, effects: Any) -> None:
    heard = effects(bo)
    for _ in range(3):
        bo.run("afip", boom)
    clock.advance(29_999.999)
    bo.advance()
    states = [effect["to"] for effect in heard if effect["effect"] == "breaker_changed"]
    assert states == ["open"]
    clock.advance(0.001)
    bo.advance()
    states = [effect["to"] for effect in heard if effect["effect"] == "breaker_changed"]
    assert states == ["open", "half_open"]


def test_a_listener_that_raises_breaks_nothing(bo: Brownout, effects: Any, caplog: pytest.LogCaptureFixture) -> None:
    def broken(effect: Any) -> None:
        raise RuntimeError("listener")

    bo.on("breaker_changed", broken)
    heard = effects(bo)
    for _ in range(3):
        bo.run("afip", boom)
    assert [effect["to"] for effect in heard if effect["effect"] == "breaker_changed"] == ["open"]
    assert "a listener of `breaker_changed` failed" in caplog.text


def test_listening_ends(bo: Brownout) -> None:
    heard: list[Any] = []
    off = bo.on("*", heard.append)
    off()
    off()
    for _ in range(3):
        bo.run("afip", boom)
    assert heard == []


def test_much_state_is_saved_part_after_part_while_calls_go_on(clock: ManualClock) -> None:
    policy = {"version": 1, "services": {"up": {"per": "tenant", "breaker": {"failures": 3, "window": "5m"}}}}
    bo, taken = Brownout(policy, seed=1, clock=clock), list[bytes]()
    bo.on_snapshot(taken.append)
    for n in range(3500):
        with bo.call("up", tenant=f"t{n}"):
            pass
    clock.advance(30_000)
    bo.advance()
    assert taken == []
    for _ in range(3):  # its cell is written already, and is written again
        with pytest.raises(ValueError, match="boom"), bo.call("up", tenant="t0"):
            boom()
    turns = 0
    while not taken and turns < 20:
        clock.advance(1)
        bo.advance()
        turns += 1
    assert turns > 1
    again = Brownout(policy, clock=clock, restore=taken[0])
    with pytest.raises(Refused), again.call("up", tenant="t0"):
        pass
    with again.call("up", tenant="t1"):
        pass


def test_snapshots_every_half_minute_in_which_something_happened(bo: Brownout, clock: ManualClock, policy: Any) -> None:
    taken: list[bytes] = []
    bo.on_snapshot(taken.append)
    clock.advance(60_000)
    bo.advance()
    assert taken == []
    for _ in range(3):
        bo.run("afip", boom)
    clock.advance(29_999)
    bo.advance()
    assert taken == []
    clock.advance(1)
    bo.advance()
    assert len(taken) == 1
    clock.advance(300_000)
    bo.advance()
    assert len(taken) == 1


def test_restore_goes_on_where_it_was(bo: Brownout, clock: ManualClock, policy: Any) -> None:
    for _ in range(3):
        bo.run("afip", boom)
    again = Brownout(policy, clock=clock, restore=bo.snapshot())
    assert again.snapshot() == bo.snapshot()
    assert again.run("afip", lambda: 1).code == "circuit_open"


def test_reload_keeps_state_and_takes_new_names(bo: Brownout, policy: Any) -> None:
    for _ in range(3):
        bo.run("afip", boom)
    policy["services"] = {"extra": {}, **policy["services"]}
    bo.reload(policy)
    assert bo.run("extra", lambda: 1).ok
    assert bo.run("afip", lambda: 1).code == "circuit_open"
    with pytest.raises(BrownoutError):
        bo.reload({"version": 1, "services": {"x": {"breaker": {"failure_rate": 2}}}})
    assert bo.run("extra", lambda: 1).ok


def test_time_stepping_back_is_followed_after_five_seconds(bo: Brownout, clock: ManualClock, effects: Any) -> None:
    heard = effects(bo)
    start = clock.now_ms()
    bo.run("afip", lambda: 1)
    clock.advance(-60_000)
    bo.run("afip", lambda: 1)
    assert [effect["effect"] for effect in heard] == ["clock_behind"]
    clock.advance(4_999)
    for _ in range(3):
        bo.run("afip", boom)
    assert bo.run("afip", lambda: 1).retry_at_ms == start + 30_000
    clock.advance(1)
    refusal = bo.run("afip", lambda: 1)
    assert refusal.retry_at_ms == clock.now_ms() + 30_000
