"""What went wrong, as data: the one exception for bad input, the same codes in every language."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: a stable code, where it lies, a sentence, and what to do about it."""

    code: str
    path: str
    message: str
    help: str

    def __str__(self) -> str:
        return f"{self.code}: {self.path}: {self.message}" if self.path else f"{self.code}: {self.message}"


class BrownoutError(Exception):
    """Input that the engine, or the host layer before it, does not accept. State is unchanged.

    `faults` holds every fault that was found; `code`, `path`, `message` and `help` are those of the first.
    Made from faults, or from the text `{"error":{…}}` or `{"errors":[…]}` that crosses the boundary.
    """

    def __init__(self, faults: Sequence[Fault] | str) -> None:
        self.faults: tuple[Fault, ...] = _read(faults) if isinstance(faults, str) else tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))

    @property
    def code(self) -> str:
        """The stable code of the first fault."""
        return self.faults[0].code

    @property
    def path(self) -> str:
        """Where the first fault lies, such as `services.afip.breaker.window`; empty for the whole input."""
        return self.faults[0].path

    @property
    def message(self) -> str:
        """What is wrong, in one sentence."""
        return self.faults[0].message

    @property
    def help(self) -> str:
        """What to do about the first fault."""
        return self.faults[0].help

    def __reduce__(self) -> tuple[type[BrownoutError], tuple[str]]:
        return type(self), (json.dumps({"errors": [asdict(fault) for fault in self.faults]}),)


def _read(text: str) -> tuple[Fault, ...]:
    try:
        shape = json.loads(text)
    except ValueError:
        shape = None
    if not isinstance(shape, dict):
        return (Fault("engine_lost", "", text, "report this text: it is not an answer of the engine"),)
    found = shape.get("errors") or [shape.get("error") or {}]
    return tuple(
        Fault(str(f.get("code", "")), str(f.get("path", "")), str(f.get("message", "")), str(f.get("help", ""))) for f in found
    )
