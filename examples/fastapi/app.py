"""Invoices through AFIP, or into a queue while AFIP is away.

Run `uvicorn app:app --port 8000`, then `curl -i -X POST -H 'x-organization: org_1' localhost:8000/invoices/7`.
`AFIP_URL` names the upstream.
"""

import os
from pathlib import Path

import httpx
from brownout import Brownout, Refused
from brownout.fastapi import health_router, install
from fastapi import FastAPI, Response

bo = Brownout(Path(__file__).with_name("policy.toml"))
upstream = os.environ.get("AFIP_URL", "http://127.0.0.1:9000")
afip = httpx.AsyncClient(transport=bo.transport("afip", refusal="raise"), base_url=upstream)
queue: list[int] = []

app = FastAPI(title="Invoicing")
install(app, bo, tenant_header="x-organization")
app.include_router(health_router(bo))


@app.post("/invoices/{number}")
async def invoice(number: int, response: Response) -> dict[str, str]:
    """Issues an invoice; while AFIP is held back it is queued, as the policy's fallback says."""
    try:
        answer = await afip.post(f"/invoices/{number}")
    except Refused as refused:
        if refused.refusal.fallback != "queue":
            raise  # a 503 or 429 with problem details and Retry-After
        queue.append(number)
        response.status_code = 202
        return {"status": "queued", "because": refused.refusal.code}
    answer.raise_for_status()
    return {"status": "issued"}
