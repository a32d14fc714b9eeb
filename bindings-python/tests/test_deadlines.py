"""The time of a decorated coroutine: one timer for each event loop, and each call's own end."""

from __future__ import annotations

import asyncio

import pytest

from brownout import Brownout, CallTimeout, Refused
from brownout.testing import ManualClock


def test_overrunning_is_recorded_on_the_short_way(bo: Brownout, clock: ManualClock) -> None:
    slow = bo.guard("afip")(lambda: clock.advance(30_001))
    for _ in range(3):
        assert slow() is None
    with pytest.raises(Refused):
        slow()


@pytest.mark.anyio
async def test_one_timer_for_all_coroutines_in_flight(live: Brownout, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    armed: list[str] = []
    call_later = loop.call_later
    monkeypatch.setattr(
        loop, "call_later", lambda span, call, *a, **k: (armed.append(call.__qualname__), call_later(span, call, *a, **k))[1]
    )
    go = asyncio.Event()

    @live.guard("brief")
    async def wait() -> int:
        await go.wait()
        return 1

    tasks = [asyncio.ensure_future(wait()) for _ in range(100)]
    await asyncio.sleep(0)
    go.set()
    assert await asyncio.gather(*tasks) == [1] * 100
    assert armed.count("Deadlines.wake") == 1
    assert live.engine.deadlines.waiting() == 0


@pytest.mark.anyio
async def test_each_coroutine_has_its_own_time(live: Brownout) -> None:
    @live.guard("brief")
    async def wait(event: asyncio.Event) -> int:
        await event.wait()
        return 1

    never, soon = asyncio.Event(), asyncio.Event()
    first, second = asyncio.ensure_future(wait(never)), asyncio.ensure_future(wait(soon))
    await asyncio.sleep(0)
    soon.set()
    assert await second == 1
    with pytest.raises(CallTimeout) as late:
        await first
    assert (late.value.service, late.value.timeout_ms) == ("brief", 200)
    assert isinstance(late.value.__cause__, asyncio.CancelledError)


@pytest.mark.anyio
async def test_a_cancelled_task_is_cancelled_not_late(live: Brownout) -> None:
    @live.guard("brief")
    async def wait() -> None:
        await asyncio.Event().wait()

    task = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert live.engine.deadlines.waiting() == 0


@pytest.mark.anyio
async def test_time_that_is_up_is_no_cancellation_to_those_around(live: Brownout) -> None:
    @live.guard("brief")
    async def wait() -> None:
        await asyncio.Event().wait()

    async with asyncio.timeout(30):
        with pytest.raises(CallTimeout):
            await wait()
        await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
