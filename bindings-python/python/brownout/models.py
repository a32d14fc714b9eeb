"""The document, answers, names and health reports of the core, as pydantic models."""
from __future__ import annotations

# Made by `cargo xtask types`: change the core, not this file.

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints


class ZoneChange(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    at_ms: Annotated[
        int, Field(description='the instant of a change', ge=0, le=8796093022208)
    ]
    offset: Annotated[
        str,
        Field(
            description='the offset from then on',
            pattern='^(Z|UTC|[+-]((0[0-9]|1[0-7]):[0-5][0-9]|18:00))$',
        ),
    ]


class NamedZone(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    name: Annotated[
        str,
        Field(
            description='such as `America/Santiago`',
            max_length=64,
            min_length=1,
            pattern='^[!-~]+$',
        ),
    ]
    offset: Annotated[
        str,
        Field(
            description='the offset before the first change',
            pattern='^(Z|UTC|[+-]((0[0-9]|1[0-7]):[0-5][0-9]|18:00))$',
        ),
    ]
    changes: Annotated[
        list[ZoneChange] | None, Field(description='in order of time', max_length=4096)
    ] = None


class KeysPolicy(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    cap: Annotated[
        int | None,
        Field(
            description='at most so many keys (tenants, users, …) in memory',
            ge=1,
            le=10000000,
        ),
    ] = 100000
    forget: Annotated[
        str | None,
        Field(
            description='streaks, windows of calls and open attempts of a key lapse after this without a call; at least the longest window',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = '24h'


class NeedsTable(BaseModel):
    model_config = ConfigDict(
        extra='allow',
        populate_by_name=True,
        frozen=True,
    )
    any_of: Annotated[
        list[str] | list[list[str]] | None,
        Field(
            description='alternatives: the best of a group counts, the worst across groups'
        ),
    ] = None


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


class Penalty(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    after: Annotated[
        int,
        Field(
            description='refusals that begin a block; those during a block do not count',
            ge=1,
            le=1000000,
        ),
    ]
    block: Annotated[
        str,
        Field(
            description='the first block',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ]
    growth: Annotated[
        float | None, Field(description='from one block to the next', ge=1.0, le=100.0)
    ] = 2
    max: Annotated[
        str | None,
        Field(
            description='the longest block; raised to `block` if that is longer',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = '1h'
    forget: Annotated[
        str | None,
        Field(
            description='refusals and blocks are forgotten so long after the last of them',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = '1d'


class Limit(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    name: Annotated[
        str,
        Field(
            description='once per service; a preset may leave it out and lends its own',
            pattern='^[A-Za-z0-9._:-]{1,64}$',
        ),
    ]
    limit: Annotated[
        int, Field(description='units in one period', ge=1, le=1000000000000000)
    ]
    period: Annotated[
        str | Literal['1 month', 'month'],
        Field(
            description='`"1d"` and `"1w"` are calendar days and weeks in a window on the clock'
        ),
    ]
    algorithm: Annotated[
        Literal['token_bucket', 'sliding_window', 'fixed_window'] | None,
        Field(
            description='refills evenly; never above the limit in any window; never above it in one window'
        ),
    ] = 'token_bucket'
    burst: Annotated[
        int | None,
        Field(
            description='token bucket: units at once; burst + limit may pass in one period',
            ge=1,
            le=1000000000000000,
        ),
    ] = None
    buckets: Annotated[
        int | None,
        Field(
            description='sliding window: parts of the period; a unit counts until the end of its part',
            ge=10,
            le=1000,
        ),
    ] = 60
    align: Annotated[
        Literal['clock', 'first_hit'] | None,
        Field(description='fixed window: on the clock, or from the first granted call'),
    ] = 'clock'
    zone: Annotated[
        str | NamedZone | None,
        Field(description='fixed window: where days, weeks and months begin'),
    ] = None
    unit: Annotated[
        str | None,
        Field(
            description='what it counts; a call carries an amount per unit',
            pattern='^[A-Za-z0-9._:-]{1,64}$',
        ),
    ] = 'calls'
    exempt: Annotated[
        str | list[str] | None,
        Field(description='keys that are neither refused nor counted'),
    ] = None
    on_refuse: Annotated[
        Literal['keep', 'count'] | None, Field(description='does a refusal count too?')
    ] = 'keep'
    penalty: Annotated[Penalty | None, Field(description='see penalty')] = None
    scope: Annotated[
        Literal['process', 'fleet'] | None,
        Field(
            description='who shares the count; `fleet` counts per process too, and is a lint, until the host has a store'
        ),
    ] = 'process'
    per: Annotated[
        str | list[str] | None,
        Field(
            description='what splits it; not inherited, because a service split by tenant still has one quota at its upstream'
        ),
    ] = None
    mode: Annotated[
        Literal['enforce', 'shadow', 'off'] | None, Field(description='see Modes')
    ] = None
    enforce_share: Annotated[
        float | None,
        Field(description='the share of keys for which it is enforced', gt=0.0, le=1.0),
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


class ProbeLatency(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    degraded: Annotated[
        str | None,
        Field(
            description='strictly longer is degraded',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = None
    offline: Annotated[
        str | None,
        Field(
            description='strictly longer is offline',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = None


class ProbeMemory(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    degraded: Annotated[
        float | None,
        Field(
            description='a strictly larger share of memory is degraded', gt=0.0, le=1.0
        ),
    ] = None
    offline: Annotated[
        float | None,
        Field(description='a strictly larger share is offline', gt=0.0, le=1.0),
    ] = None


class Probe(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    failures: Annotated[
        int | None, Field(description='so many in a row mean offline', ge=1, le=1000)
    ] = 3
    successes: Annotated[
        int | None, Field(description='so many in a row end it', ge=1, le=1000)
    ] = 1
    stale: Annotated[
        str | None,
        Field(
            description='a last result as old as this means unknown',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = '90s'
    latency: Annotated[
        ProbeLatency | None,
        Field(
            description='how long a probe may take before the service counts as worse'
        ),
    ] = None
    memory: Annotated[
        ProbeMemory | None,
        Field(
            description='how much of its memory may be used before the service counts as worse'
        ),
    ] = None


class Service(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    title: Annotated[
        str | dict[str, str] | None,
        Field(
            description='what people call it; a table from language to text, 32 languages'
        ),
    ] = None
    impact: Annotated[
        Literal['critical', 'high', 'medium', 'low'] | None,
        Field(
            description='how much it matters to the whole: `low` never changes it, `critical` without a fallback takes it offline'
        ),
    ] = 'medium'
    fallback: Annotated[
        str | None,
        Field(
            description='what users get instead; given back with every refusal',
            pattern='^[A-Za-z0-9._:-]{1,64}$',
        ),
    ] = None
    needs: Annotated[
        str | list[str] | NeedsTable | None,
        Field(description='services and features that this one stands on'),
    ] = None
    timeout: Annotated[
        str | Timeout | Literal['off', False] | None,
        Field(description='how long one call may take', validate_default=True),
    ] = '30s'
    deadline: Annotated[
        str | None,
        Field(
            description='bounds all attempts and waits of one call',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = None
    lease: Annotated[
        str | None,
        Field(
            description='how long a permit is held when nobody settles it; 60 s without a timeout',
            examples=['250ms', '30s', '1h30m', '2w'],
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = None
    breaker: Annotated[
        Breaker | str | Literal['off', False] | None, Field(description='see breaker')
    ] = None
    limits: Annotated[
        list[Limit | str] | str | None,
        Field(description='see limit; an element is a table or the name of a preset'),
    ] = None
    throttle: Annotated[Throttle | None, Field(description='see throttle')] = None
    outcomes: Annotated[
        list[OutcomeRule] | None, Field(description='see outcomes', max_length=64)
    ] = None
    retry: Annotated[
        Retry | Literal['off', False] | None, Field(description='see retry')
    ] = None
    probe: Annotated[Probe | None, Field(description='see probe')] = None
    on_engine_failure: Annotated[
        Literal['allow', 'refuse'] | None, Field(description='as there')
    ] = None
    per: Annotated[
        str | list[str] | None,
        Field(
            description='what splits the breaker, unless the breaker says otherwise: `"service"` for one for all, `"tenant"`, `["tenant", "user"]`'
        ),
    ] = None
    mode: Annotated[
        Literal['enforce', 'shadow', 'off'] | None,
        Field(description='of all rules of the service'),
    ] = None
    enforce_share: Annotated[
        float | None,
        Field(
            description='the share of keys for which they are enforced', gt=0.0, le=1.0
        ),
    ] = None


class Feature(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    title: Annotated[
        str | dict[str, str] | None,
        Field(description='what people call it, by language'),
    ] = None
    critical: Annotated[
        bool | None,
        Field(description='does it count as critical for the whole, or as medium?'),
    ] = None
    fallback: Annotated[
        str | None,
        Field(description='what users get instead', pattern='^[A-Za-z0-9._:-]{1,64}$'),
    ] = None
    needs: Annotated[
        str | list[str] | NeedsTable | None,
        Field(description='services and features that it stands on'),
    ] = None


class LimitPreset(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    name: Annotated[
        str | None,
        Field(
            description='once per service; a preset may leave it out and lends its own',
            pattern='^[A-Za-z0-9._:-]{1,64}$',
        ),
    ] = None
    limit: Annotated[
        int, Field(description='units in one period', ge=1, le=1000000000000000)
    ]
    period: Annotated[
        str | Literal['1 month', 'month'],
        Field(
            description='`"1d"` and `"1w"` are calendar days and weeks in a window on the clock'
        ),
    ]
    algorithm: Annotated[
        Literal['token_bucket', 'sliding_window', 'fixed_window'] | None,
        Field(
            description='refills evenly; never above the limit in any window; never above it in one window'
        ),
    ] = 'token_bucket'
    burst: Annotated[
        int | None,
        Field(
            description='token bucket: units at once; burst + limit may pass in one period',
            ge=1,
            le=1000000000000000,
        ),
    ] = None
    buckets: Annotated[
        int | None,
        Field(
            description='sliding window: parts of the period; a unit counts until the end of its part',
            ge=10,
            le=1000,
        ),
    ] = 60
    align: Annotated[
        Literal['clock', 'first_hit'] | None,
        Field(description='fixed window: on the clock, or from the first granted call'),
    ] = 'clock'
    zone: Annotated[
        str | NamedZone | None,
        Field(description='fixed window: where days, weeks and months begin'),
    ] = None
    unit: Annotated[
        str | None,
        Field(
            description='what it counts; a call carries an amount per unit',
            pattern='^[A-Za-z0-9._:-]{1,64}$',
        ),
    ] = 'calls'
    exempt: Annotated[
        str | list[str] | None,
        Field(description='keys that are neither refused nor counted'),
    ] = None
    on_refuse: Annotated[
        Literal['keep', 'count'] | None, Field(description='does a refusal count too?')
    ] = 'keep'
    penalty: Annotated[Penalty | None, Field(description='see penalty')] = None
    scope: Annotated[
        Literal['process', 'fleet'] | None,
        Field(
            description='who shares the count; `fleet` counts per process too, and is a lint, until the host has a store'
        ),
    ] = 'process'
    per: Annotated[
        str | list[str] | None,
        Field(
            description='what splits it; not inherited, because a service split by tenant still has one quota at its upstream'
        ),
    ] = None
    mode: Annotated[
        Literal['enforce', 'shadow', 'off'] | None, Field(description='see Modes')
    ] = None
    enforce_share: Annotated[
        float | None,
        Field(description='the share of keys for which it is enforced', gt=0.0, le=1.0),
    ] = None


class StatusPolicy(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    improve_after: Annotated[
        str | None,
        Field(
            description='worse shows at once, better must last this long before it shows',
            pattern='^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$',
        ),
    ] = '30s'


class Failing(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    gate: Annotated[
        Literal['breaker', 'throttle', 'limit', 'engine'],
        Field(description='which gate refuses'),
    ]
    code: Annotated[
        Literal['circuit_open', 'half_open_full', 'forced_open', 'ramp', 'upstream_throttled', 'limited', 'blocked', 'impossible', 'keys_exhausted', 'permits_exhausted', 'deadline_passed'],
        Field(description='why it refuses'),
    ]
    scope: Annotated[
        Literal['tenant', 'service'],
        Field(description='does it refuse this key, or everybody?'),
    ]
    rule: Annotated[str | None, Field(description='the name of the limit')] = None
    retry_at_ms: Annotated[
        float | None,
        Field(
            description='when it says yes if nothing else happens; missing where waiting does not help',
            ge=0.0,
        ),
    ] = None
    limit: Annotated[
        int | None,
        Field(description='the size of the limit', ge=0, le=9007199254740991),
    ] = None
    remaining: Annotated[
        int | None, Field(description='what is left of it', ge=0, le=9007199254740991)
    ] = None


class Granted(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    result: Annotated[Literal['granted'], Field(description='which answer this is')]
    permit: Annotated[
        int | None,
        Field(
            description='to be settled once; missing for a peek',
            ge=1,
            le=9007199254740991,
        ),
    ] = None
    timeout_ms: Annotated[
        float | None,
        Field(
            description='how long the call may take; missing without a timeout', ge=0.0
        ),
    ] = None
    probe: Annotated[
        bool | None, Field(description='true for a probe of a half-open breaker')
    ] = None
    would_refuse: Annotated[
        list[Failing] | None,
        Field(description='rules in shadow that would have refused'),
    ] = None


class RetryAdvice(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    at_ms: Annotated[float, Field(description='when to try again', ge=0.0)]
    after_ms: Annotated[float, Field(description='the same, from now', ge=0.0)]
    attempt: Annotated[
        int,
        Field(
            description='the number of that attempt; the first call is 0',
            ge=0,
            le=9007199254740991,
        ),
    ]


class Refused(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    result: Annotated[Literal['refused'], Field(description='which answer this is')]
    gate: Annotated[
        Literal['breaker', 'throttle', 'limit', 'engine'],
        Field(description='which gate refuses'),
    ]
    code: Annotated[
        Literal['circuit_open', 'half_open_full', 'forced_open', 'ramp', 'upstream_throttled', 'limited', 'blocked', 'impossible', 'keys_exhausted', 'permits_exhausted', 'deadline_passed'],
        Field(description='why it refuses'),
    ]
    scope: Annotated[
        Literal['tenant', 'service'],
        Field(description='does it refuse this key, or everybody?'),
    ]
    rule: Annotated[str | None, Field(description='the name of the limit')] = None
    retry_at_ms: Annotated[
        float | None,
        Field(
            description='when all failing rules say yes if nothing else happens; missing if waiting helps nobody',
            ge=0.0,
        ),
    ] = None
    retry_after_ms: Annotated[
        float | None, Field(description='the same, from now', ge=0.0)
    ] = None
    exact: Annotated[bool, Field(description='is that instant exact?')]
    fallback: Annotated[
        str | None, Field(description='what the policy offers instead')
    ] = None
    failing: Annotated[
        list[Failing] | None, Field(description='every failing rule')
    ] = None
    would_refuse: Annotated[
        list[Failing] | None,
        Field(description='rules in shadow that would have refused'),
    ] = None
    retry: Annotated[
        RetryAdvice | None, Field(description='when to try again, and as which attempt')
    ] = None
    no_retry: Annotated[
        Literal['off', 'attempts', 'deadline', 'not_idempotent', 'budget', 'outcome'] | None,
        Field(description='why there is no other attempt'),
    ] = None


class Settled(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    result: Annotated[Literal['settled'], Field(description='which answer this is')]
    counted: Annotated[bool, Field(description='did the outcome count?')]
    outcome: Annotated[
        Literal['success', 'failure', 'timeout', 'throttled', 'tenant_fault', 'neutral'],
        Field(description='what the facts meant'),
    ]
    because: Annotated[
        Literal['lease_expired', 'stale_generation', 'shadow'] | None,
        Field(description='why it did not count'),
    ] = None
    retry: Annotated[
        RetryAdvice | None, Field(description='when to try again, and as which attempt')
    ] = None
    no_retry: Annotated[
        Literal['off', 'attempts', 'deadline', 'not_idempotent', 'budget', 'outcome'] | None,
        Field(description='why there is no other attempt'),
    ] = None


class HeaderFields(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    result: Annotated[Literal['headers'], Field(description='which answer this is')]
    headers: Annotated[
        dict[str, str], Field(description='header fields of an HTTP answer')
    ]


class Report(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    result: Annotated[Literal['report'], Field(description='which answer this is')]
    status: Annotated[int, Field(description='the HTTP status', ge=100, le=599)]
    content_type: Annotated[str, Field(description='the media type of the body')]
    body: Annotated[str, Field(description='the report itself')]


class Snapshot(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    result: Annotated[Literal['snapshot'], Field(description='which answer this is')]
    bytes: Annotated[str, Field(description='all state, as base64 text')]


class Done(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    result: Annotated[Literal['done'], Field(description='which answer this is')]


class TripRule(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    rule: Annotated[str, Field(description='which rule opens the breaker')]
    value: Annotated[float, Field(description='its number of now')]
    trips_at: Annotated[float, Field(description='the number at which it opens')]
    counts: Annotated[
        bool | None, Field(description='are there calls enough for it to count?')
    ] = None


class BreakerReading(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    gate: Annotated[Literal['breaker'], Field(description='which gate')]
    scope: Annotated[
        Literal['tenant', 'service'],
        Field(description="is it the key's, or everybody's?"),
    ]
    mode: Annotated[
        Literal['enforce', 'shadow', 'off'],
        Field(description='does it refuse for this caller?'),
    ]
    passes: Annotated[bool, Field(description='does it say yes?')]
    code: Annotated[
        Literal['circuit_open', 'half_open_full', 'forced_open', 'ramp', 'upstream_throttled', 'limited', 'blocked', 'impossible', 'keys_exhausted', 'permits_exhausted', 'deadline_passed'] | None,
        Field(description='why not'),
    ] = None
    retry_at_ms: Annotated[
        float | None,
        Field(description='when it says yes if nothing else happens', ge=0.0),
    ] = None
    rollup: Annotated[
        bool | None, Field(description='true for the breaker above the keyed ones')
    ] = None
    phase: Annotated[
        Literal['closed', 'open', 'half_open', 'forced_open', 'disabled'] | None,
        Field(description='where it stands; missing for a key that it never met'),
    ] = None
    since_ms: Annotated[float | None, Field(description='since when', ge=0.0)] = None
    reopens_at_ms: Annotated[
        float | None, Field(description='when an open breaker is tried again', ge=0.0)
    ] = None
    ramping: Annotated[
        bool | None, Field(description='true while it admits a growing share')
    ] = None
    attempt: Annotated[
        int | None,
        Field(
            description='opens without a lasting recovery', ge=0, le=9007199254740991
        ),
    ] = None
    calls: Annotated[
        int | None, Field(description='calls in the window', ge=0, le=9007199254740991)
    ] = None
    failures: Annotated[
        int | None,
        Field(description='failures in the window', ge=0, le=9007199254740991),
    ] = None
    slow: Annotated[
        int | None,
        Field(description='slow calls in the window', ge=0, le=9007199254740991),
    ] = None
    streak: Annotated[
        int | None, Field(description='failures in a row', ge=0, le=9007199254740991)
    ] = None
    window_ms: Annotated[
        float | None, Field(description='how far the window looks back', ge=0.0)
    ] = None
    window_calls: Annotated[
        int | None,
        Field(description='or how many calls it holds', ge=0, le=9007199254740991),
    ] = None
    min_calls: Annotated[
        int | None,
        Field(description='calls from which a rate counts', ge=0, le=9007199254740991),
    ] = None
    rules: Annotated[list[TripRule] | None, Field(description='what opens it')] = None


class ThrottleReading(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    gate: Annotated[Literal['throttle'], Field(description='which gate')]
    scope: Annotated[
        Literal['tenant', 'service'],
        Field(description="is it the key's, or everybody's?"),
    ]
    mode: Annotated[
        Literal['enforce', 'shadow', 'off'],
        Field(description='does it refuse for this caller?'),
    ]
    passes: Annotated[bool, Field(description='does it say yes?')]
    code: Annotated[
        Literal['circuit_open', 'half_open_full', 'forced_open', 'ramp', 'upstream_throttled', 'limited', 'blocked', 'impossible', 'keys_exhausted', 'permits_exhausted', 'deadline_passed'] | None,
        Field(description='why not'),
    ] = None
    retry_at_ms: Annotated[
        float | None,
        Field(description='when it says yes if nothing else happens', ge=0.0),
    ] = None
    held_until_ms: Annotated[
        float | None, Field(description='until when calls are held back', ge=0.0)
    ] = None
    streak: Annotated[
        int,
        Field(
            description='how often in a row the upstream said wait',
            ge=0,
            le=9007199254740991,
        ),
    ]


class LimitReading(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    gate: Annotated[Literal['limit'], Field(description='which gate')]
    scope: Annotated[
        Literal['tenant', 'service'],
        Field(description="is it the key's, or everybody's?"),
    ]
    mode: Annotated[
        Literal['enforce', 'shadow', 'off'],
        Field(description='does it refuse for this caller?'),
    ]
    passes: Annotated[bool, Field(description='does it say yes?')]
    code: Annotated[
        Literal['circuit_open', 'half_open_full', 'forced_open', 'ramp', 'upstream_throttled', 'limited', 'blocked', 'impossible', 'keys_exhausted', 'permits_exhausted', 'deadline_passed'] | None,
        Field(description='why not'),
    ] = None
    retry_at_ms: Annotated[
        float | None,
        Field(description='when it says yes if nothing else happens', ge=0.0),
    ] = None
    rule: Annotated[str, Field(description='the name of the limit')]
    algorithm: Annotated[str, Field(description='how it counts')]
    exempt: Annotated[
        bool | None,
        Field(description='true for a caller that is neither refused nor counted'),
    ] = None
    unit: Annotated[str, Field(description='what it counts')]
    units: Annotated[
        int, Field(description='what the call asks for', ge=0, le=9007199254740991)
    ]
    limit: Annotated[
        int, Field(description='the size of the limit', ge=0, le=9007199254740991)
    ]
    used: Annotated[int, Field(description='units in use', ge=0, le=9007199254740991)]
    remaining: Annotated[
        int, Field(description='units that would pass', ge=0, le=9007199254740991)
    ]
    next_unit_at_ms: Annotated[
        float | None, Field(description='when one more unit is free', ge=0.0)
    ] = None
    full_at_ms: Annotated[
        float | None, Field(description='when none is in use any more', ge=0.0)
    ] = None
    blocked_until_ms: Annotated[
        float | None, Field(description='the end of the block that stands', ge=0.0)
    ] = None


class Explained(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    result: Annotated[Literal['explained'], Field(description='which answer this is')]
    service: Annotated[str, Field(description='of which service')]
    at_ms: Annotated[float, Field(description='when', ge=0.0)]
    verdict: Annotated[
        Literal['granted', 'refused'],
        Field(description='what a call of now would be told'),
    ]
    gate: Annotated[
        Literal['breaker', 'throttle', 'limit', 'engine'] | None,
        Field(description='which gate refuses'),
    ] = None
    code: Annotated[
        Literal['circuit_open', 'half_open_full', 'forced_open', 'ramp', 'upstream_throttled', 'limited', 'blocked', 'impossible', 'keys_exhausted', 'permits_exhausted', 'deadline_passed'] | None,
        Field(description='why it refuses'),
    ] = None
    scope: Annotated[
        Literal['tenant', 'service'] | None,
        Field(description='does it refuse this key, or everybody?'),
    ] = None
    rule: Annotated[str | None, Field(description='the name of the limit')] = None
    retry_at_ms: Annotated[
        float | None,
        Field(
            description='when all failing rules say yes if nothing else happens', ge=0.0
        ),
    ] = None
    exact: Annotated[bool | None, Field(description='is that instant exact?')] = None
    fallback: Annotated[
        str | None, Field(description='what the policy offers instead')
    ] = None
    gates: Annotated[
        list[BreakerReading | ThrottleReading | LimitReading],
        Field(description='what every gate looks at'),
    ]


class BreakerChanged(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    effect: Annotated[Literal['breaker_changed'], Field(description='what happened')]
    service: Annotated[str, Field(description='whose')]
    key: Annotated[
        str | None,
        Field(description='of which key; missing where the whole service is meant'),
    ] = None
    rollup: Annotated[
        bool | None, Field(description='true for the breaker above the keyed ones')
    ] = None
    from_: Annotated[
        Literal['closed', 'open', 'half_open', 'forced_open', 'disabled'],
        Field(alias='from', description='what it was'),
    ]
    to: Annotated[
        Literal['closed', 'open', 'half_open', 'forced_open', 'disabled'],
        Field(description='what it is now'),
    ]
    because: Annotated[
        Literal['consecutive_failures', 'failures', 'failure_rate', 'slow_rate', 'open_wait_over', 'probes_passed', 'probes_failed', 'max_wait', 'ramp_end', 'order', 'order_expired', 'tenants_open', 'pooled'],
        Field(description='why it moved'),
    ]
    retry_at_ms: Annotated[
        float | None, Field(description='when an open breaker is tried again', ge=0.0)
    ] = None
    attempt: Annotated[
        int,
        Field(
            description='how many waits came before this one', ge=0, le=9007199254740991
        ),
    ]
    at_ms: Annotated[float, Field(description='when it happened', ge=0.0)]


class ThrottleHeld(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    effect: Annotated[Literal['throttle_held'], Field(description='what happened')]
    service: Annotated[str, Field(description='whose')]
    key: Annotated[
        str | None,
        Field(description='of which key; missing where the whole service is meant'),
    ] = None
    until_ms: Annotated[float, Field(description='until when', ge=0.0)]
    at_ms: Annotated[float, Field(description='when it happened', ge=0.0)]


class PermitExpired(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    effect: Annotated[Literal['permit_expired'], Field(description='what happened')]
    permit: Annotated[
        int, Field(description='whose lease ran out', ge=1, le=9007199254740991)
    ]
    service: Annotated[str, Field(description='whose')]
    at_ms: Annotated[float, Field(description='when it happened', ge=0.0)]


class LimitBlocked(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    effect: Annotated[Literal['limit_blocked'], Field(description='what happened')]
    service: Annotated[str, Field(description='whose')]
    limit: Annotated[str, Field(description='the name of the limit')]
    key: Annotated[
        str | None,
        Field(description='of which key; missing where the whole service is meant'),
    ] = None
    until_ms: Annotated[float, Field(description='until when', ge=0.0)]
    at_ms: Annotated[float, Field(description='when it happened', ge=0.0)]


class ServiceCause(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    service: Annotated[str, Field(description='the service where it was found')]
    condition: Annotated[
        Literal['open', 'forced_open', 'half_open', 'half_open_idle', 'throttled', 'probe_failed', 'latency', 'memory', 'stale', 'maintenance', 'recovering', 'recovered'],
        Field(description='what was found there'),
    ]


class FeatureCause(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    feature: Annotated[str, Field(description='the feature where it was found')]
    condition: Annotated[
        Literal['open', 'forced_open', 'half_open', 'half_open_idle', 'throttled', 'probe_failed', 'latency', 'memory', 'stale', 'maintenance', 'recovering', 'recovered'],
        Field(description='what was found there'),
    ]


class ServiceChanged(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    effect: Annotated[Literal['service_changed'], Field(description='what happened')]
    service: Annotated[str, Field(description='whose')]
    from_: Annotated[
        Literal['healthy', 'unknown', 'degraded', 'offline'],
        Field(alias='from', description='what it was'),
    ]
    to: Annotated[
        Literal['healthy', 'unknown', 'degraded', 'offline'],
        Field(description='what it is now'),
    ]
    because: Annotated[
        list[ServiceCause | FeatureCause],
        Field(description='what was found, and where'),
    ]
    since_ms: Annotated[float, Field(description='since when it is so', ge=0.0)]
    at_ms: Annotated[float, Field(description='when it happened', ge=0.0)]


class FeatureChanged(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    effect: Annotated[Literal['feature_changed'], Field(description='what happened')]
    feature: Annotated[str, Field(description='which')]
    from_: Annotated[
        Literal['healthy', 'unknown', 'degraded', 'offline'],
        Field(alias='from', description='what it was'),
    ]
    to: Annotated[
        Literal['healthy', 'unknown', 'degraded', 'offline'],
        Field(description='what it is now'),
    ]
    because: Annotated[
        list[ServiceCause | FeatureCause],
        Field(description='what was found, and where'),
    ]
    fallback: Annotated[str | None, Field(description='what users get instead')] = None
    severity: Annotated[
        Literal['urgent', 'warning'] | None,
        Field(description='how urgent; missing for a recovery'),
    ] = None
    since_ms: Annotated[float, Field(description='since when it is so', ge=0.0)]
    at_ms: Annotated[float, Field(description='when it happened', ge=0.0)]


class OverallChanged(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    effect: Annotated[Literal['overall_changed'], Field(description='what happened')]
    from_: Annotated[
        Literal['healthy', 'unknown', 'degraded', 'offline'],
        Field(alias='from', description='what it was'),
    ]
    to: Annotated[
        Literal['healthy', 'unknown', 'degraded', 'offline'],
        Field(description='what it is now'),
    ]
    at_ms: Annotated[float, Field(description='when it happened', ge=0.0)]


class IncidentOpened(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    effect: Annotated[Literal['incident_opened'], Field(description='what happened')]
    id: Annotated[
        int, Field(description='the number of the incident', ge=0, le=9007199254740991)
    ]
    service: Annotated[str, Field(description='whose')]
    because: Annotated[
        list[ServiceCause | FeatureCause],
        Field(description='what was found, and where'),
    ]
    at_ms: Annotated[float, Field(description='when it happened', ge=0.0)]


class IncidentClosed(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    effect: Annotated[Literal['incident_closed'], Field(description='what happened')]
    id: Annotated[
        int, Field(description='the number of the incident', ge=0, le=9007199254740991)
    ]
    service: Annotated[str, Field(description='whose')]
    duration_ms: Annotated[float, Field(description='how long it lasted', ge=0.0)]
    at_ms: Annotated[float, Field(description='when it happened', ge=0.0)]


class ServiceMaintenanceEnded(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    effect: Annotated[Literal['maintenance_ended'], Field(description='what happened')]
    service: Annotated[str, Field(description='whose maintenance expired')]
    at_ms: Annotated[float, Field(description='when it happened', ge=0.0)]


class FeatureMaintenanceEnded(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    effect: Annotated[Literal['maintenance_ended'], Field(description='what happened')]
    feature: Annotated[str, Field(description='whose maintenance expired')]
    at_ms: Annotated[float, Field(description='when it happened', ge=0.0)]


class ClockBehind(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    effect: Annotated[Literal['clock_behind'], Field(description='what happened')]
    by_ms: Annotated[float, Field(description='by how much', ge=0.0)]
    at_ms: Annotated[float, Field(description='when it happened', ge=0.0)]


class EngineRebuilt(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    effect: Annotated[Literal['engine_rebuilt'], Field(description='what happened')]
    rebuilds: Annotated[
        int,
        Field(
            description='how often the engine was rebuilt in all',
            ge=1,
            le=9007199254740991,
        ),
    ]
    cause: Annotated[str, Field(description="why, in the host's words")]
    at_ms: Annotated[float, Field(description='when it happened', ge=0.0)]


class Next(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    at_ms: Annotated[
        float, Field(description='the instant, in milliseconds since the epoch', ge=0.0)
    ]
    why: Annotated[
        Literal['reopen', 'probe_lease', 'max_wait', 'slow', 'lease', 'ramp', 'order', 'throttle_ends', 'probe_stale', 'maintenance_ends', 'status_improves'],
        Field(description='what changes then by itself'),
    ]


class Answer(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    decision: Annotated[
        Granted | Refused | Settled | HeaderFields | Report | Snapshot | Done | Explained,
        Field(description='the answer itself'),
    ]
    effects: Annotated[
        list[BreakerChanged | ThrottleHeld | PermitExpired | LimitBlocked | ServiceChanged | FeatureChanged | OverallChanged | IncidentOpened | IncidentClosed | ServiceMaintenanceEnded | FeatureMaintenanceEnded | ClockBehind | EngineRebuilt],
        Field(
            description='what happened, in order, by this input and by the deadlines before it'
        ),
    ]
    next: Annotated[Next | None, Field(description='when to advance, at the latest')]


class WireFault(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    code: Annotated[
        Literal['json_syntax', 'json_too_deep', 'duplicate_key', 'unknown_field', 'missing_field', 'wrong_type', 'bad_duration', 'bad_money', 'number_not_finite', 'number_out_of_range', 'unknown_name', 'duplicate_name', 'bad_name', 'dependency_cycle', 'breaker_never_trips', 'window_missing', 'slow_over_timeout', 'conflict', 'too_many', 'unsupported_version', 'unknown_verb', 'unknown_service', 'unknown_feature', 'unknown_limit', 'unknown_permit', 'unknown_key', 'stale_handle', 'key_required', 'key_empty', 'key_too_long', 'bad_outcome', 'bad_order', 'bad_view', 'snapshot_corrupt', 'snapshot_version', 'snapshot_policy', 'bad_blob', 'limit_never_binds', 'burst_beyond_limit', 'fleet_without_store', 'deadline_below_timeout', 'retry_beyond_deadline', 'fallback_missing', 'title_missing', 'preset_unused', 'recording_syntax', 'recording_policy', 'engine_lost'],
        Field(description='the stable name of what is wrong'),
    ]
    path: Annotated[
        str,
        Field(
            description='where, such as `services.afip.breaker.window`; empty for the whole'
        ),
    ]
    message: Annotated[str, Field(description='what is wrong, in one sentence')]
    help: Annotated[str, Field(description='what to do about it')]


class Mistake(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    error: Annotated[WireFault, Field(description='what is wrong with the input')]


class Mistakes(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    errors: Annotated[
        list[WireFault], Field(description='all that is wrong with the document')
    ]


class ServiceInfo(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    name: Annotated[str, Field(description='its name')]
    handle: Annotated[
        int,
        Field(
            description='what the numeric calls take; of this epoch alone',
            ge=0,
            le=9007199254740991,
        ),
    ]
    limits: Annotated[
        list[str], Field(description='the names of its limits, by their numbers')
    ]
    timeout_ms: Annotated[
        float | None, Field(description='how long one call may take', ge=0.0)
    ] = None
    first_byte_ms: Annotated[
        float | None, Field(description='until the first byte', ge=0.0)
    ] = None
    idle_ms: Annotated[float | None, Field(description='between two bytes', ge=0.0)] = (
        None
    )
    deadline_ms: Annotated[
        float | None,
        Field(description='bounds all attempts and waits of one call', ge=0.0),
    ] = None
    fallback: Annotated[str | None, Field(description='what users get instead')] = None
    retries: Annotated[
        bool, Field(description='does the policy let a call be tried again?')
    ]
    on_engine_failure: Annotated[
        Literal['allow', 'refuse'],
        Field(description='what becomes of a call while the engine itself is away'),
    ]


class Names(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    epoch: Annotated[
        int,
        Field(
            description='counts the policies of this engine', ge=0, le=9007199254740991
        ),
    ]
    policy: Annotated[str, Field(description="the policy's own name; may be empty")]
    policy_hash: Annotated[
        str,
        Field(description='equal for documents that say the same, in whichever syntax'),
    ]
    services: Annotated[
        list[ServiceInfo], Field(description='in the order of the document')
    ]
    features: Annotated[list[str], Field(description='in the order of the document')]
    keys: Annotated[
        list[str], Field(description="the names of a call's keys, by their places")
    ]
    units: Annotated[list[str], Field(description='what limits count, by their places')]
    outcomes: Annotated[
        list[Literal['success', 'failure', 'timeout', 'throttled', 'tenant_fault', 'neutral']],
        Field(description='the words of outcomes, by their numbers'),
    ]
    gates: Annotated[
        list[Literal['breaker', 'throttle', 'limit', 'engine']],
        Field(description='the words of gates, by their numbers'),
    ]
    refusals: Annotated[
        list[Literal['circuit_open', 'half_open_full', 'forced_open', 'ramp', 'upstream_throttled', 'limited', 'blocked', 'impossible', 'keys_exhausted', 'permits_exhausted', 'deadline_passed']],
        Field(description='the words of refusals, by their numbers'),
    ]


class Tenants(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    affected: Annotated[
        int, Field(description='so many are open', ge=0, le=9007199254740991)
    ]
    seen: Annotated[
        int, Field(description='of so many seen', ge=0, le=9007199254740991)
    ]


class BreakerHealth(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    state: Annotated[
        Literal['closed', 'ramping', 'half_open', 'half_open_idle', 'open', 'forced_open', 'disabled'],
        Field(description="of the service's own breaker"),
    ]
    since: Annotated[AwareDatetime, Field(description='since when it is so')]
    retry_at: Annotated[
        AwareDatetime | None, Field(description='when it is tried again')
    ] = None
    calls: Annotated[int, Field(description='in the window', ge=0, le=9007199254740991)]
    failures: Annotated[
        int, Field(description='in the window', ge=0, le=9007199254740991)
    ]
    slow: Annotated[int, Field(description='in the window', ge=0, le=9007199254740991)]
    attempts: Annotated[
        int, Field(description='waits in a row', ge=0, le=9007199254740991)
    ]
    generation: Annotated[
        int, Field(description='how often it moved', ge=0, le=9007199254740991)
    ]
    tenants: Annotated[
        Tenants | None,
        Field(description='where tenants are split: how many are affected'),
    ] = None


class Maintenance(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    until: Annotated[AwareDatetime | None, Field(description='its expiry')] = None
    message: Annotated[str | None, Field(description='what the person said')] = None


class MemoryReading(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    used_bytes: Annotated[
        int, Field(description='bytes in use', ge=0, le=9007199254740991)
    ]
    total_bytes: Annotated[
        int, Field(description='bytes in all', ge=0, le=9007199254740991)
    ]
    percent: Annotated[
        float, Field(description='the one of the other', ge=0.0, le=100.0)
    ]


class ProbeReading(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    ok: Annotated[bool, Field(description='did it answer?')]
    at: Annotated[AwareDatetime, Field(description='when')]
    latency_ms: Annotated[
        float | None, Field(description='how long it took', ge=0.0)
    ] = None
    memory: Annotated[
        MemoryReading | None, Field(description='what it said of its memory')
    ] = None
    message: Annotated[str | None, Field(description='what it said')] = None


class ServiceHealth(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    status: Annotated[
        Literal['healthy', 'unknown', 'degraded', 'offline'],
        Field(description='as users see it'),
    ]
    title: Annotated[
        str | dict[str, str],
        Field(description='what people call it; by language where there are several'),
    ]
    impact: Annotated[
        Literal['critical', 'high', 'medium', 'low'],
        Field(description='how much it matters to the whole'),
    ]
    since: Annotated[AwareDatetime, Field(description='since when it is so')]
    fallback: Annotated[str | None, Field(description='what users get instead')] = None
    because: Annotated[
        list[ServiceCause | FeatureCause],
        Field(description='what was found, and where'),
    ]
    breaker: Annotated[
        Literal['closed', 'ramping', 'half_open', 'half_open_idle', 'open', 'forced_open', 'disabled'] | None,
        Field(description='of its breaker, where it has one'),
    ] = None
    maintenance: Annotated[
        Maintenance | None, Field(description='where a person said so')
    ] = None
    tenants: Annotated[
        Tenants | None,
        Field(description='where tenants are split: how many are affected'),
    ] = None
    probe: Annotated[
        ProbeReading | None, Field(description='the last probe; with `detail` alone')
    ] = None


class FeatureHealth(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    status: Annotated[
        Literal['healthy', 'unknown', 'degraded', 'offline'],
        Field(description='as users see it'),
    ]
    title: Annotated[
        str | dict[str, str],
        Field(description='what people call it; by language where there are several'),
    ]
    critical: Annotated[
        bool, Field(description='does it count as critical for the whole?')
    ]
    since: Annotated[AwareDatetime, Field(description='since when it is so')]
    fallback: Annotated[str | None, Field(description='what users get instead')] = None
    because: Annotated[
        list[ServiceCause | FeatureCause],
        Field(description='what was found, and where'),
    ]
    maintenance: Annotated[
        Maintenance | None, Field(description='where a person said so')
    ] = None


class Incident(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    id: Annotated[int, Field(description='its number', ge=0, le=9007199254740991)]
    service: Annotated[str, Field(description='where')]
    since: Annotated[AwareDatetime, Field(description='since when it is so')]
    duration_seconds: Annotated[float, Field(description='how long it lasts', ge=0.0)]
    worst: Annotated[
        Literal['healthy', 'unknown', 'degraded', 'offline'],
        Field(description='the worst that it came to'),
    ]
    because: Annotated[
        list[ServiceCause | FeatureCause],
        Field(description='what was found, and where'),
    ]


class Latency(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    calls: Annotated[
        int, Field(description='how many were timed', ge=0, le=9007199254740991)
    ]
    p50_ms: Annotated[
        float | None, Field(description='half of them were faster', ge=0.0)
    ] = None
    p95_ms: Annotated[
        float | None, Field(description='95 % of them were faster', ge=0.0)
    ] = None
    p99_ms: Annotated[
        float | None, Field(description='99 % of them were faster', ge=0.0)
    ] = None


class RecoveryEstimate(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    from_: Annotated[AwareDatetime, Field(alias='from', description='the earlier end')]
    until: Annotated[AwareDatetime, Field(description='the later end')]
    incidents: Annotated[
        int,
        Field(
            description='how many past incidents it rests on', ge=0, le=9007199254740991
        ),
    ]


class Recovery(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    next_attempt_at: Annotated[
        AwareDatetime | None, Field(description='when the next call is let through')
    ] = None
    estimate: Annotated[
        RecoveryEstimate | None,
        Field(description='when it may be well again, after past incidents'),
    ] = None


class EngineHealth(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    rebuilds: Annotated[int, Field(description='how often', ge=0, le=9007199254740991)]
    rebuilt_at: Annotated[AwareDatetime, Field(description='the last time')]
    cause: Annotated[str, Field(description="why, in the host's words")]


class OutcomeCounts(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    success: Annotated[
        int | None, Field(description='calls that ended so', ge=0, le=9007199254740991)
    ] = None
    failure: Annotated[
        int | None, Field(description='calls that ended so', ge=0, le=9007199254740991)
    ] = None
    timeout: Annotated[
        int | None, Field(description='calls that ended so', ge=0, le=9007199254740991)
    ] = None
    throttled: Annotated[
        int | None, Field(description='calls that ended so', ge=0, le=9007199254740991)
    ] = None
    tenant_fault: Annotated[
        int | None, Field(description='calls that ended so', ge=0, le=9007199254740991)
    ] = None
    neutral: Annotated[
        int | None, Field(description='calls that ended so', ge=0, le=9007199254740991)
    ] = None


class Traffic(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    granted: Annotated[
        int, Field(description='calls let through', ge=0, le=9007199254740991)
    ]
    outcomes: Annotated[OutcomeCounts, Field(description='by outcome')]
    refusals: Annotated[dict[str, int], Field(description='by refusal')]
    would_refuse: Annotated[
        dict[str, int], Field(description='by refusal, of rules in shadow')
    ]
    retries: Annotated[
        int, Field(description='attempts after the first', ge=0, le=9007199254740991)
    ]
    expired: Annotated[
        int, Field(description='permits that nobody settled', ge=0, le=9007199254740991)
    ]


class LimitUse(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    service: Annotated[str, Field(description='whose')]
    limit: Annotated[str, Field(description='its name')]
    unit: Annotated[str, Field(description='what it counts')]
    size: Annotated[int, Field(description='units in all', ge=0, le=1000000000000000)]
    used: Annotated[int, Field(description='units in use', ge=0, le=9007199254740991)]
    remaining: Annotated[
        int, Field(description='units left', ge=0, le=9007199254740991)
    ]


class Load(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    used: Annotated[
        int, Field(description='how many there are', ge=0, le=9007199254740991)
    ]
    max: Annotated[
        int, Field(description='how many there may be', ge=0, le=9007199254740991)
    ]


class HealthReport(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    status: Annotated[
        Literal['healthy', 'unknown', 'degraded', 'offline'],
        Field(description='the whole'),
    ]
    timestamp: Annotated[AwareDatetime, Field(description='when this was read')]
    name: Annotated[str, Field(description='the name of the policy; may be empty')]
    uptime_seconds: Annotated[
        float, Field(description='how long the engine runs', ge=0.0)
    ]
    since: Annotated[
        AwareDatetime, Field(description='since when the whole is as it is')
    ]
    decided_by: Annotated[
        list[str], Field(description='the services and features that make it so')
    ]
    notes: Annotated[list[str], Field(description='what else is not as usual')]
    breakers: Annotated[dict[str, BreakerHealth], Field(description='by service')]
    services: Annotated[dict[str, ServiceHealth], Field(description='by name')]
    features: Annotated[dict[str, FeatureHealth], Field(description='by name')]
    incidents: Annotated[list[Incident], Field(description='those that stand')]
    latency: Annotated[
        dict[str, Latency], Field(description='by service that was called')
    ]
    recovery: Annotated[
        dict[str, Recovery], Field(description='by service that is away')
    ]
    engine: Annotated[
        EngineHealth | None,
        Field(description='how often the engine was rebuilt, if it ever was'),
    ] = None
    traffic: Annotated[
        dict[str, Traffic] | None, Field(description='with `detail` alone')
    ] = None
    limits: Annotated[
        list[LimitUse] | None, Field(description='with `detail` alone')
    ] = None
    gauges: Annotated[
        dict[str, float] | None, Field(description='with `detail` alone')
    ] = None
    permits: Annotated[Load | None, Field(description='with `detail` alone')] = None
    keys: Annotated[Load | None, Field(description='with `detail` alone')] = None
    blob: Annotated[str, Field(description='the same for browsers, in one text')]


class Problem(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    type: Annotated[str, Field(description='`about:blank`: the status says it all')]
    title: Annotated[str, Field(description='the name of the status')]
    status: Annotated[
        int,
        Field(
            description='429 where the caller asked for too much, 503 where a service is held back, 504 after a timeout',
            ge=400,
            le=599,
        ),
    ]
    detail: Annotated[str, Field(description='what happened, in one sentence')]
    service: Annotated[str, Field(description='which service')]
    code: Annotated[
        Literal['circuit_open', 'half_open_full', 'forced_open', 'ramp', 'upstream_throttled', 'limited', 'blocked', 'impossible', 'keys_exhausted', 'permits_exhausted', 'deadline_passed', 'engine_lost', 'timeout'],
        Field(description='why it was refused'),
    ]
    gate: Annotated[
        Literal['breaker', 'throttle', 'limit', 'engine'] | None,
        Field(description='which gate refused'),
    ] = None
    scope: Annotated[
        Literal['tenant', 'service'] | None,
        Field(description='does it stand for this key, or for everybody?'),
    ] = None
    rule: Annotated[str | None, Field(description='the name of the limit')] = None
    fallback: Annotated[
        str | None, Field(description='what the policy offers instead')
    ] = None
    retry_at_ms: Annotated[
        float | None,
        Field(
            description='when another try can pass, in milliseconds since the epoch',
            ge=0.0,
        ),
    ] = None


class Policy(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
        populate_by_name=True,
        frozen=True,
    )
    field_schema: Annotated[
        str | None,
        Field(
            alias='$schema',
            description='where editors find the schema of this document, in JSON; see Editor completion',
        ),
    ] = None
    version: Annotated[Literal[1], Field(description='the version of this form')]
    name: Annotated[
        str | None,
        Field(
            description='the name of the system, shown in reports',
            pattern='^[A-Za-z0-9._:-]{1,64}$',
        ),
    ] = None
    zone: Annotated[
        str | NamedZone | None,
        Field(
            description='where days begin, for limits on the calendar; see zone',
            validate_default=True,
        ),
    ] = 'Z'
    default_lang: Annotated[
        str | None,
        Field(
            description='the language of a title when the wanted one is missing',
            pattern='^[A-Za-z0-9._:-]{1,64}$',
        ),
    ] = None
    mode: Annotated[
        Literal['enforce', 'shadow', 'off'] | None,
        Field(description='of all rules; see Modes'),
    ] = 'enforce'
    enforce_share: Annotated[
        float | None,
        Field(
            description='the share of keys for which the rules are enforced',
            gt=0.0,
            le=1.0,
        ),
    ] = None
    on_engine_failure: Annotated[
        Literal['allow', 'refuse'] | None,
        Field(description='what hosts do with calls when the engine itself has failed'),
    ] = 'allow'
    permits: Annotated[
        int | None,
        Field(
            description='at most so many calls in flight; then `permits_exhausted`',
            ge=1,
            le=1048574,
        ),
    ] = 65536
    keys: Annotated[
        KeysPolicy | None,
        Field(description='how many keys an engine remembers, and for how long'),
    ] = None
    services: Annotated[
        dict[Annotated[str, StringConstraints(pattern=r'^[A-Za-z0-9._:-]{1,64}$')], Service] | None,
        Field(description='one service per name', max_length=1024),
    ] = None
    features: Annotated[
        dict[Annotated[str, StringConstraints(pattern=r'^[A-Za-z0-9._:-]{1,64}$')], Feature] | None,
        Field(description='one feature per name', max_length=1024),
    ] = None
    breakers: Annotated[
        dict[Annotated[str, StringConstraints(pattern=r'^[A-Za-z0-9._:-]{1,64}$')], Breaker] | None,
        Field(description='named breakers; see Presets', max_length=256),
    ] = None
    limits: Annotated[
        dict[Annotated[str, StringConstraints(pattern=r'^[A-Za-z0-9._:-]{1,64}$')], LimitPreset | list[Limit]] | None,
        Field(description='named limits; see Presets', max_length=256),
    ] = None
    status: Annotated[StatusPolicy | None, Field(description='see status')] = None
