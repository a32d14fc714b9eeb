"""The document, answers, names and health reports of the core, as pydantic models."""
from __future__ import annotations

# Made by `cargo xtask types`: change the core, not this file.

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from .effects import FeatureCause, ServiceCause


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
