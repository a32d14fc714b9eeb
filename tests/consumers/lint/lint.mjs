// What publint and "are the types wrong" have to say about the tarball, as one line of JSON.
import { readFileSync } from "node:fs";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const bytes = readFileSync("brownout.tgz");
const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) }, strict: true });
const { problems, entrypoints } = await checkPackage(createPackageFromTarballData(new Uint8Array(bytes)));
console.log(JSON.stringify({ publint: messages.map((m) => formatMessage(m, pkg)), problems, entrypoints: Object.keys(entrypoints) }));
