"""The binding below the host layer: its names, its shapes, its errors."""

import json
import threading
from pathlib import Path

import pytest

from brownout import _core
from brownout._errors import BrownoutError

SURFACE = json.loads((Path(__file__).parents[2] / "tests" / "surface.json").read_text())
POLICY = json.dumps(
    {"version": 1, "services": {"afip": {"breaker": {"consecutive_failures": 2, "open": {"base": "10s", "jitter": 0}}}}}
)
# decorated calls, which other languages have no need of
SHORT_WAY = ["Anchor", "Deadlines", "Guarded", "Instead", "Lane", "Line", "Scope", "Ticket", "keys_are_bound"]
FAILURE = 1
REARM = 2


def admit(engine: _core.Engine, at_ms: float) -> int | _core.Decision:
    return engine.admit(json.loads(engine.names())["services"][0]["handle"], 0, 0, 0, 0, 1.0, at_ms)


def public(of: object) -> list[str]:
    return sorted(name for name in vars(of) if not name.startswith("_"))


def test_the_surface_is_the_contracts() -> None:
    makers = [name for name in SURFACE["makers"] if name != "open"]  # `open` is the constructor
    assert public(_core.Engine) == sorted(SURFACE["engine"] + makers)
    assert sorted(_core.__all__) == sorted(["Engine", "Decision", *SHORT_WAY, *SURFACE["functions"]])


def test_what_is_published_cannot_be_made_to_stop() -> None:
    assert not hasattr(_core, "fault")


def test_a_policy_with_faults_is_refused_with_data() -> None:
    with pytest.raises(BrownoutError) as caught:
        _core.Engine('{"version":1,"services":{"a":{"nonsense":1},"b":{"nonsense":2}}}', 1, 0.0)
    found = [(fault.code, fault.path) for fault in caught.value.faults]
    assert found == [("unknown_field", "services.a.nonsense"), ("unknown_field", "services.b.nonsense")]


@pytest.mark.parametrize("service", [7, -1, 2**60])
def test_a_handle_that_was_never_given_out_is_a_coded_error(service: int) -> None:
    engine = _core.Engine(POLICY, 1, 0.0)
    with pytest.raises(BrownoutError) as caught:
        engine.admit(service, 0, 0, 0, 0, 1.0, 1000.0)
    assert caught.value.code in {"unknown_service", "stale_handle"}


def test_a_plain_grant_is_a_number_and_a_refusal_a_decision() -> None:
    engine = _core.Engine(POLICY, 1, 0.0)
    first = admit(engine, 1000.0)
    assert isinstance(first, _core.Decision)  # it brings the first deadline: the host sets its timer
    assert (first.flags, first.next_ms > 1000.0) == (REARM, True)
    second = admit(engine, 1000.0)
    assert isinstance(second, int)
    assert second > 0
    for permit in (first.permit, second):
        engine.settle(permit, FAILURE, 5.0, 1000.0)
    refused = admit(engine, 1001.0)
    assert isinstance(refused, _core.Decision)
    assert refused.permit == 0
    decision = json.loads(refused.output)["decision"]
    assert (decision["code"], decision["retry_at_ms"]) == ("circuit_open", 11000)
    with pytest.raises(AttributeError):
        refused.permit = 1  # type: ignore[misc]


def test_threads_share_one_engine() -> None:
    engine = _core.Engine(POLICY, 1, 0.0)
    permits: list[int] = []

    def take() -> None:
        for _ in range(500):
            answer = admit(engine, 1000.0)
            permits.append(answer if isinstance(answer, int) else answer.permit)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(permits)) == 2000
