"""`python run_vectors.py FILE…`: plays unrolled vectors through the binding, its hot path where numbers can say an input.

Prints one line of JSON for each file: `{"name", "outputs"}` or `{"name", "failed"}`.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

from brownout import _core
from brownout._errors import BrownoutError

EFFECTS = 1
PEEK = 2**53 - 1  # a granted peek carries no permit
Input = dict[str, Any]


def errors(error: BrownoutError, one: bool) -> str:
    faults = [{"code": f.code, "path": f.path, "message": f.message, "help": f.help} for f in error.faults]
    return json.dumps({"error": faults[0]} if one else {"errors": faults})


def place(table: list[Any], name: object) -> int:
    found = [i for i, entry in enumerate(table) if (entry["name"] if isinstance(entry, dict) else entry) == name]
    return found[0] if found else -1


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class Session:
    """One engine while a vector is played."""

    def __init__(self, vector: Input) -> None:
        self.policy: str = vector["policy"]
        self.now: float = vector["start_ms"]
        self.next: float | None = None
        self.permits: dict[str, int] = {}
        self.engine = _core.Engine(self.policy, vector["seed"], self.now)
        self.names = json.loads(self.engine.names())

    def handles(self, keys: Input) -> list[int] | None:
        """Key handles in the order of the table; `None` where the text path must name the fault."""
        out = [0, 0, 0, 0]
        for name, value in keys.items():
            index = place(self.names["keys"], name)
            if index < 0 or not isinstance(value, str):
                return None
            try:
                out[index] = self.engine.key(value, self.now)
            except BrownoutError:
                return None
        return out

    def number(self, given: Input) -> int | _core.Decision | None:
        """What the hot path gives; `None` where the input cannot be said in numbers."""
        verb, fields = given.get("verb"), set(given)
        if verb == "admit" and fields <= {"verb", "service", "keys", "weight"}:
            service = {s["name"]: s["handle"] for s in self.names["services"]}.get(given.get("service"))
            keys, weight = given.get("keys", {}), given.get("weight", 1)
            handles = self.handles(keys) if service is not None and isinstance(keys, dict) and is_number(weight) else None
            return None if handles is None else self.engine.admit(service, *handles, weight, self.now)
        if verb == "settle" and fields <= {"verb", "permit", "outcome", "duration_ms"}:
            outcome, duration = place(self.names["outcomes"], given.get("outcome")), given.get("duration_ms", math.nan)
            permit = given.get("permit")
            if outcome < 0 or not is_number(duration) or not isinstance(permit, int) or isinstance(permit, bool):
                return None
            return self.engine.settle(permit, outcome, duration, self.now)
        return self.engine.advance(self.now) if verb == "advance" and fields == {"verb"} else None

    def hot(self, given: Input) -> str | None:
        """The output of the hot path, once its number and its text agree."""
        try:
            answer = self.number(given)
        except BrownoutError as error:
            return errors(error, one=True)
        if answer is None:
            return None
        plain = isinstance(answer, int)
        value, flags, text = (answer, 0, self.engine.drain()) if plain else (answer.permit, answer.flags, answer.output)
        output = json.loads(text)
        decision = output["decision"]
        told = {"granted": lambda: decision.get("permit", PEEK), "settled": lambda: int(decision["counted"]), "done": lambda: 1}
        if told.get(decision["result"], lambda: 0)() != value:
            raise AssertionError(f"the hot path says {value}, the text {text}")
        if bool(flags & EFFECTS) != bool(output["effects"]):
            raise AssertionError(f"flag 1 (effects pending) is wrong: flags {flags}, {text}")
        return text

    def roundtrip(self) -> str:
        data = self.engine.snapshot()
        self.engine = _core.Engine.restore(self.policy, data, self.now)
        if self.engine.snapshot() != data:
            raise AssertionError("the restored engine writes another snapshot")
        return '{"roundtrip":true}'

    def step(self, step: Input) -> str:
        given: Input = dict(step.get("do") or {})
        verb = given.get("verb")
        now = self.next if verb == "next" else step.get("at_ms", self.now)
        if now is None:
            raise AssertionError("there is no next instant to advance to")
        self.now = now
        if verb == "roundtrip":
            return self.roundtrip()
        permit = given.get("permit")
        if isinstance(permit, str) and permit.startswith("$"):
            given["permit"] = self.permits[permit[1:]]
        if verb == "next":
            given = {"verb": "advance"}
        text = None if "raw" in step else self.hot(given)
        if text is None:
            text = self.engine.handle(step["raw"] if "raw" in step else json.dumps(given), now)
        output = json.loads(text)
        if verb == "reload" and "decision" in output:
            self.policy = json.dumps(given["policy"])
            self.names = json.loads(self.engine.names())
        if "next" in output:
            self.next = (output["next"] or {}).get("at_ms")
        granted = (output.get("decision") or {}).get("permit")
        if "as" in step and granted is not None:
            self.permits[step["as"]] = granted
        return text


def play(vector: Input) -> list[str]:
    """The outcome of loading, then one output for each step."""
    try:
        session = Session(vector)
    except BrownoutError as error:
        return [errors(error, one=False)]
    return ['{"loaded":true}', *(session.step(step) for step in vector["steps"])]


def main() -> None:
    for file in sys.argv[1:]:
        vector = json.loads(Path(file).read_text(encoding="utf-8"))
        line: Input = {"name": vector["name"]}
        try:
            line["outputs"] = play(vector)
        except Exception as error:
            line["failed"] = f"{type(error).__name__}: {error}"
        print(json.dumps(line))


if __name__ == "__main__":
    main()
