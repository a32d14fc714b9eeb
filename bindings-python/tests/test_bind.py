"""Keys bound in a context reach the calls made there, and no others."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import uuid
from typing import Any

import pytest

from brownout import Brownout, BrownoutError, Refused
from brownout._bind import bound_keys


def trip(bo: Brownout) -> None:
    for _ in range(2):
        bo.run("tenants", lambda: 1 / 0)


def test_a_bound_tenant_has_a_breaker_of_its_own(bo: Brownout) -> None:
    with bo.bind(tenant="org_1"):
        trip(bo)
        refused = bo.run("tenants", lambda: 1)
        assert (refused.ok, refused.scope) == (False, "tenant")
    with bo.bind(tenant="org_2"):
        assert bo.run("tenants", lambda: 1).ok


def test_named_keys_win_over_bound_ones(bo: Brownout) -> None:
    with bo.bind(tenant="org_1"):
        trip(bo)
        with bo.call("tenants", tenant="org_2"):
            pass
        assert bo.guard("tenants", tenant="org_2").run(lambda: 1).ok
        assert bo.guard("tenants", key=lambda org: org).run(lambda org: org, "org_2").ok
        assert bo.guard("tenants", key=lambda org: {"tenant": org}).run(lambda org: org, "org_2").ok
        with pytest.raises(Refused):
            with bo.call("tenants"):
                pass


def test_bindings_nest(bo: Brownout) -> None:
    with bo.bind(tenant=7, user="u"):
        with bo.bind(tenant=uuid.UUID(int=1)):
            assert bound_keys() == {"tenant": str(uuid.UUID(int=1)), "user": "u"}
        with bo.bind(user=None):
            assert bound_keys() == {"tenant": "7"}
        assert bound_keys() == {"tenant": "7", "user": "u"}
    assert bound_keys() == {}


def test_what_cannot_be_a_key(bo: Brownout) -> None:
    with pytest.raises(BrownoutError) as wrong:
        bo.bind(tenant=1.5)  # type: ignore[arg-type]
    assert (wrong.value.code, wrong.value.path) == ("wrong_type", "keys.tenant")


@pytest.mark.anyio
async def test_tasks_inherit_and_do_not_leak(bo: Brownout) -> None:
    async def seen(name: str) -> Any:
        with bo.bind(tenant=name):
            await asyncio.sleep(0)
            return bound_keys()["tenant"]

    assert await asyncio.gather(*(seen(f"org_{n}") for n in range(5))) == [f"org_{n}" for n in range(5)]
    with bo.bind(tenant="outer"):
        assert await asyncio.create_task(asyncio.to_thread(lambda: dict(bound_keys()))) == {"tenant": "outer"}
    assert bound_keys() == {}


def test_threads_start_unbound_unless_given_the_context(bo: Brownout) -> None:
    seen: list[dict[str, str]] = []
    with bo.bind(tenant="org_1"):
        context = contextvars.copy_context()
        for target in (lambda: seen.append(dict(bound_keys())), lambda: context.run(lambda: seen.append(dict(bound_keys())))):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
    assert seen == [{}, {"tenant": "org_1"}]
