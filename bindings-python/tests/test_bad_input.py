"""Bad input is a coded error, the same in every language; state is unchanged and nothing else is raised."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from brownout import Brownout, BrownoutError, Refused
from brownout.testing import ManualClock


def wrong(call: Any) -> BrownoutError:
    with pytest.raises(BrownoutError) as raised:
        call()
    return raised.value


def test_five_faults_are_five() -> None:
    error = wrong(
        lambda: Brownout(
            {
                "version": 1,
                "services": {
                    "a": {"timeout": "soon", "breaker": {"consecutive_failures": 0}},
                    "b": {"breaker": {"failure_rate": 1.5, "window": "1m"}, "colour": "red"},
                },
                "features": {"f": {"needs": {"c": {}}}},
            }
        )
    )
    assert [(fault.code, fault.path) for fault in error.faults] == FIVE
    assert all(fault.message and fault.help for fault in error.faults)


FIVE = [
    ("bad_duration", "services.a.timeout"),
    ("number_out_of_range", "services.a.breaker.consecutive_failures"),
    ("number_out_of_range", "services.b.breaker.failure_rate"),
    ("unknown_field", "services.b.colour"),
    ("unknown_name", "features.f.needs.c"),
]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"verb": "admit", "service": "afipp"}, "unknown_service"),
        ({"verb": "admit", "service": "afip", "weight": -1}, "number_out_of_range"),
        ({"verb": "admit", "service": "afip", "weight": float("nan")}, "number_not_finite"),
        ({"verb": "admit", "service": "afip", "weight": 2**53 + 1}, "number_out_of_range"),
        ({"verb": "admit", "service": "tenants"}, "key_required"),
        ({"verb": "admit", "service": "tenants", "keys": {"tenant": ""}}, "key_empty"),
        ({"verb": "admit", "service": "tenants", "keys": {"tenant": "x" * 1_000_000}}, "key_too_long"),
        ({"verb": "settle", "permit": 12345, "outcome": "success"}, "unknown_permit"),
        ({"verb": "settle", "permit": -1, "outcome": "success"}, "number_out_of_range"),
        ({"verb": "settle", "permit": 2**53 + 1, "outcome": "success"}, "number_out_of_range"),
        ({"verb": "command", "order": "explode", "service": "afip"}, "bad_order"),
        ({"verb": "report", "view": "sideways"}, "bad_view"),
        ({"verb": "dance"}, "unknown_verb"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_inputs(bo: Brownout, given: dict[str, Any], code: str) -> None:
    before = bo.snapshot()
    assert wrong(lambda: bo.engine.handle(given)).code == code
    assert bo.snapshot() == before


@pytest.mark.parametrize("at_ms", [float("nan"), float("inf"), -1.0, 2.0**54])
def test_instants(bo: Brownout, clock: ManualClock, at_ms: float) -> None:
    before = bo.snapshot()
    code = "number_not_finite" if at_ms in (float("inf"),) or at_ms != at_ms else "number_out_of_range"
    assert wrong(lambda: bo.engine.handle({"verb": "advance"}, at_ms)).code == code
    assert wrong(lambda: bo.engine.admit("afip", {}, 1.0, at_ms)).code == code
    assert bo.snapshot() == before


def test_hot_path_numbers(bo: Brownout, clock: ManualClock) -> None:
    now = clock.now_ms()
    assert wrong(lambda: bo.engine.admit("afip", {}, -1.0, now)).code == "number_out_of_range"
    assert wrong(lambda: bo.engine.admit("afip", {}, float("nan"), now)).code == "number_not_finite"
    assert wrong(lambda: bo.engine.settle(-5, 0, now)).code in ("unknown_permit", "number_out_of_range")
    granted = bo.engine.admit("afip", {}, 1.0, now)
    assert isinstance(granted, int)
    assert wrong(lambda: bo.engine.settle(granted, 77, now)).code == "bad_outcome"
    assert bo.engine.settle(granted, 0, now) is None
    assert wrong(lambda: bo.engine.settle(granted, 0, now)).code == "unknown_permit"


def test_a_permit_of_another_engine(bo: Brownout, policy: dict[str, Any], clock: ManualClock) -> None:
    other = Brownout(policy, seed=2, clock=clock)
    permit = other.engine.admit("afip", {}, 1.0, clock.now_ms())
    error = wrong(lambda: bo.engine.handle({"verb": "settle", "permit": permit, "outcome": "failure"}))
    assert error.code == "unknown_permit"


@pytest.mark.parametrize("name", ["x" * 1_000_000, "", "\ud800"])
def test_names_of_tenants(bo: Brownout, name: str) -> None:
    before = bo.snapshot()
    code = {"": "key_empty", "\ud800": "wrong_type"}.get(name, "key_too_long")
    assert wrong(lambda: bo.call("tenants", tenant=name).__enter__()).code == code
    assert bo.snapshot() == before


def test_a_document_nested_ten_thousand_deep(bo: Brownout) -> None:
    deep = "[" * 10_000 + "]" * 10_000
    assert wrong(lambda: Brownout('{"version":1,"services":' + deep + "}")).code == "json_too_deep"
    nested: Any = []
    for _ in range(10_000):
        nested = [nested]
    assert wrong(lambda: Brownout({"version": 1, "services": nested})).code == "json_too_deep"
    assert wrong(lambda: bo.engine.handle({"verb": "admit", "service": nested})).code == "json_too_deep"


def test_what_is_no_json(bo: Brownout) -> None:
    assert wrong(lambda: Brownout('{"version": 1,')).code == "json_syntax"
    assert wrong(lambda: Brownout('{"version": 1, "version": 1, "services": {"a": {}}}')).code == "duplicate_key"
    assert wrong(lambda: bo.engine.handle({"verb": object()})).code == "wrong_type"


def test_integers_that_no_double_holds() -> None:
    policy = {"version": 1, "services": {"a": {"limits": [{"name": "l", "limit": 2**53 + 1, "period": "1m"}]}}}
    error = wrong(lambda: Brownout(policy))
    assert (error.code, error.path) == ("number_out_of_range", "services.a.limits[0].limit")


def test_snapshots_cut_short_or_bent(bo: Brownout, policy: dict[str, Any], clock: ManualClock) -> None:
    for _ in range(3):
        bo.run("afip", lambda: 1 / 0)
    whole = bo.snapshot()
    damaged = [whole[:cut] for cut in (0, 1, len(whole) // 2, len(whole) - 1)]
    for place in range(0, len(whole), max(1, len(whole) // 64)):
        bent = bytearray(whole)
        bent[place] ^= 1 << (place % 8)
        damaged.append(bytes(bent))
    for bytes_ in damaged:
        error = wrong(lambda bytes_=bytes_: Brownout(policy, clock=clock, restore=bytes_))
        assert error.code in ("snapshot_corrupt", "snapshot_version")
    other = {**policy, "name": "another"}
    assert wrong(lambda: Brownout(other, clock=clock, restore=whole)).code == "snapshot_policy"


def test_errors_and_refusals_travel_between_processes(bo: Brownout) -> None:
    error = wrong(lambda: bo.run("nobody", lambda: 1))
    again = pickle.loads(pickle.dumps(error))
    assert (again.faults, str(again)) == (error.faults, str(error))
    bo.command("force_open", service="afip")
    with pytest.raises(Refused) as refused:
        bo.guard("afip")(lambda: 1)()
    again = pickle.loads(pickle.dumps(refused.value))
    assert again.refusal == refused.value.refusal
