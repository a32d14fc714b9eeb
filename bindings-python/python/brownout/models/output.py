"""The document, answers, names and health reports of the core, as pydantic models."""
from __future__ import annotations

# Made by `cargo xtask types`: change the core, not this file.

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from .effects import (
    BreakerChanged,
    ClockBehind,
    EngineRebuilt,
    FeatureChanged,
    FeatureMaintenanceEnded,
    IncidentClosed,
    IncidentOpened,
    LimitBlocked,
    OverallChanged,
    PermitExpired,
    ServiceChanged,
    ServiceMaintenanceEnded,
    ThrottleHeld,
)
from .explained import Explained


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
