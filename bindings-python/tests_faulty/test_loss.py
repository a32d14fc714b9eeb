"""An engine that really stops inside calls: the host lives, each service gets what its policy says, the engine comes back from
its last snapshot, and reports count it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from brownout import Brownout, BrownoutError, Refused, _core
from brownout.testing import ManualClock, ManualSleeper

POLICY: dict[str, Any] = {
    "version": 1,
    "services": {
        "faulty": {"fallback": "queue"},
        "plain": {},
        "up": {"per": "tenant", "breaker": {"consecutive_failures": 2, "open": {"base": "10m", "jitter": 0}}},
        "closed": {"on_engine_failure": "refuse", "fallback": "login"},
        "both": {"on_engine_failure": "refuse", "limits": [{"name": "l", "limit": 9, "period": "1h"}]},
    },
}
STRICT = {**POLICY, "services": {"faulty": {"on_engine_failure": "refuse", "fallback": "login"}}}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def bo(clock: ManualClock) -> Iterator[Brownout]:
    bo = Brownout(POLICY, seed=1, clock=clock, sleeper=ManualSleeper(clock))
    yield bo
    bo.close()


def fail() -> Any:
    raise ValueError("x")


def governed(bo: Brownout) -> bool:
    with bo.call("plain") as call:
        return call.permit.number > 0


def engine_of(bo: Brownout) -> dict[str, Any]:
    return dict(json.loads(bo.report().body)["engine"])


def test_the_engine_under_test_is_the_one_that_stops() -> None:
    assert hasattr(_core, "fault")


def test_a_stop_under_the_lock_is_a_coded_error_then_and_ever_after_and_never_blocks() -> None:
    engine: Any = _core.Engine(json.dumps(POLICY), 1, 0.0)
    calls = [
        lambda: _core.fault(engine),
        engine.names,
        lambda: engine.key("k", 0.0),
        lambda: engine.admit(65537, 0, 0, 0, 0, 1.0, 0.0),
        lambda: engine.settle(1, 0, 1.0, 0.0),
        lambda: engine.advance(0.0),
        lambda: engine.handle('{"verb":"advance"}', 0.0),
        engine.drain,
        engine.snapshot,
        lambda: engine.part(True),
    ]
    for call in calls:
        with pytest.raises(BrownoutError) as lost:
            call()
        assert lost.value.code == "engine_lost"


def test_the_call_that_it_stops_in_goes_through_and_the_next_meets_the_last_snapshot(bo: Brownout) -> None:
    for _ in range(2):
        bo.guard("up", tenant="a").run(fail)
    bo.snapshot()
    assert bo.run("faulty", lambda: "made").unwrap() == "made"
    assert bo.guard("up", tenant="a").run(lambda: 1).code == "circuit_open"
    assert bo.guard("up", tenant="b").run(lambda: 1).ok
    assert bo.engine.lost == 1


def test_a_service_that_would_rather_refuse_is_refused_with_its_fallback(clock: ManualClock) -> None:
    bo = Brownout(STRICT, clock=clock)
    refused = bo.run("faulty", lambda: pytest.fail("it ran"))
    assert (refused.code, refused.gate, refused.fallback) == ("engine_lost", "engine", "login")
    with pytest.raises(Refused), bo.call("faulty"):
        pytest.fail("it ran")


@pytest.mark.parametrize("amounts", [None, {"calls": 2}], ids=["by numbers", "by words"])
def test_one_that_stops_again_and_again_is_given_growing_rests(bo: Brownout, clock: ManualClock, amounts: Any) -> None:
    for rest in (0.0, 0.0, 1000.0, 2000.0):
        clock.advance(rest)
        assert governed(bo)
        assert bo.run("faulty", lambda: 1).ok
    clock.advance(3999.0)
    assert not governed(bo)
    refused = bo.guard("both", amounts=amounts).run(lambda: 1)
    assert (refused.code, refused.gate) == ("engine_lost", "engine")
    for ask in (bo.report, bo.snapshot, lambda: bo.command("force_open", service="up")):
        with pytest.raises(BrownoutError) as lost:
            ask()
        assert lost.value.code == "engine_lost"
    clock.advance(1.0)
    assert governed(bo)
    told = engine_of(bo)
    assert (told["rebuilds"], told["cause"]) == (4, "panic")
    assert b"brownout_engine_rebuilds_total 4\n" in bo.report(format="prometheus").body.encode()


def test_a_snapshot_that_knows_is_not_told_twice(bo: Brownout, clock: ManualClock) -> None:
    bo.run("faulty", lambda: 1)
    governed(bo)
    bo.snapshot()
    clock.advance(600_000.0)
    bo.run("faulty", lambda: 1)
    assert engine_of(bo)["rebuilds"] == 2


def test_keys_are_interned_anew_and_calls_from_before_settle_quietly(bo: Brownout) -> None:
    guard = bo.guard("up", tenant="a")
    assert guard.run(lambda: 1).ok

    def during() -> Any:
        bo.run("faulty", lambda: 1)
        return fail()

    assert isinstance(guard.run(during).error, ValueError)
    for _ in range(2):
        guard.run(fail)
    assert guard.run(lambda: 1).code == "circuit_open"


def test_listeners_hear_of_the_loss_and_of_the_rebuild(bo: Brownout, clock: ManualClock) -> None:
    heard: list[dict[str, Any]] = []
    bo.on("engine_lost", heard.append)
    bo.on("engine_rebuilt", heard.append)
    bo.run("faulty", lambda: 1)
    bo.advance()
    at = clock.now_ms()
    assert heard == [
        {"effect": "engine_lost", "cause": "panic", "losses": 1, "at_ms": at},
        {"effect": "engine_rebuilt", "rebuilds": 1, "cause": "panic", "at_ms": at},
    ]


def test_every_way_to_make_a_call(bo: Brownout, clock: ManualClock) -> None:
    async def made() -> int:
        return 1

    async def in_turn() -> list[Any]:
        out: list[Any] = [(await bo.arun("faulty", made)).unwrap()]
        clock.advance(600_000.0)
        out.append(await bo.guard("faulty")(made)())
        clock.advance(600_000.0)
        async with bo.call("faulty") as call:
            out.append(call.permit.number)
        return out

    assert asyncio.run(in_turn()) == [1, 1, 0]
    clock.advance(600_000.0)
    assert bo.guard("faulty")(lambda: 4)() == 4
    assert bo.engine.lost == 4


def test_a_decorated_function_is_governed_again_after_the_loss(bo: Brownout) -> None:
    seen: list[str] = []
    bo.on("engine_rebuilt", lambda effect: seen.append(effect["cause"]))

    @bo.guard("up", tenant="a")
    def call() -> Any:
        return fail()

    for service in ("up", "faulty", "up", "up"):
        if service == "faulty":
            bo.guard("faulty")(lambda: 1)()
            continue
        with pytest.raises(ValueError, match="x"):
            call()
    with pytest.raises(Refused):
        call()
    assert seen == ["panic"]


def test_eight_threads_and_one_call_that_stops_it(bo: Brownout, clock: ManualClock) -> None:
    wrong: list[BaseException] = []
    start = threading.Barrier(8)

    def hammer(n: int) -> None:
        try:
            start.wait()
            for i in range(200):
                service = "faulty" if n == 0 and i == 100 else "up"
                assert bo.guard(service, tenant=n % 4).run(lambda: 1).ok if service == "up" else bo.run(service, lambda: 1).ok
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=hammer, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60.0)
    assert (wrong, [t.is_alive() for t in threads]) == ([], [False] * 8)
    assert (bo.engine.lost, engine_of(bo)["rebuilds"], governed(bo)) == (1, 1, True)


def test_a_last_snapshot_of_another_policy_costs_the_state_only(bo: Brownout) -> None:
    bo.engine._last_snapshot = Brownout(STRICT, clock=bo.engine.clock).snapshot()
    bo.run("faulty", lambda: 1)
    assert governed(bo)
    assert engine_of(bo)["rebuilds"] == 1
