"""The engine as Python uses it: names instead of handles, effects to listeners, one timer, snapshots, forks survived."""

from __future__ import annotations

import json
import logging
import math
import random
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from brownout import _core, _fork
from brownout._clock import Clock, Rebase, WallClock
from brownout._core import Scope
from brownout._errors import BrownoutError, Fault
from brownout._listeners import Listener, Listeners
from brownout._names import KeyHandles, Names
from brownout._policy import PolicySource, encode, policy_json
from brownout._revival import Revival
from brownout._tape import RecordSink, Taped, record_file
from brownout._timer import Timer

Decision: TypeAlias = dict[str, Any]
SnapshotHook: TypeAlias = Callable[[bytes], object]

_log = logging.getLogger("brownout")
_REARM = 2  # the flag that says no more than: `next` is earlier than last told
_PART_EVERY_MS = 1.0
_SNAPSHOT_EVERY_MS = 30_000.0
_NAN = math.nan
_SEEDS = 1 << 64
_CAUSE = "panic"
_KINDS = 512


class Engine:
    """One engine shared by every thread and task of this process."""

    def __init__(
        self,
        policy: PolicySource,
        *,
        seed: int | None,
        clock: Clock,
        restore: bytes | None = None,
        record: RecordSink | None = None,
    ) -> None:
        self.clock = clock
        self._policy = policy_json(policy)
        self._seed = random.SystemRandom().getrandbits(53) if seed is None else seed
        now = clock.now_ms()
        if restore is None:
            core = _core.Engine(self._policy, self._seed, now)
        else:
            core = _core.Engine.restore(self._policy, restore, now)
        self._tape = record or record_file()
        self._core: _core.Engine | Taped = core
        if self._tape is not None:
            self._core = Taped(core, self._tape, now, self._seed if restore is None else None)
        self.deadlines = _core.Deadlines()
        anchor = clock.anchor if type(clock) is WallClock else None
        self.lane = _core.Lane(core, clock.now_ms, clock.wait_s, anchor)
        self.names = Names.read(self._core.names())
        self._handles = KeyHandles()
        self._judged: dict[tuple[object, ...], tuple[int, Decision]] = {}
        self._listeners = Listeners()
        self._rebase = Rebase()
        self._steps = self._clock_steps()
        self._hook: SnapshotHook | None = None
        self._snapshot_due = math.inf
        self._parts: list[bytes] = []
        self._parts_of: _core.Engine | Taped | None = None
        self._last_snapshot = self._core.snapshot() if restore is None else restore
        self._rebuilding = threading.Lock()
        self._revival = Revival()
        self._gone: _core.Engine | Taped | None = None
        self._timer = Timer(clock, self.advance, self.lane)
        self.lane.attentive = True
        weakref.finalize(self, self._timer.close)
        _fork.watch(self)
        self.advance()

    # the hot path

    def admit(self, service: str, keys: Mapping[str, str], weight: float, at_ms: float) -> int | Decision:
        """Asks for one call. A plain grant is the permit alone; anything with more to say is the decision."""
        known = self.names.services.get(service)
        if known is None or not self.names.key_set.issuperset(keys):
            return self.handle({"verb": "admit", "service": service, "keys": dict(keys), "weight": weight}, at_ms)
        self._before(at_ms)
        core = self._core
        try:
            return self._admit_by_handle(known.handle, keys, weight, at_ms)
        except BrownoutError as error:
            if error.code == "stale_handle":  # a reload or an eviction came between: look every name up once more
                self._look_up_again(keys)
                again = self.names.services.get(service)
                if again is not None:
                    return self._admit_by_handle(again.handle, keys, weight, at_ms)
            elif error.code == "engine_lost":
                return self.admit(service, keys, weight, at_ms) if self._back(core, at_ms) else self._away(service)
            raise

    def settle(self, permit: int, outcome: int, at_ms: float) -> Decision | None:
        """Tells how a call ended, by outcome number. None when there is nothing to add."""
        self._before(at_ms)
        core = self._core
        try:
            answer = core.settle(permit, outcome, _NAN, at_ms)
        except BrownoutError as error:
            if error.code == "engine_lost" and self._back(core, at_ms):
                return self.settle(permit, outcome, at_ms)
            raise
        if isinstance(answer, int):
            return None
        if answer.flags & ~_REARM == 0:
            self._arm(answer.next_ms)
            return None
        return self._take(json.loads(answer.output), at_ms)

    def judge(self, permit: int, service: str, facts: Mapping[str, Any], at_ms: float) -> Decision:
        """Tells how a call ended, by facts. The core answers equal facts alike as long as a policy stands, so that a failure
        of a known kind is settled in numbers; not where it may be tried again: facts then say more than the outcome."""
        known = self.names.services.get(service)
        if known is None or known.retries or self._tape is not None:
            return self.handle({"verb": "settle", "permit": permit, "facts": facts}, at_ms)
        kind = (service, *facts.items())
        judged = self._judged.get(kind)
        if judged is not None:
            outcome, plainly = judged
            settled = self.settle(permit, outcome, at_ms)
            return dict(plainly) if settled is None else settled
        settled = self.handle({"verb": "settle", "permit": permit, "facts": facts}, at_ms)
        word = settled.get("outcome")
        if word in self.names.outcomes and "because" not in settled:
            if len(self._judged) >= _KINDS:
                self._judged.clear()
            self._judged[kind] = (self.names.outcomes.index(word), dict(settled))
        return settled

    def judged(self, service: str, facts: Mapping[str, Any]) -> int | None:
        """The number of the outcome that such facts came to under this policy, if that is known."""
        known = self._judged.get((service, *facts.items()))
        return None if known is None else known[0]

    def _admit_by_handle(self, service: int, keys: Mapping[str, str], weight: float, at_ms: float) -> int | Decision:
        slots = [0, 0, 0, 0]
        if keys:
            for place, name in enumerate(self.names.keys):
                text = keys.get(name)
                if text is not None:
                    slots[place] = self._handles.known(text) or self._intern(text, at_ms)
        answer = self._core.admit(service, slots[0], slots[1], slots[2], slots[3], weight, at_ms)
        if isinstance(answer, int):
            return answer
        if answer.permit > 0 and answer.flags & ~_REARM == 0:
            self._arm(answer.next_ms)
            return answer.permit
        decision = self._take(json.loads(answer.output), at_ms) or {}
        if decision.get("code") == "keys_exhausted":  # the handle stands for a key that found no room: next time it may
            for text in keys.values():
                self._handles.forget(text)
        return decision

    def _intern(self, text: str, at_ms: float) -> int:
        try:
            handle = self._core.key(text, at_ms)
        except UnicodeEncodeError as cause:
            raise bad_input("wrong_type", "keys", "a key is text without lone surrogates", "pass the key as text") from cause
        self._handles.keep(text, handle)
        return handle

    def _look_up_again(self, keys: Mapping[str, str]) -> None:
        self.names = Names.read(self._core.names())
        for text in keys.values():
            self._handles.forget(text)

    # everything else

    def handle(self, given: Mapping[str, Any], at_ms: float | None = None) -> Decision:
        """Any verb as the wire has it. Errors: `BrownoutError`, state unchanged."""
        at = self.clock.now_ms() if at_ms is None else at_ms
        if at_ms is None or given.get("verb") in ("admit", "settle"):
            self._before(at)
        core = self._core
        try:
            text = core.handle(encode(given), at)
        except BrownoutError as error:
            if error.code == "engine_lost":
                if self._back(core, at):
                    return self.handle(given, at)
                if given.get("verb") == "admit":
                    away = self._away(given.get("service"))
                    return away if isinstance(away, dict) else {"result": "granted", "permit": away}
            raise
        shape = json.loads(text)
        if "error" in shape or "errors" in shape:
            raise BrownoutError(text)
        return self._take(shape, at) or {}

    def advance(self) -> None:
        """Runs every deadline that is due by now and arms the timer for the next."""
        now = self.clock.now_ms()
        self._timer.disarm()  # before asking: what another thread arms from here on stays armed
        core = self._core
        try:
            answer = core.advance(now)
        except BrownoutError as error:
            if error.code != "engine_lost":
                raise
            self._back(core, now)
            return
        self._arm(answer.next_ms)
        if answer.flags & ~_REARM:
            self._take(json.loads(answer.output), now)
        if now >= self._snapshot_due:
            self._save()
        self._arm(self._snapshot_due)

    def reload(self, policy: PolicySource) -> None:
        """Takes another policy; state moves over. Errors: every fault of the document, and the old policy stays."""
        text = policy_json(policy)
        self.lane.renewed()
        self._judged.clear()
        self.handle({"verb": "reload", "policy": json.loads(text)})
        self.lane.renewed()  # once more: somebody may have learned in between
        self._policy = text
        self.names = Names.read(self._core.names())
        self._handles.clear()
        self._judged.clear()
        self.snapshot()

    def on(self, kind: str, listener: Listener) -> Callable[[], None]:
        """Listens to effects; returns what ends it."""
        return self._listeners.on(kind, listener)

    def close(self) -> None:
        """Stops the timer and takes a last snapshot if one is wanted."""
        self._timer.close()
        if self._hook is not None and not math.isinf(self._snapshot_due):
            self._parts_of = None
            self._save()
            while self._parts_of is not None:
                self._save()
        _fork.forget(self)

    def record(self, sink: RecordSink) -> Callable[[], None]:
        """Writes every input down from here on; returns what ends it. One recording at a time: another takes its place."""
        self._untape()
        self._tape = sink
        self._handles.clear()  # the tape learns the names of keys as they are asked for
        core = self._core
        if not isinstance(core, Taped):
            self._core = Taped(core, sink, self.clock.now_ms())
        self.lane.attentive = True

        def stop() -> None:
            if self._tape is sink:
                self._untape()

        return stop

    def _untape(self) -> None:
        self._tape = None
        if isinstance(self._core, Taped):
            self._core = self._core.inner

    # snapshots, forks, loss

    def snapshot(self) -> bytes:
        """All state as canonical bytes; they are also what a rebuild starts from."""
        core = self._core
        losses = self._revival.losses
        try:
            state = core.snapshot()
        except BrownoutError as error:
            if error.code == "engine_lost" and self._back(core, self.clock.now_ms()):
                return self.snapshot()
            raise
        self._last_snapshot, self._revival.kept = state, losses
        return state

    def on_snapshot(self, hook: SnapshotHook) -> None:
        """Hands a snapshot to `hook` every 30 s in which something happened."""
        self._hook = hook
        self.lane.attentive = True

    def _save(self) -> None:
        """Takes the next part of a snapshot; where there is little to take, all of it."""
        core = self._core
        first = self._parts_of is not core
        if first:
            self._parts, self._parts_of = [], core
        losses = self._revival.losses
        try:
            part = core.part(first)
            if first:
                self._parts.append(part)
                part = core.part(False)
        except BrownoutError:
            self._snapshot_due, self._parts_of = math.inf, None
            return  # the engine is away, and keeps what it had
        if part:
            self._parts.append(part)
            self._snapshot_due = self.clock.now_ms() + _PART_EVERY_MS
            return
        state = b"".join(self._parts)
        self._parts, self._parts_of = [], None
        self._snapshot_due = math.inf
        self.lane.attentive = True  # the next call begins the next half minute
        self._last_snapshot, self._revival.kept = state, losses
        if self._hook is None:
            return
        try:
            self._hook(state)
        except Exception:
            _log.exception("the snapshot hook failed")

    def freeze(self) -> bytes | None:
        """State as it is right before a fork, or the last that is known."""
        try:
            return self._core.snapshot()
        except BrownoutError:
            return self._last_snapshot

    def thaw(self, frozen: bytes | None) -> None:
        """In the child of a fork: an engine of its own from that state, with fresh locks and timers."""
        self._listeners.after_fork()
        self._timer.after_fork()
        self.deadlines.after_fork()
        self._rebuilding = threading.Lock()
        self._tape = record_file() if self._tape is not None else None  # the parent goes on with its own
        # its draws and permits are its own, whatever seed the parent was given
        self._seed = random.SystemRandom().getrandbits(53)
        now = self.clock.now_ms()
        if frozen is None:
            self._install(_core.Engine(self._policy, self._seed, now))
        else:
            self._install(_core.Engine.restore(self._policy, frozen, now, self._seed))
        self._last_snapshot = self._core.snapshot()
        self.advance()

    def _install(self, core: _core.Engine) -> None:
        self.names = Names.read(core.names())
        self._handles.clear()
        self._judged.clear()
        self._core = core if self._tape is None else Taped(core, self._tape, self.clock.now_ms())
        self.lane.seat(core)

    @property
    def lost(self) -> int:
        """How often the engine stopped inside a call."""
        return self._revival.losses

    def _away(self, service: object) -> int | Decision:
        """The engine is away: the policy says whether the call goes through ungoverned (permit 0) or is refused."""
        known = self.names.services.get(str(service))
        if known is None or known.on_engine_failure != "refuse":
            return 0
        refused = {"result": "refused", "gate": "engine", "code": "engine_lost", "scope": "service", "exact": False}
        return {**refused, "fallback": known.fallback} if known.fallback else refused

    def _back(self, core: _core.Engine | Taped, at_ms: float) -> bool:
        """`core` has stopped: has another taken its place? False for the call that it stopped in, and while a rebuild rests."""
        effects: list[Decision] = []
        with self._rebuilding:
            if self._core is not core:
                return True  # another thread was first
            if self._gone is not core:
                self._note_loss(core, at_ms, effects)
                back = False
            else:
                back = self._revival.due(at_ms) and self._rebuild(core, at_ms, effects)
        self._listeners.tell(effects)
        if back:
            self.advance()
        else:
            self._arm(self._revival.not_before_ms)  # deadlines still need somebody to come by
        return back

    def _note_loss(self, core: _core.Engine | Taped, at_ms: float, effects: list[Decision]) -> None:
        self._gone = core
        self._revival.lost(at_ms)
        _log.error("the engine stopped inside a call and is rebuilt")
        effects.append({"effect": "engine_lost", "cause": _CAUSE, "losses": self._revival.losses, "at_ms": at_ms})

    def _rebuild(self, lost: _core.Engine | Taped, at_ms: float, effects: list[Decision]) -> bool:
        """From the last snapshot, else from nothing; the new engine is told what it does not know."""
        for state in (self._last_snapshot, None):
            losses = self._revival.losses - (self._revival.kept if state else 0)
            told = encode({"verb": "command", "order": "rebuilt", "losses": max(1, losses), "cause": _CAUSE})
            try:
                if state is None:
                    # another seed: the engine that was may have given out permits that are still in use
                    core = _core.Engine(self._policy, (self._seed + losses) % _SEEDS, at_ms)
                else:
                    core = _core.Engine.restore(self._policy, state, at_ms)
                effects.extend(json.loads(core.handle(told, at_ms)).get("effects", ()))
                self._install(core)
            except BrownoutError:
                _log.exception("the engine cannot be rebuilt from %s", "its last snapshot" if state else "its policy")
            else:
                return True
        self._note_loss(lost, at_ms, effects)
        return False

    # time

    def give_time(self, timeout_ms: float) -> Scope | None:
        """Bounds the running task's time; None where only a person moves the clock."""
        seconds = self.clock.wait_s(timeout_ms)
        return None if seconds is None else self.deadlines.enter(seconds, timeout_ms)

    def _before(self, at_ms: float) -> None:
        if at_ms >= self._timer.due_ms:  # the timer's loop has gone, or a person moves the clock
            self.advance()
        if self._snapshot_due == math.inf:
            self._snapshot_due = at_ms + _SNAPSHOT_EVERY_MS
            self._arm(self._snapshot_due)
        if self._rebase.watching and self._rebase.due(at_ms):
            self._order_rebase(at_ms)
        self.lane.attentive = self._rebase.watching or self._tape is not None

    def take(self, output: str, at_ms: float) -> Decision:
        """What the short way was told, as if it had been told here. Errors: `BrownoutError`, where the output is one."""
        shape = json.loads(output)
        if "error" in shape or "errors" in shape:
            raise BrownoutError(output)
        return self._take(shape, at_ms) or {}

    def arm(self, next_ms: float) -> None:
        """The short way heard of an earlier instant."""
        self._arm(next_ms)

    def _arm(self, next_ms: float) -> None:
        if 0 <= next_ms < self._timer.due_ms:
            self._timer.arm(next_ms)

    def _take(self, output: Mapping[str, Any], at_ms: float) -> Decision | None:
        coming = output.get("next")
        if coming:
            self._arm(coming["at_ms"])
        effects = output.get("effects")
        if effects:
            for effect in effects:
                if effect.get("effect") == "clock_behind":
                    self._clock_behind(at_ms, effect.get("by_ms", 0.0))
            self._listeners.tell(effects)
        return output.get("decision")

    def _clock_behind(self, at_ms: float, by_ms: float) -> None:
        steps = self._clock_steps()
        if steps != self._steps:  # the clock has already waited to be sure
            self._steps = steps
            self._order_rebase(at_ms)
        else:
            self._rebase.behind(at_ms, by_ms)
            self.lane.attentive = True

    def _order_rebase(self, at_ms: float) -> None:
        self._rebase.done()
        self.handle({"verb": "command", "order": "rebase", "to_ms": at_ms}, at_ms)
        self.advance()

    def _clock_steps(self) -> int:
        return int(getattr(self.clock, "steps", 0))


def unknown_permit(error: BrownoutError) -> bool:
    """Is this a permit from before a restart, a rebuild or its own lease's end? Guards swallow that."""
    return error.code in ("unknown_permit", "engine_lost")


def bad_input(code: str, path: str, message: str, advice: str) -> BrownoutError:
    """A fault that the host layer finds before the core is asked."""
    return BrownoutError([Fault(code, path, message, advice)])
