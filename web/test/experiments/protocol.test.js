import assert from "node:assert/strict";
import test from "node:test";

import { readOrigins, readRequest, readTexts } from "../../experiments/protocol.js";

const origin = "https://survey.example";

test("the origins of the hash may talk to the embed", () => {
  assert.deepEqual(readOrigins(`#origins=${origin},http://localhost:8000`), [origin, "http://localhost:8000"]);
  assert.deepEqual(readOrigins(`#origins=${encodeURIComponent(origin)}`), [origin]);
});

for (const hash of ["", "#", "#origins=", "#origins=*", "#origins=survey.example", `#origins=${origin}/page`]) {
  test(`the hash '${hash}' is refused`, () => {
    assert.throws(() => readOrigins(hash), { name: "MienError", message: /https:\/\/your-survey\.example/ });
  });
}

test("the hash has texts in another language", () => {
  const start = "Kamera starten";
  assert.deepEqual(readTexts(`#origins=${origin}&start=${encodeURIComponent(start)}&other=x`), { start });
});

test("a message of an allowed origin is read", () => {
  const data = { mien: 1, type: "start", trial: "a" };
  assert.equal(readRequest({ data, origin }, [origin]), data);
});

test("messages of other origins, and of other programs, are dropped", () => {
  const data = { mien: 1, type: "hello" };
  assert.equal(readRequest({ data, origin: "https://other.example" }, [origin]), null);
  assert.equal(readRequest({ data, origin: `${origin}.evil.example` }, [origin]), null);
  for (const other of [null, "hello", { type: "hello" }]) {
    assert.equal(readRequest({ data: other, origin }, [origin]), null);
  }
});

test("an allowed page is told what is wrong with its message", () => {
  /** @param {object} data */
  const read = (data) => () => readRequest({ data, origin }, [origin]);
  assert.throws(read({ mien: 2, type: "hello" }), { message: /version 2 .*send mien: 1/ });
  assert.throws(read({ mien: 1, type: "stopp" }), { message: /choose from hello, start, stop/ });
  assert.throws(read({ mien: 1, type: "start" }), { message: /add trial/ });
});
