"""The document, answers, names and health reports of the core, as pydantic models."""
from __future__ import annotations

# Made by `cargo xtask types`: change the core, not this file.

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class SlowRule(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    over: Annotated[
        str,
        Field(
            description='a call is slow when it took strictly longer, whatever its outcome; one in flight counts as soon as it crosses',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ]
    rate: Annotated[
        float,
        Field(
            description="trips when this share of the window's calls was slow, `>=`",
            gt=0.0,
            le=1.0,
        ),
    ]


class TimeWindow(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    span: Annotated[
        str,
        Field(
            description='as `window`, where more is said',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ]
    buckets: Annotated[
        int | None,
        Field(
            description='parts of the span; an entry stays at most one part too long',
            ge=1,
            le=1000,
        ),
    ] = 10


class CallWindow(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    calls: Annotated[
        int,
        Field(
            description='instead of a span: the last so many calls', ge=1, le=1000000
        ),
    ]


class OpenRule(BaseModel):
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
    ] = '30s'
    growth: Annotated[
        float | None,
        Field(
            description='each further wait is so many times longer; one step is forgotten for each `base` spent closed',
            ge=1.0,
            le=100.0,
        ),
    ] = 2
    max: Annotated[
        str | None,
        Field(
            description='no wait is longer, not even one that the upstream asked for; raised to `base` if that is longer',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = '10m'
    jitter: Annotated[
        float | None,
        Field(
            description='the wait is drawn between itself and (1 + jitter) times itself',
            ge=0.0,
            le=1.0,
        ),
    ] = 0.1


class HalfOpenRule(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    probes: Annotated[
        int | None,
        Field(
            description="calls let through in one round; judged by the breaker's rates, without `failure_rate` one failure reopens",
            ge=1,
            le=10000,
        ),
    ] = 3
    concurrent: Annotated[
        int | None, Field(description='probes in flight at once', ge=1, le=10000)
    ] = 1
    max_wait: Annotated[
        str | None,
        Field(
            description='a round without a verdict reopens after this, from its first probe',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = '2m'
    lease: Annotated[
        str | None,
        Field(
            description='a probe that has not settled by then gives its place back; 60 s without a timeout',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = None


class Rollup(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    tenants_open: Annotated[
        float | None,
        Field(
            description='trips at this share of open breakers among the tenants seen in the window',
            gt=0.0,
            le=1.0,
        ),
    ] = None
    pooled: Annotated[
        float | None,
        Field(
            description='trips at this failure rate over the latest outcome of each tenant seen in the window',
            gt=0.0,
            le=1.0,
        ),
    ] = None
    min_tenants: Annotated[
        int | None,
        Field(
            description='neither means anything below so many tenants', ge=1, le=1000000
        ),
    ] = 20


class Breaker(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    consecutive_failures: Annotated[
        int | None,
        Field(
            description='trips at so many failures in a row; any success ends the streak',
            ge=1,
            le=1000000,
        ),
    ] = None
    failures: Annotated[
        int | None,
        Field(
            description='trips at so many failures in the window, whatever `min_calls` says',
            ge=1,
            le=1000000,
        ),
    ] = None
    failure_rate: Annotated[
        float | None,
        Field(
            description="trips when this share of the window's calls failed, `>=`",
            gt=0.0,
            le=1.0,
        ),
    ] = None
    slow: Annotated[
        SlowRule | None, Field(description='trips on a share of slow calls')
    ] = None
    window: Annotated[
        str | TimeWindow | CallWindow | None,
        Field(
            description='what `failures` and the rates are taken over',
            validate_default=True,
        ),
    ] = '60s'
    min_calls: Annotated[
        int | None,
        Field(
            description='calls in the window before a rate means anything; not above `window.calls`',
            ge=1,
            le=1000000,
        ),
    ] = 20
    open: Annotated[OpenRule | None, Field(description='the wait while open')] = None
    half_open: Annotated[
        HalfOpenRule | None, Field(description='how recovery is tried')
    ] = None
    ramp: Annotated[
        str | None,
        Field(
            description='after closing, a growing share is admitted for this long',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = None
    rollup: Annotated[
        Rollup | None,
        Field(description='a breaker of the service above the keyed ones'),
    ] = None
    per: Annotated[str | list[str] | None, Field(description='what splits it')] = None
    mode: Annotated[
        Literal['enforce', 'shadow', 'off'] | None, Field(description='see Modes')
    ] = None
    enforce_share: Annotated[
        float | None,
        Field(description='the share of keys for which it is enforced', gt=0.0, le=1.0),
    ] = None
