"""What goes into an engine is written down as it goes in, whichever way the call takes."""

import asyncio
import json
import threading
from typing import Any

from brownout import Brownout, core_call
from brownout.testing import ManualClock

POLICY: dict[str, Any] = {
    "version": 1,
    "services": {
        "afip": {"breaker": {"consecutive_failures": 2, "open": {"base": "10s", "jitter": 0}}},
        "sms": {
            "per": "tenant",
            "limits": [{"name": "minute", "limit": 1, "period": "1m", "algorithm": "sliding_window", "per": "tenant"}],
        },
    },
}


def replay(recording: str) -> dict[str, Any]:
    payload = {"policy": json.dumps(POLICY), "recording": recording, "json": True}
    return json.loads(json.loads(core_call("replay", json.dumps(payload)))["out"])


def test_a_recording_from_the_first_input_on_replays_as_recorded():
    clock, lines = ManualClock(1000.0), []
    bo = Brownout(POLICY, seed=7, clock=clock, record=lines.append)
    for divisor in (1, 0, 0, 0):
        bo.run("afip", lambda by: 1 / by, divisor)
        clock.advance(1000.0)
    bo.close()
    parsed = [json.loads(line) for line in lines]
    assert parsed[0] == {"brownout": 1, "at_ms": 1000.0, "policy": parsed[0]["policy"], "seed": "7"}
    asked = [line for line in parsed if line.get("verb") == "admit"]
    assert [line.get("got") is not None for line in asked] == [True, True, True, False]
    report = replay("".join(lines))
    assert report["as_recorded"] is True


def test_a_decorated_function_on_the_short_way_is_recorded_as_well():
    lines: list[str] = []
    bo = Brownout(POLICY, seed=7, record=lines.append)

    @bo.guard("afip")
    def file(n: int) -> int:
        return n

    assert [file(n) for n in range(20)] == list(range(20))
    bo.close()
    verbs = [json.loads(line).get("verb") for line in lines]
    assert (verbs.count("admit"), verbs.count("settle")) == (20, 20)
    assert replay("".join(lines))["as_recorded"] is True


def test_a_decorated_coroutine_is_recorded_as_well():
    lines: list[str] = []
    bo = Brownout(POLICY, seed=7, record=lines.append)

    @bo.guard("afip")
    async def file(n: int) -> int:
        await asyncio.sleep(0)
        return n

    async def both() -> list[int]:
        return list(await asyncio.gather(*(file(n) for n in range(20))))

    assert asyncio.run(both()) == list(range(20))
    bo.close()
    verbs = [json.loads(line).get("verb") for line in lines]
    assert (verbs.count("admit"), verbs.count("settle")) == (20, 20)
    assert replay("".join(lines))["as_recorded"] is True


def test_eight_threads_write_one_recording():
    lines: list[str] = []
    bo = Brownout(POLICY, seed=7, record=lines.append)

    def work() -> None:
        for i in range(50):
            bo.run("afip", lambda by: 1 / by, i % 2)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bo.close()
    assert sum(json.loads(line).get("verb") == "admit" for line in lines) == 400
    assert replay("".join(lines))["as_recorded"] is True


def test_a_recording_from_the_middle_carries_the_state_and_ends_when_told_to():
    clock, lines = ManualClock(1000.0), []
    bo = Brownout(POLICY, seed=7, clock=clock)
    bo.guard("sms", tenant="a").run(lambda: 1)
    end = bo.record(lines.append)
    bo.guard("sms", tenant="a").run(lambda: 1)
    bo.guard("sms", tenant="b").run(lambda: 1)
    end()
    bo.guard("sms", tenant="c").run(lambda: 1)
    parsed = [json.loads(line) for line in lines]
    assert [line.get("verb", "begin") for line in parsed] == ["begin", "admit", "admit", "settle"]
    assert "snapshot" in parsed[0]
    assert parsed[1] == {"at_ms": 1000.0, "verb": "admit", "service": "sms", "keys": {"tenant": "a"}}
    assert parsed[3]["permit"] == parsed[2]["got"]
    assert replay("".join(lines))["as_recorded"] is True


def test_a_sink_that_raises_ends_the_recording_and_nothing_else(caplog):
    def full(line: str) -> None:
        raise OSError("disk full")

    bo = Brownout(POLICY, seed=7, clock=ManualClock(), record=full)
    assert bo.run("afip", lambda: 1).value == 1
    assert [record.message for record in caplog.records] == ["the recording ends, its sink raised"]


def test_an_explanation_takes_nothing():
    bo = Brownout(POLICY, seed=7, clock=ManualClock())
    for _ in range(3):
        assert bo.explain("sms", tenant="a")["verdict"] == "granted"
    bo.guard("sms", tenant="a").run(lambda: 1)
    explained = bo.explain("sms", tenant="a")
    assert (explained["verdict"], explained["code"]) == ("refused", "limited")
    assert explained["gates"][-1]["used"] == 1
