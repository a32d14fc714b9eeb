"""The document, answers, names and health reports of the core, as pydantic models."""
from __future__ import annotations

# Made by `cargo xtask types`: change the core, not this file.

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from .breaker import Breaker
from .call import OutcomeRule, Retry, Throttle, Timeout
from .limit import Limit, LimitPreset, NamedZone


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
