"""Wall time that runs evenly, and follows a wall that really moved."""

from __future__ import annotations

import time

import pytest

from brownout import WallClock
from brownout._clock import Rebase


class Times:
    """Both clocks of the machine, moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall, self.mono = 1_000_000.0, 50.0
        monkeypatch.setattr(time, "time", lambda: self.wall)
        monkeypatch.setattr(time, "monotonic", lambda: self.mono)

    def pass_s(self, seconds: float) -> None:
        self.wall += seconds
        self.mono += seconds


def test_small_corrections_never_show(monkeypatch: pytest.MonkeyPatch) -> None:
    times = Times(monkeypatch)
    clock = WallClock()
    times.wall -= 0.9
    for _ in range(20):
        times.pass_s(1)
        clock.now_ms()
    assert clock.now_ms() == 1_000_020_000.0
    assert clock.steps == 0


@pytest.mark.parametrize("step_s", [-3600.0, 3600.0])
def test_a_wall_that_moved_is_believed_after_five_seconds(monkeypatch: pytest.MonkeyPatch, step_s: float) -> None:
    times = Times(monkeypatch)
    clock = WallClock()
    times.wall += step_s
    times.pass_s(1)
    clock.now_ms()
    times.pass_s(4.9)
    assert (clock.now_ms(), clock.steps) == (1_000_005_900.0, 0)
    times.pass_s(1)
    assert (clock.now_ms(), clock.steps) == (times.wall * 1000, 1)


def test_scaled(monkeypatch: pytest.MonkeyPatch) -> None:
    times = Times(monkeypatch)
    clock = WallClock(speed=20)
    times.pass_s(3)
    assert clock.now_ms() == 1_000_060_000.0
    assert clock.wait_s(1_000) == 0.05


def test_rebase() -> None:
    rebase = Rebase()
    assert not rebase.due(0)
    rebase.behind(10_000, 60_000)
    assert not rebase.due(14_999)
    assert rebase.due(15_000)
    rebase.done()
    rebase.behind(10_000, 500)
    assert not rebase.due(15_000)
    assert not rebase.watching
    rebase.behind(10_000, 60_000)
    assert not rebase.due(9_000)
    assert not rebase.due(13_999)
    assert rebase.due(14_000)
