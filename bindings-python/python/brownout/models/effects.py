"""The document, answers, names and health reports of the core, as pydantic models."""
from __future__ import annotations

# Made by `cargo xtask types`: change the core, not this file.

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


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
