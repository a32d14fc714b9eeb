"""Handles that go stale, an engine that stops, keys without number."""

from __future__ import annotations

import json
from typing import Any

import pytest

from brownout import Brownout, BrownoutError
from brownout._names import KeyHandles
from brownout.testing import ManualClock


class Stops:
    """The real engine behind one call that ends in a panic."""

    def __init__(self, core: Any, method: str) -> None:
        self._core = core
        self._method = method

    def __getattr__(self, name: str) -> Any:
        if name == self._method:
            return self._stop
        return getattr(self._core, name)

    def _stop(self, *_: Any) -> Any:
        raise BrownoutError(json.dumps({"errors": [{"code": "engine_lost", "path": "", "message": "m", "help": "h"}]}))


def test_an_engine_that_stops_is_rebuilt_and_the_call_goes_through(bo: Brownout) -> None:
    for _ in range(3):
        bo.run("afip", lambda: 1 / 0)
    bo.snapshot()
    bo.engine._core = Stops(bo.engine._core, "admit")  # type: ignore[assignment]
    with bo.call("brief") as call:
        assert call.permit.number == 0  # the call that it stopped in goes ungoverned
    assert bo.engine.lost == 1
    assert bo.run("afip", lambda: 1).code == "circuit_open"


def test_a_stop_while_settling_costs_that_settlement_only(bo: Brownout) -> None:
    bo.engine._core = Stops(bo.engine._core, "handle")  # type: ignore[assignment]
    assert isinstance(bo.run("afip", lambda: 1 / 0).error, ZeroDivisionError)
    assert bo.engine.lost == 1
    assert bo.run("afip", lambda: 1).ok


def test_evicted_keys_are_looked_up_again(policy: dict[str, Any], clock: ManualClock) -> None:
    bo = Brownout({**policy, "keys": {"cap": 2}}, clock=clock)
    for _ in range(3):
        for tenant in ("a", "b", "c", "d"):
            clock.advance(600_000)
            assert bo.guard("tenants", tenant=tenant).run(lambda: tenant).unwrap() == tenant


def test_a_full_table_of_busy_keys_refuses_new_ones(policy: dict[str, Any], clock: ManualClock) -> None:
    bo = Brownout({**policy, "keys": {"cap": 2}}, clock=clock)
    for tenant in ("a", "b"):
        bo.guard("tenants", tenant=tenant).run(lambda: 1 / 0)
    assert bo.guard("tenants", tenant="c").run(lambda: 1).code == "keys_exhausted"
    assert bo.guard("tenants", tenant="a").run(lambda: 1).ok


def test_remembered_handles_are_bounded() -> None:
    handles = KeyHandles(3)
    for n, name in enumerate("abc", 1):
        handles.keep(name, n)
    assert handles.known("a") == 1
    handles.keep("d", 4)
    assert [handles.known(name) for name in "abcd"] == [1, 0, 3, 4]
    handles.forget("a")
    assert (handles.known("a"), len(handles)) == (0, 2)


def test_keys_the_policy_never_heard_of(bo: Brownout) -> None:
    with bo.bind(tenant="t", shoe_size="43"):
        assert bo.run("tenants", lambda: 1).ok
    with pytest.raises(BrownoutError) as wrong:
        bo.guard("tenants", tenant="t", shoe_size="43").run(lambda: 1)
    assert wrong.value.code == "unknown_key"


def test_reports_and_orders(bo: Brownout) -> None:
    assert bo.report("live").status == 200
    bo.command("force_open", service="afip", for_ms=1_000)
    assert bo.run("afip", lambda: 1).code == "forced_open"
    bo.command("reset", service="afip")
    assert bo.run("afip", lambda: 1).ok
    bo.observe("afip", ok=True, latency_ms=12)
    report = bo.report("health", format="text")
    assert report.content_type.startswith("text/plain")
    assert "afip" in report.body


def test_a_peek_takes_nothing(bo: Brownout) -> None:
    before = bo.snapshot()
    assert bo.peek("afip") is None
    assert bo.snapshot() == before
    bo.command("force_open", service="afip")
    refusal = bo.peek("afip")
    assert refusal is not None
    assert (refusal.code, refusal.fallback) == ("forced_open", "queue")
    assert bo.peek("tenants", tenant="org_1") is None


def test_a_returned_response_is_a_value_and_an_outcome(bo: Brownout) -> None:
    class Response:
        status_code = 503

    results = [bo.run("afip", Response) for _ in range(3)]
    assert [(result.ok, result.outcome) for result in results] == [(True, "failure")] * 3
    assert bo.run("afip", Response).code == "circuit_open"
