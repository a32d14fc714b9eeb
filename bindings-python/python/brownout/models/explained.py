"""The document, answers, names and health reports of the core, as pydantic models."""
from __future__ import annotations

# Made by `cargo xtask types`: change the core, not this file.

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


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
