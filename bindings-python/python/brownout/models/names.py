"""The document, answers, names and health reports of the core, as pydantic models."""
from __future__ import annotations

# Made by `cargo xtask types`: change the core, not this file.

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


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
