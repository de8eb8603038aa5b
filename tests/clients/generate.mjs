// JavaScript from proto files, by the plugin with which users of Connect generate theirs.
//
// argv: a file with a FileDescriptorSet, the folder to write to

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";

const [descriptors, folder] = process.argv.slice(2);
const { file: protoFile } = fromBinary(FileDescriptorSetSchema, readFileSync(descriptors));
// What protoc and buf ask a plugin. The well-known types come with the library.
const fileToGenerate = protoFile
  .map(({ name }) => name)
  .filter((name) => !name.startsWith("google/protobuf/"));
const parameter = "target=js,import_extension=js";
const request = create(CodeGeneratorRequestSchema, { fileToGenerate, parameter, protoFile });
const plugin = createRequire(import.meta.url).resolve("@bufbuild/protoc-gen-es/bin/protoc-gen-es");
const { status, stdout, stderr } = spawnSync(process.execPath, [plugin], {
  input: toBinary(CodeGeneratorRequestSchema, request),
});
if (status !== 0) {
  throw new Error(`protoc-gen-es: ${stderr}`);
}
const response = fromBinary(CodeGeneratorResponseSchema, stdout);
if (response.error) {
  throw new Error(`protoc-gen-es: ${response.error}`);
}
for (const { name, content } of response.file) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
}
