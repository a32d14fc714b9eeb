"""What type checkers must not let pass."""

from brownout import Brownout
from brownout.testing import HandDriven

bo = Brownout("policy.toml", seed="one")  # wrong


@bo.guard("afip")
def invoice(number: int) -> str:
    return f"CAE {number}"


invoice("seven")  # wrong
number: int = invoice(7)  # wrong
bo.guard(7)  # wrong
bo.call("afip", tenant=1.5)  # wrong
HandDriven("policy.toml").force("afip", "ajar")  # wrong
