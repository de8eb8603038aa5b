"""The official Python SDK, as it is published, with what it lacks supplied from outside.

argv:   the API's base URL
stdin:  a line for each call:
        {"api_key": "…", "call": "checkout" or "sessions.get" or …, "request": {field: value},
         "idempotency_key": "…" or nothing}
stdout: a line for each: {"answer": {field: value}} or
        {"error": {"code": "…", "message": "…", "details": {type: {field: value}}}}
"""

import asyncio
import functools
import importlib.util
import json
import sys
import types
import typing

from google.protobuf import descriptor_pb2, descriptor_pool, json_format


def make_importable():
    """By itself the SDK finds neither its own generated code nor that of its field rules."""
    rules = descriptor_pb2.FileDescriptorProto(
        name="buf/validate/validate.proto", package="buf.validate"
    )
    descriptor_pool.Default().AddSerializedFile(rules.SerializeToString())
    for name in ("buf", "buf.validate", "buf.validate.validate_pb2"):
        module = sys.modules[name] = types.ModuleType(name)
        module.__path__ = []
    (package,) = importlib.util.find_spec("toffeepay").submodule_search_locations
    sys.path.insert(0, f"{package}/_gen")


make_importable()

import toffeepay  # noqa: E402
import toffeepay.toffee  # noqa: E402
from connectrpc.errors import ConnectError  # noqa: E402
from connectrpc.interceptor import MetadataInterceptor  # noqa: E402
from google.rpc import error_details_pb2  # noqa: E402

# Without the other half of its protocol, connectrpc passes over what would send the API key.
toffeepay.toffee._AuthInterceptor.on_end = MetadataInterceptor.on_end

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
