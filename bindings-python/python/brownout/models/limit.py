"""The document, answers, names and health reports of the core, as pydantic models."""
from __future__ import annotations

# Made by `cargo xtask types`: change the core, not this file.

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


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
