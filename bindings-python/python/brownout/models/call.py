"""The document, answers, names and health reports of the core, as pydantic models."""
from __future__ import annotations

# Made by `cargo xtask types`: change the core, not this file.

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Timeout(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    total: Annotated[
        str | None,
        Field(
            description='as `timeout`, where more is said',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = None
    first_byte: Annotated[
        str | None,
        Field(
            description='until the first byte',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = None
    idle: Annotated[
        str | None,
        Field(
            description='between two bytes',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = None


class Throttle(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    base: Annotated[
        str | None,
        Field(
            description='the first hold',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = '5s'
    growth: Annotated[
        float | None,
        Field(
            description='each further one in a row is so many times longer',
            ge=1.0,
            le=100.0,
        ),
    ] = 2
    max: Annotated[
        str | None,
        Field(
            description='no hold is longer, not even one that the upstream asked for; raised to `base` if that is longer',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = '5m'


class OutcomeRule(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    status: Annotated[
        int | str | list[int | str] | None, Field(description='the HTTP status')
    ] = None
    error: Annotated[
        str | list[str] | None,
        Field(description='the code of a network error, such as `ECONNRESET`'),
    ] = None
    exception: Annotated[
        str | list[str] | None,
        Field(description='the class of an exception, such as `ReadTimeout`'),
    ] = None
    timed_out: Annotated[
        bool | None, Field(description="the host's own timeout ended the call")
    ] = None
    cancelled: Annotated[bool | None, Field(description='the caller gave up')] = None
    as_: Annotated[
        Literal['success', 'failure', 'timeout', 'throttled', 'tenant_fault', 'neutral'],
        Field(alias='as', description='what it counts as'),
    ]


class Backoff(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    base: Annotated[
        str | None,
        Field(
            description='the first wait',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = '1s'
    growth: Annotated[
        float | None,
        Field(description='each further one is so many times longer', ge=1.0, le=100.0),
    ] = 2
    max: Annotated[
        str | None,
        Field(
            description='no wait is longer, unless the upstream asks for it; raised to `base` if that is longer',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = '30s'
    jitter: Annotated[
        Literal['none', 'equal', 'full'] | None,
        Field(
            description='the whole wait; half of it and a draw up to the other half; a draw up to the whole'
        ),
    ] = 'full'


class RetryBudget(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    share: Annotated[
        float | None, Field(description='retries per first attempt', gt=0.0, le=1.0)
    ] = 0.2
    min_per_s: Annotated[
        int | None,
        Field(description='retries a second that are always allowed', ge=0, le=1000000),
    ] = 3


class Retry(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    attempts: Annotated[
        int | None, Field(description='in all, the first included', ge=1, le=100)
    ] = 3
    on: Annotated[
        Literal['failure', 'timeout', 'throttled', 'refused'] | list[Literal['failure', 'timeout', 'throttled', 'refused']] | None,
        Field(description='what is tried again'),
    ] = ['failure', 'timeout', 'throttled']
    backoff: Annotated[
        Backoff | None, Field(description='the wait before the next attempt')
    ] = None
    budget: Annotated[
        RetryBudget | None,
        Field(
            description='how many retries the service can bear, over the last ten seconds'
        ),
    ] = None
