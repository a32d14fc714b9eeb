"""An application of no account: afip fails, sms is called for two tenants. Time stands still unless the script moves it."""

from pathlib import Path

from brownout import Brownout
from brownout.testing import ManualClock

clock = ManualClock(1_000_000.0)
bo = Brownout(Path(__file__).with_name("policy.toml"), seed=7, clock=clock)


def down() -> None:
    raise ConnectionRefusedError


for _ in range(7):
    bo.run("afip", down)
    clock.advance(1000.0)
for tenant in ["a", "a", "b", "a", "a", "a"]:
    bo.guard("sms", tenant=tenant).run(lambda: "sent")
clock.advance(40_000.0)
bo.run("afip", lambda: "filed")
bo.observe("sms", ok=True, latency_ms=12.5)
bo.close()
