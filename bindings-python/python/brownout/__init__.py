"""Resilience from one policy document: may this call proceed, and if not, what should the user see instead?

from brownout import Brownout

bo = Brownout("policy.toml")

@bo.guard("afip")
async def invoice(order): ...
"""

from brownout._bind import KeyValue
from brownout._brownout import Brownout, Report
from brownout._call import Call
from brownout._clock import Clock, RealSleeper, Sleeper, WallClock
from brownout._core import call as core_call
from brownout._core import version
from brownout._errors import BrownoutError, Fault
from brownout._guard import Guard
from brownout._policy import policy_json
from brownout._values import CallTimeout, Failed, Ok, Refusal, Refused, Result

__version__ = version()

__all__ = [
    "Brownout",
    "BrownoutError",
    "Call",
    "CallTimeout",
    "Clock",
    "Failed",
    "Fault",
    "Guard",
    "KeyValue",
    "Ok",
    "RealSleeper",
    "Refusal",
    "Refused",
    "Report",
    "Result",
    "Sleeper",
    "WallClock",
    "core_call",
    "policy_json",
    "version",
]
