"""However a call ends, its permit is settled once, with what happened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from brownout import Brownout, BrownoutError, CallTimeout, Failed, Ok, Refused
from brownout.testing import ManualClock

Settlements = list[tuple[int, dict[str, Any]]]


def only(bo: Brownout, settled: Settlements) -> dict[str, Any]:
    """The one settlement there was; the engine confirms that its permit is no longer held."""
    assert len(settled) == 1
    number, settlement = settled[0]
    with pytest.raises(BrownoutError) as refused:
        bo.engine.handle({"verb": "settle", "permit": number, "outcome": "success"})
    assert refused.value.code == "unknown_permit"
    return settlement


def boom(*_: Any) -> Any:
    raise ValueError("boom")


async def aboom(*_: Any) -> Any:
    raise ValueError("boom")


def test_run_that_works(bo: Brownout, settled: Settlements) -> None:
    result = bo.run("afip", lambda a, b: a + b, 2, b=3)
    assert result == Ok(5)
    assert result.unwrap() == 5
    assert only(bo, settled) == {}


def test_run_that_raises(bo: Brownout, settled: Settlements) -> None:
    result = bo.run("afip", boom)
    assert isinstance(result, Failed)
    assert str(result.error) == "boom"
    assert result.outcome == "failure"
    with pytest.raises(ValueError, match="boom"):
        result.unwrap()
    assert only(bo, settled) == {"facts": {"exception": "ValueError"}}


def test_refusal_is_a_value_and_holds_nothing(bo: Brownout, settled: Settlements) -> None:
    for _ in range(3):
        bo.run("afip", boom)
    result = bo.run("afip", lambda: 1)
    assert not result.ok
    assert (result.code, result.gate, result.fallback) == ("circuit_open", "breaker", "queue")
    assert result.retry_after_ms == 30_000
    assert len(settled) == 3


def test_decorated_function_raises_refused(bo: Brownout, settled: Settlements) -> None:
    guarded = bo.guard("afip")(boom)
    for _ in range(3):
        with pytest.raises(ValueError):
            guarded()
    with pytest.raises(Refused) as refused:
        guarded()
    assert refused.value.refusal.code == "circuit_open"
    assert len(settled) == 1  # the first of its kind in facts, the others in numbers


def test_fallback_gives_the_value(bo: Brownout) -> None:
    guarded = bo.guard("afip", fallback=lambda reason, order: (reason.ok, order))(boom)
    assert guarded("o1") == (False, "o1")
    result = bo.guard("afip", fallback=lambda reason: "later").run(boom)
    assert isinstance(result, Ok)
    assert (result.value, result.instead_of.outcome) == ("later", "failure")


def test_fallback_is_not_for_the_callers_own_mistakes(bo: Brownout) -> None:
    guard = bo.guard("afip", classify=lambda value, error: "neutral", fallback=lambda reason: "later")
    assert isinstance(guard.run(boom), Failed)


def test_throwing_fallback(bo: Brownout, settled: Settlements) -> None:
    def worse(reason: Any) -> Any:
        raise KeyError("fallback")

    result = bo.guard("afip", fallback=worse).run(boom)
    assert isinstance(result, Failed)
    assert isinstance(result.error, KeyError)
    assert only(bo, settled) == {"facts": {"exception": "ValueError"}}


@pytest.mark.parametrize("fn", [lambda: 1, boom])
def test_throwing_classifier(bo: Brownout, settled: Settlements, fn: Any) -> None:
    def broken(value: Any, error: Any) -> str:
        raise ZeroDivisionError

    result = bo.guard("afip", classify=broken).run(fn)
    assert isinstance(result, Failed)
    assert isinstance(result.error, ZeroDivisionError)
    assert only(bo, settled) == ({} if fn is not boom else {"facts": {"exception": "ValueError"}})


def test_classifier_that_talks_nonsense(bo: Brownout, settled: Settlements) -> None:
    result = bo.guard("afip", classify=lambda value, error: "splendid").run(lambda: 1)
    assert isinstance(result, Failed)
    assert isinstance(result.error, BrownoutError)
    assert result.error.code == "bad_outcome"
    assert [settlement for _, settlement in settled] == [{"outcome": "splendid"}, {"outcome": "neutral"}]
    with pytest.raises(BrownoutError):
        bo.engine.handle({"verb": "settle", "permit": settled[0][0], "outcome": "success"})


def test_block(bo: Brownout, settled: Settlements) -> None:
    with bo.call("afip") as call:
        assert call.permit.timeout_ms == 30_000
        call.record(status=201, amounts={"calls": 1})
    assert only(bo, settled) == {"facts": {"status": 201}, "amounts": {"calls": 1}}
    with pytest.raises(RuntimeError, match="entered once"):
        call.__enter__()


def test_block_that_raises(bo: Brownout, settled: Settlements) -> None:
    with pytest.raises(ValueError):
        with bo.call("afip"):
            boom()
    assert only(bo, settled) == {"facts": {"exception": "ValueError"}}


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
def test_exits_count_nothing(bo: Brownout, settled: Settlements, ending: type[BaseException]) -> None:
    def leave() -> None:
        raise ending

    with pytest.raises(ending):
        bo.run("afip", leave)
    assert only(bo, settled) == {"facts": {"cancelled": True}}


def test_generator_runs_out(bo: Brownout, settled: Settlements) -> None:
    @bo.guard("afip")
    def numbers() -> Iterator[int]:
        yield 1
        yield 2

    assert list(numbers()) == [1, 2]
    assert only(bo, settled) == {}


def test_generator_that_is_left(bo: Brownout, settled: Settlements) -> None:
    @bo.guard("afip")
    def numbers() -> Iterator[int]:
        yield 1
        yield 2

    left = numbers()
    assert next(left) == 1
    left.close()
    assert only(bo, settled) == {"facts": {"cancelled": True}}


@pytest.mark.anyio
async def test_async_generator_that_is_left(bo: Brownout, settled: Settlements) -> None:
    @bo.guard("afip")
    async def numbers() -> AsyncIterator[int]:
        yield 1
        yield 2

    left = numbers()
    assert await anext(left) == 1
    await left.aclose()
    assert only(bo, settled) == {"facts": {"cancelled": True}}


@pytest.mark.anyio
async def test_async_decorated(bo: Brownout, settled: Settlements) -> None:
    @bo.guard("afip")
    async def double(n: int) -> int:
        return 2 * n

    assert await double(4) == 8
    assert only(bo, settled) == {}


@pytest.mark.anyio
async def test_async_that_raises(bo: Brownout, settled: Settlements) -> None:
    result = await bo.arun("afip", aboom)
    assert isinstance(result, Failed)
    assert only(bo, settled) == {"facts": {"exception": "ValueError"}}


@pytest.mark.anyio
async def test_async_fallback(bo: Brownout, settled: Settlements) -> None:
    async def later(reason: Any) -> str:
        return "later"

    result = await bo.guard("afip", fallback=later).arun(aboom)
    assert (result.value, result.instead_of.outcome) == ("later", "failure")
    assert isinstance(await bo.guard("afip", fallback=aboom).arun(aboom), Failed)
    assert len(settled) == 2


@pytest.mark.anyio
async def test_async_timeout(live: Brownout, settled: Settlements) -> None:
    result = await live.arun("brief", asyncio.Event().wait)
    assert isinstance(result, Failed)
    assert isinstance(result.error, CallTimeout)
    assert (result.error.timeout_ms, result.outcome) == (200, "timeout")
    assert only(live, settled) == {"facts": {"exception": "CallTimeout", "timed_out": True}}


@pytest.mark.anyio
async def test_async_block_timeout(live: Brownout, settled: Settlements) -> None:
    with pytest.raises(CallTimeout):
        async with live.call("brief"):
            await asyncio.Event().wait()
    assert only(live, settled)["facts"]["timed_out"] is True


@pytest.mark.anyio
async def test_a_timeout_of_the_functions_own_is_not_ours(live: Brownout, settled: Settlements) -> None:
    async def own() -> None:
        raise TimeoutError("its own")

    result = await live.arun("afip", own)
    assert isinstance(result, Failed)
    assert str(result.error) == "its own"
    assert only(live, settled) == {"facts": {"exception": "TimeoutError", "timed_out": True}}


@pytest.mark.anyio
@pytest.mark.parametrize("form", ["run", "decorated", "block"])
async def test_cancellation(live: Brownout, settled: Settlements, form: str) -> None:
    entered = asyncio.Event()

    async def wait_for_ever() -> None:
        entered.set()
        await asyncio.Event().wait()

    async def block() -> None:
        async with live.call("afip"):
            await wait_for_ever()

    started = {
        "run": lambda: live.arun("afip", wait_for_ever),
        "decorated": lambda: live.guard("afip")(wait_for_ever)(),
        "block": block,
    }[form]
    task = asyncio.ensure_future(started())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert only(live, settled) == {"facts": {"cancelled": True}}


def test_a_timeout_that_cannot_interrupt_is_recorded(bo: Brownout, clock: ManualClock, settled: Settlements) -> None:
    def slow() -> str:
        clock.advance(30_001)
        return "late"

    result = bo.run("afip", slow)
    assert result == Ok("late", overran=True, outcome="timeout")
    assert only(bo, settled) == {"facts": {"timed_out": True}}
    settled.clear()
    with bo.call("afip") as call:
        clock.advance(29_999)
    assert not call.overran
    assert only(bo, settled) == {}


def test_settling_twice_is_settling_once(bo: Brownout, settled: Settlements) -> None:
    with bo.call("afip") as call:
        call.permit.settle({"outcome": "failure"})
    assert only(bo, settled) == {"outcome": "failure"}


def test_coroutine_function_in_run(bo: Brownout, settled: Settlements) -> None:
    result = bo.run("afip", aboom)
    assert isinstance(result, Failed)
    assert isinstance(result.error, TypeError)
    assert only(bo, settled) == {"outcome": "neutral"}


def test_unknown_service_is_a_mistake_not_an_answer(bo: Brownout) -> None:
    with pytest.raises(BrownoutError) as wrong:
        bo.guard("afipp", fallback=lambda reason: "hidden").run(lambda: 1)
    assert wrong.value.code == "unknown_service"


def test_a_consumers_time_is_not_the_upstreams(bo: Brownout, clock: ManualClock, settled: Settlements) -> None:
    @bo.guard("afip")
    def numbers() -> Iterator[int]:
        yield 1

    for _ in numbers():
        clock.advance(60_000)
    assert only(bo, settled) == {}
