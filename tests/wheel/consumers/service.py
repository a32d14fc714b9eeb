"""A FastAPI service of somebody who has installed the package."""

import brownout
from brownout import Brownout
from brownout.fastapi import install
from fastapi import FastAPI
from fastapi.testclient import TestClient

bo = Brownout({"version": 1, "services": {"afip": {"breaker": {"consecutive_failures": 2}}}})
app = FastAPI()
install(app, bo)
broken = False


@app.get("/invoice/{number}")
@bo.guard("afip")
async def invoice(number: int, currency: str = "ARS") -> dict[str, str | int]:
    if broken:
        raise ConnectionError("down")
    return {"number": number, "currency": currency}


@app.get("/receipt/{number}")
@bo.guard("afip")
def receipt(number: int) -> dict[str, int]:
    return {"number": number}


print(brownout.__file__)
with TestClient(app, raise_server_exceptions=False) as client:
    assert client.get("/invoice/7").json() == {"number": 7, "currency": "ARS"}
    assert client.get("/invoice/7?currency=USD").json()["currency"] == "USD"
    assert client.get("/receipt/8").json() == {"number": 8}
    assert client.get("/invoice/seven").status_code == 422
    broken = True
    assert [client.get("/invoice/7").status_code for _ in range(2)] == [500, 500]
    refused = client.get("/invoice/7")
    assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
    assert client.get("/receipt/8").status_code == 503
bo.close()
print("ok")
