import { defineConfig } from "vitest/config";

// A folder with the engine that stops on purpose: it takes the place of the real one, for the tests of containment alone.
const faulty = process.env["BROWNOUT_FAULTY"];

export default defineConfig(faulty === undefined
  ? { test: { include: ["test/*.test.ts", "test/*.test.tsx"] } }
  : {
      resolve: { alias: [{ find: /^.*\/generated\/engine_(bg|wasm)\.js$/, replacement: `${faulty}/engine_$1.js` }] },
      server: { fs: { strict: false } },
      test: { include: ["test/faulty/*.test.ts"] },
    });
