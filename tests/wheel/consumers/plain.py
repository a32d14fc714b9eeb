"""A script of somebody who has installed the package and read its first page."""

import asyncio

import brownout
from brownout import Brownout, Refused

bo = Brownout({"version": 1, "services": {"afip": {"timeout": "5s", "breaker": {"consecutive_failures": 2}}}})


@bo.guard("afip")
def invoice(number: int) -> str:
    return f"CAE {number}"


@bo.guard("afip")
async def later(number: int) -> str:
    await asyncio.sleep(0)
    return f"CAE {number}"


@bo.guard("afip")
def fails() -> None:
    raise ConnectionError("down")


print(brownout.__file__, brownout.version())
assert [invoice(n) for n in (1, 2)] == ["CAE 1", "CAE 2"]
assert asyncio.run(later(3)) == "CAE 3"
for _ in range(2):
    try:
        fails()
    except ConnectionError:
        pass
try:
    invoice(4)
except Refused as refused:
    assert refused.refusal.code == "circuit_open"
else:
    raise AssertionError("let through")
bo.close()
print("ok")
