// Connect's own client for Node, over each of its transports.
//
// argv:   the API's base URL, a file with a FileDescriptorSet of its proto files
// stdin:  a line for each call:
//         {"transport": {"protocol": "connect" | "grpc" | "grpc-web", "httpVersion": "1.1" | "2",
//                        "useBinaryFormat": bool, "useHttpGet"?, "compress"?},
//          "service": "pay.v1.…", "method": "…", "request": {field: value},
//          "headers": {name: value}, "timeout_ms"?: number}
// stdout: a line for each: {"answer": {field: value}, "headers": {name: value}, "verb"?: "POST"} or
//         {"error": {"code": "…", "message": "…", "details": {type: {field: value}}}}

import { subscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createFileRegistry, fromBinary, fromJson, toJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { ConnectError, createClient } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";

const [baseUrl, descriptors] = process.argv.slice(2);
// What generated code holds too: its descriptors, from which the same library makes its messages.
const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)),
);
const PROTOCOLS = {
  connect: createConnectTransport,
  grpc: createGrpcTransport,
  "grpc-web": createGrpcWebTransport,
};
const DETAILS = ["pay.v1.Error", "google.rpc.BadRequest"];

const transports = new Map();

// Which verb a call became is known to Node only, and told over HTTP/1.1 only.
let verb;
subscribe("http.client.request.start", ({ request }) => (verb = request.method));

function transportFor({ protocol, compress, ...options }) {
  const key = JSON.stringify([protocol, compress, options]);
  if (!transports.has(key)) {
    const gzip = [compressionGzip];
    const compression = compress
      ? { acceptCompression: gzip, sendCompression: compressionGzip, compressMinBytes: 1 }
      : { acceptCompression: [] };
    transports.set(key, PROTOCOLS[protocol]({ baseUrl, ...compression, ...options }));
  }
  return transports.get(key);
}

const asJson = (schema, message) => toJson(schema, message, { useProtoFieldName: true, registry });

async function call({ transport, service, method, request, headers, timeout_ms: timeoutMs }) {
  const client = createClient(registry.getService(service), transportFor(transport));
  const description = registry.getService(service).methods.find((it) => it.name === method);
  let answered = {};
  const onHeader = (received) => (answered = Object.fromEntries(received));
  const options = { headers, timeoutMs, onHeader };
  const message = fromJson(description.input, request, { registry });
  const answer = await client[description.localName](message, options);
  return { answer: asJson(description.output, answer), headers: answered, verb };
}

function refusal(reason) {
  const error = ConnectError.from(reason);
  const details = {};
  for (const name of DETAILS) {
    const schema = registry.getMessage(name);
    for (const found of error.findDetails(schema)) {
      details[name] = asJson(schema, found);
    }
  }
  return { error: { code: codeToString(error.code), message: error.rawMessage, details } };
}

for await (const line of createInterface({ input: process.stdin })) {
  const said = await call(JSON.parse(line)).catch(refusal);
  console.log(JSON.stringify(said));
}
process.exit();
