"""The names of the policy `campotech`. Made by `brownout types`: make it again when the policy changes."""

from typing import Literal, TypeAlias

__all__ = ["Feature", "Key", "Limit", "Service", "feature", "key", "limit", "service"]

Service: TypeAlias = Literal[
    "afip",
    "database",
    "mercadopago",
    "openai",
    "redis",
    "storage",
    "whatsapp",
]
Feature: TypeAlias = Literal[
    "ai.voice",
    "ai.whatsapp",
    "invoicing.afip",
    "notifications.push",
    "payments.mercadopago",
    "tracking.realtime",
]
Limit: TypeAlias = Literal[
    "day",
    "hour",
    "minute",
    "rpm",
    "tpm",
    "whatsapp",
]
Key: TypeAlias = Literal[
    "tenant",
]


def service(name: Service) -> Service:
    """The name itself; a type checker refuses one that the policy does not have."""
    return name


def feature(name: Feature) -> Feature:
    """The name itself; a type checker refuses one that the policy does not have."""
    return name


def limit(name: Limit) -> Limit:
    """The name itself; a type checker refuses one that the policy does not have."""
    return name


def key(name: Key) -> Key:
    """The name itself; a type checker refuses one that the policy does not have."""
    return name
