from brownout.testing import expect_refused

POLICY = {"version": 1, "services": {"afip": {"breaker": {"consecutive_failures": 2}}}}


def test_an_open_breaker_refuses(brownout_engine):
    bo = brownout_engine(POLICY)
    bo.force("afip", "open")
    assert bo.expect_refused("afip").code == "forced_open"


def test_what_callers_see(brownout_engine):
    bo = brownout_engine(POLICY)
    bo.force("afip", "open", for_s=30)
    with expect_refused("forced_open"):
        bo.guard("afip")(lambda: 1)()
    bo.advance(30)
    assert bo.run("afip", lambda: 1).ok
