"""What users test with: hand-driven engines, and the plugin that brings them into pytest."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from brownout import BrownoutError, Refused
from brownout.testing import HandDriven, expect_refused

POLICY: dict[str, Any] = {
    "version": 1,
    "services": {
        "afip": {"fallback": "queue", "breaker": {"consecutive_failures": 2, "open": {"base": "30s", "jitter": 0}}},
        "tenants": {"per": "tenant", "breaker": {"consecutive_failures": 1}},
        "few": {"limits": [{"name": "two", "limit": 2, "period": "1m", "algorithm": "fixed_window"}]},
    },
}
TOML = """
version = 1
[services.afip]
breaker = { consecutive_failures = 2, open = { base = "30s", jitter = 0 } }
"""


@pytest.fixture
def hand() -> HandDriven:
    return HandDriven(POLICY)


def test_force_and_expect(hand: HandDriven) -> None:
    hand.force("afip", "open")
    refusal = hand.expect_refused("afip", code="forced_open", gate="breaker")
    assert refusal.fallback == "queue"
    hand.force("afip", "reset")
    assert hand.run("afip", lambda: 1).ok
    hand.force("afip", "open", for_s=10)
    hand.advance(9.999)
    hand.expect_refused("afip")
    hand.advance(0.001)
    assert hand.peek("afip") is None


def test_force_for_one_tenant(hand: HandDriven) -> None:
    hand.force("tenants", "open", tenant="org_1")
    assert hand.expect_refused("tenants", tenant="org_1").scope == "tenant"
    assert hand.guard("tenants", tenant="org_2").run(lambda: 1).ok


def test_time_is_in_the_tests_hands(hand: HandDriven) -> None:
    fails = hand.guard("afip")(lambda: 1 / 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            fails()
    with expect_refused("circuit_open") as seen:
        fails()
    assert seen.refusal.retry_after_ms == 30_000
    hand.advance(30)
    assert [effect["to"] for effect in hand.effects if effect["effect"] == "breaker_changed"] == ["open", "half_open"]
    assert hand.guard("afip")(lambda: "again")() == "again"


def test_expectations_that_do_not_hold(hand: HandDriven) -> None:
    with pytest.raises(AssertionError, match="a call of `afip` was let through; expected circuit_open"):
        hand.expect_refused("afip", code="circuit_open")
    hand.force("afip", "open")
    with pytest.raises(AssertionError, match="refused with code `forced_open`; expected `limited`"):
        hand.expect_refused("afip", code="limited")
    with pytest.raises(AssertionError, match="refused with gate `breaker`; expected `limit`"):
        hand.expect_refused("afip", gate="limit")
    with pytest.raises(AssertionError, match="everything in the block was let through"):
        with expect_refused():
            pass
    with pytest.raises(AssertionError, match="expected `limited`"):
        with expect_refused("limited"):
            hand.guard("afip")(lambda: 1)()
    with pytest.raises(ZeroDivisionError):
        with expect_refused():
            1 / 0  # noqa: B018
    with pytest.raises(ValueError, match="`ajar` is no state: open, closed, disabled, reset"):
        hand.force("afip", "ajar")  # type: ignore[arg-type]
    with pytest.raises(BrownoutError, match="unknown_service"):
        hand.force("afipp", "open")


def test_expecting_takes_units_like_any_call(hand: HandDriven) -> None:
    assert [hand.run("few", lambda: 1).ok for _ in range(2)] == [True, True]
    assert hand.expect_refused("few", code="limited").rule == "two"


def test_coroutines(hand: HandDriven) -> None:
    @hand.guard("afip")
    async def later() -> int:
        return 1

    async def main() -> None:
        assert await later() == 1
        hand.force("afip", "open")
        with expect_refused("forced_open"):
            await later()
        with pytest.raises(Refused):
            await later()

    asyncio.run(main())


def test_the_plugin_brings_fixtures(pytester: pytest.Pytester) -> None:
    pytester.makefile(".toml", policy=TOML)
    pytester.makeini("[pytest]\nbrownout_policy = policy.toml\n")
    pytester.makepyfile(
        """
        from brownout.testing import expect_refused

        def test_configured(bo):
            bo.force("afip", "open", for_s=60)
            bo.expect_refused("afip", code="forced_open")
            bo.advance(60)
            assert bo.run("afip", lambda: 1).ok

        def test_each_test_has_its_own(bo):
            assert bo.effects == []
            assert bo.run("afip", lambda: 1).ok

        def test_made(brownout_engine):
            one = brownout_engine({"version": 1, "services": {"a": {}}}, seed=4)
            two = brownout_engine()
            one.force("a", "open")
            with expect_refused("forced_open"):
                one.guard("a")(lambda: 1)()
            assert two.run("afip", lambda: 1).ok

        def test_that_fails(bo):
            bo.expect_refused("afip")
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*a call of `afip` was let through; expected a refusal*"])


def test_without_a_policy_the_plugin_says_so(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(bo): pass")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*set `brownout_policy` in pytest's configuration*"])
