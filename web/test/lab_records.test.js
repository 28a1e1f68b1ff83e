/** @file The tables that lab.html saves hold no formula. */

import assert from "node:assert/strict";
import test from "node:test";

import { toCsv, toEvents } from "../lab/records.js";

test("text that a spreadsheet would run is led by an apostrophe, and numbers are not", () => {
  const markers = ["=1+1", "+1", "-1", "@SUM", "'=1", "plain"].map((name) => ({ time: -0.5, duration: 0, name, excluded: false }));
  const rows = toEvents(/** @type {any} */ (markers)).trim().split("\n").slice(1).map((row) => row.split(","));
  assert.deepEqual(rows.map((row) => row[3]), ["'=1+1", "'+1", "'-1", "'@SUM", "''=1", "plain"]);
  assert.deepEqual(new Set(rows.map((row) => row[0])), new Set(["-0.5"]));
  const result = /** @type {any} */ ({ source: "=cmd", frame: 0, time: 0, faces: [] });
  assert.match(toCsv([result], { labels: [], attributes: [] }), /\n'=cmd,0,0,/);
});
