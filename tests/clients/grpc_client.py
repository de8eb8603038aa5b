"""A gRPC client that knows nothing of the API but its address: reflection tells it the rest.

argv:   the API's host and port
stdin:  a line for each question:
        {"list": true}
        {"describe": "pay.v1.Item"}
        {"method": "pay.v1.PaymentService/CreateSession", "request": {field: value},
         "metadata": {name: value}}
        {"watch": "a service's name", "until": "NOT_SERVING" or nothing}
stdout: a line for each:
        {"services": ["…"]}
        {"fields": {name: name in JSON}}
        {"answer": {field: value}} or
        {"error": {"code": "NOT_FOUND", "message": "…", "details": {type: {field: value}}}}
        {"seen": ["SERVING", …], "ended": bool}: all that came until then, since the watch began
"""

import json
import sys

import grpc
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from google.rpc import status_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

STATUS_DETAILS = "grpc-status-details-bin"

channel = grpc.insecure_channel(sys.argv[1])
database = ProtoReflectionDescriptorDatabase(channel)
pool = DescriptorPool(database)
watches = {}


def message_class(name):
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def as_json(message):
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def describe(name):
    return {field.name: field.json_name for field in pool.FindMessageTypeByName(name).fields}


def stub(path, kind):
    service, _, name = path.partition("/")
    method = pool.FindServiceByName(service).FindMethodByName(name)
    request, answer = (
        message_class(it.full_name) for it in (method.input_type, method.output_type)
    )
    call = getattr(channel, kind)(
        f"/{path}",
        request_serializer=request.SerializeToString,
        response_deserializer=answer.FromString,
    )
    return call, request


def call(path, fields, metadata):
    method, request = stub(path, "unary_unary")
    try:
        message = json_format.ParseDict(fields, request())
        return {"answer": as_json(method(message, metadata=list(metadata.items())))}
    except grpc.RpcError as error:
        return {"error": as_error(error)}


def as_error(error):
    trailers = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(trailers.get(STATUS_DETAILS, b""))
    details = {}
    for detail in status.details:
        name = detail.type_url.rpartition("/")[2]
        details[name] = as_json(message_class(name).FromString(detail.value))
    return {"code": error.code().name, "message": error.details(), "details": details}


def watch(name, until):
    if name not in watches:
        method, request = stub("grpc.health.v1.Health/Watch", "unary_stream")
        watches[name] = (method(request(service=name)), [])
    stream, seen = watches[name]
    for answer in stream:
        seen.append(as_json(answer)["status"])
        if seen[-1] == until:
            return {"seen": seen, "ended": False}
    return {"seen": seen, "ended": True}


def answer_to(question):
    if "list" in question:
        return {"services": list(database.get_services())}
    if "describe" in question:
        return {"fields": describe(question["describe"])}
    if "watch" in question:
        return watch(question["watch"], question.get("until"))
    return call(question["method"], question["request"], question["metadata"])


for line in sys.stdin:
    print(json.dumps(answer_to(json.loads(line))), flush=True)
