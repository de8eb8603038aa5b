"""The official Python SDK as it is published, its files untouched, beside `sdk_fixes`.

argv:   the API's base URL
stdin:  a line for each call:
        {"api_key": "…", "call": "checkout" or "sessions.get" or …, "request": {field: value},
         "idempotency_key": "…" or nothing}
stdout: a line for each: {"answer": {field: value}} or
        {"error": {"code": "…", "message": "…", "details": {type: {field: value}}}}
"""

import asyncio
import functools
import json
import sys
import typing

import sdk_fixes  # noqa: F401, I001 (before toffeepay)
import toffeepay
import toffeepay.toffee
from connectrpc.errors import ConnectError
from google.protobuf import json_format
from google.rpc import error_details_pb2

DETAILS = {
    "pay.v1.Error": toffeepay.ToffeeError,
    "google.rpc.BadRequest": error_details_pb2.BadRequest,
}


@functools.cache
def toffee(api_key):
    return toffeepay.Toffee(access_token=api_key, environment="sandbox")


async def call(question):
    sdk = toffee(question["api_key"])
    request, name = question["request"], question["call"]
    key = question.get("idempotency_key")
    options = {"options": toffeepay.RequestOptions(idempotency_key=key)} if key else {}
    if name == "checkout":
        item = toffeepay.Item(**request.pop("item"))
        return await sdk.checkout(item=item, **request, **options)
    if name == "refund":
        return await sdk.refund(**request, **options)
    service, method = name.split(".")
    method = getattr(getattr(sdk, service), method)
    message = typing.get_type_hints(method)["req"](**request)
    return await method(message, **options)


def as_json(message):
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def as_error(error):
    details = {}
    for detail in error.details:
        name = detail.type_url.rpartition("/")[2]
        details[name] = as_json(DETAILS[name].FromString(detail.value))
    return {"code": error.code.value, "message": error.message, "details": details}


async def main():
    toffeepay.toffee.SANDBOX_URL = sys.argv[1]
    for line in sys.stdin:
        try:
            answer = {"answer": as_json(await call(json.loads(line)))}
        except ConnectError as error:
            answer = {"error": as_error(error)}
        print(json.dumps(answer), flush=True)


asyncio.run(main())
