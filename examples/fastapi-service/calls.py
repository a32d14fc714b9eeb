"""What the service does for its users: four calls to four upstreams, and what a user gets when one is not made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Endpoint:
    service: str
    path: str
    body: dict[str, Any]
    reply: Callable[[Any], dict[str, Any]]
    fallback: dict[str, Any]


ENDPOINTS = {
    "invoice": Endpoint(
        "afip",
        "/afip/wsfe/invoice",
        {"type": "B", "amount": "48500.00"},
        lambda answer: {"cae": answer["cae"]},
        {"queued": True, "message": "Su factura se emitirá cuando AFIP responda."},
    ),
    "pay": Endpoint(
        "mercadopago",
        "/mercadopago/checkout/preferences",
        {"title": "Service de aire", "amount": "48500.00"},
        lambda answer: {"pay_at": answer["init_point"]},
        {"manual": True, "message": "Puede pagar al técnico en persona o por transferencia."},
    ),
    "message": Endpoint(
        "whatsapp",
        "/whatsapp/v1/messages",
        {"to": "+5491100000000", "text": "Su técnico está en camino."},
        lambda answer: {"id": answer["messages"][0]["id"]},
        {"sms": True, "message": "El aviso se envía por SMS."},
    ),
    "ask": Endpoint(
        "openai",
        "/openai/v1/chat/completions",
        {"model": "gpt-4-turbo", "messages": [{"role": "user", "content": "¿A qué hora llega el técnico?"}]},
        lambda answer: {"message": answer["choices"][0]["message"]["content"], "ai_handled": True},
        {
            "message": "Gracias por tu mensaje. Un representante te responderá en breve.",
            "ai_handled": False,
        },
    ),
}
