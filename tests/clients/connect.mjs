// Connect's own client for Node, with code generated from our proto, over each of its transports.
//
// argv:   the API's base URL
// stdin:  a line for each call:
//         {"transport": {"protocol": "connect" | "grpc" | "grpc-web", "httpVersion": "1.1" | "2",
//                        "useBinaryFormat": bool, "useHttpGet"?, "compress"?},
//          "service": "PaymentService" | "RefundService", "method": "…", "request": {field: value},
//          "headers": {name: value}, "timeout_ms"?: number}
// stdout: a line for each: {"answer": {field: value}, "headers": {name: value}, "verb"?: "POST"} or
//         {"error": {"code": "…", "message": "…", "details": {type: {field: value}}}}

import { subscribe } from "node:diagnostics_channel";
import { createInterface } from "node:readline";
import { fromJson, toJson } from "@bufbuild/protobuf";
import { ConnectError, createClient } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { BadRequestSchema } from "./generated/google/rpc/error_details_pb.js";
import { ErrorSchema } from "./generated/pay/v1/common_pb.js";
import { PaymentService } from "./generated/pay/v1/payment_pb.js";
import { RefundService } from "./generated/pay/v1/refund_pb.js";

const [baseUrl] = process.argv.slice(2);
const PROTOCOLS = {
  connect: createConnectTransport,
  grpc: createGrpcTransport,
  "grpc-web": createGrpcWebTransport,
};
const SERVICES = { PaymentService, RefundService };
const DETAILS = [ErrorSchema, BadRequestSchema];

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

const asJson = (schema, message) => toJson(schema, message, { useProtoFieldName: true });

async function call({ transport, service, method, request, headers, timeout_ms: timeoutMs }) {
  const client = createClient(SERVICES[service], transportFor(transport));
  const description = SERVICES[service].methods.find((it) => it.name === method);
  let answered = {};
  const onHeader = (received) => (answered = Object.fromEntries(received));
  const options = { headers, timeoutMs, onHeader };
  const message = fromJson(description.input, request);
  const answer = await client[description.localName](message, options);
  return { answer: asJson(description.output, answer), headers: answered, verb };
}

function refusal(reason) {
  const error = ConnectError.from(reason);
  const details = {};
  for (const schema of DETAILS) {
    for (const found of error.findDetails(schema)) {
      details[schema.typeName] = asJson(schema, found);
    }
  }
  return { error: { code: codeToString(error.code), message: error.rawMessage, details } };
}

for await (const line of createInterface({ input: process.stdin })) {
  const said = await call(JSON.parse(line)).catch(refusal);
  console.log(JSON.stringify(said));
}
process.exit();
