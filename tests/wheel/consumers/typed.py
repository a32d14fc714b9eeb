"""What type checkers must accept, and read as this says."""

from collections.abc import Awaitable
from typing import assert_type

from brownout import Brownout, Failed, Ok, Refusal, Result
from brownout.testing import HandDriven, expect_refused

bo = Brownout("policy.toml", seed=1)


@bo.guard("afip", tenant="org_1")
def invoice(number: int, *, draft: bool = False) -> str:
    return f"CAE {number} {draft}"


@bo.guard("afip")
async def later(number: int) -> str:
    return f"CAE {number}"


def key_of(order: dict[str, str]) -> str:
    return order["tenant"]


send = bo.guard("whatsapp", key=key_of)(key_of)
assert_type(invoice(7, draft=True), str)
assert_type(send({"tenant": "org_1"}), str)


async def main() -> None:
    assert_type(await later(7), str)
    waits: Awaitable[str] = later(8)
    await waits
    assert_type(await bo.arun("afip", later, 7), Result[str])


result = bo.run("afip", invoice, 7)
if isinstance(result, Ok):
    assert_type(result.value, str)
elif isinstance(result, Refusal):
    assert_type(result.retry_after_ms, float | None)
else:
    assert_type(result, Failed)
    assert_type(result.error, Exception)
with bo.call("afip", tenant="org_1") as call:
    call.record(status=200)
assert_type(bo.snapshot(), bytes)

hand = HandDriven({"version": 1, "services": {}})
hand.force("afip", "open", for_s=5, tenant="org_1")
with expect_refused("forced_open") as seen:
    invoice(7)
assert_type(seen.refusal, Refusal)
