"""The engine says whether and when to try again; the host sleeps."""

from __future__ import annotations

from typing import Any

import pytest

from brownout import Brownout, Failed, Ok, Refusal
from brownout.testing import ManualClock, ManualSleeper


class Flaky:
    """Fails so often, then works."""

    def __init__(self, failures: int) -> None:
        self.left = failures

    def __call__(self) -> str:
        if self.left:
            self.left -= 1
            raise ConnectionRefusedError(111, "refused")
        return "done"

    async def later(self) -> str:
        return self()


def test_tries_again_as_told(bo: Brownout, sleeper: ManualSleeper, settled: list[Any]) -> None:
    assert bo.run("retried", Flaky(2)) == Ok("done", attempts=3)
    assert sleeper.slept_ms == [2_000, 4_000]
    assert len(settled) == 3
    assert settled[0][1] == {"facts": {"exception": "ConnectionRefusedError", "error": "ECONNREFUSED", "sent": False}}


def test_gives_up_as_told(bo: Brownout, sleeper: ManualSleeper, settled: list[Any]) -> None:
    result = bo.run("retried", Flaky(9))
    assert isinstance(result, Failed)
    assert result.attempts == 3
    assert len(sleeper.slept_ms) == 2
    assert len(settled) == 3


@pytest.mark.anyio
async def test_async(bo: Brownout, sleeper: ManualSleeper) -> None:
    assert await bo.arun("retried", Flaky(1).later) == Ok("done", attempts=2)
    assert sleeper.slept_ms == [2_000]


ONCE = {
    "version": 1,
    "services": {
        "once": {
            "limits": [{"name": "hour", "limit": 1, "period": "1h", "algorithm": "fixed_window"}],
            "retry": {"attempts": 3, "backoff": {"base": "1s", "jitter": "none"}},
        }
    },
}


@pytest.mark.anyio
async def test_a_refused_retry_leaves_what_the_attempt_before_ended_with(clock: ManualClock, sleeper: ManualSleeper) -> None:
    bo = Brownout(ONCE, seed=1, clock=clock, sleeper=sleeper)
    try:
        result = bo.run("once", Flaky(9))
        assert isinstance(result, Failed)
        assert isinstance(result.error, ConnectionRefusedError)
        assert (result.attempts, sleeper.slept_ms) == (1, [1_000])
        assert isinstance(bo.run("once", Flaky(0)), Refusal)
        clock.advance(3_600_000)
        later = await bo.arun("once", Flaky(9).later)
        assert isinstance(later, Failed)
        assert isinstance(later.error, ConnectionRefusedError)
    finally:
        bo.close()
