import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { gzipSync, inflateSync } from "node:zlib";
import { deflate, fromBase64, gunzip, sha256 } from "../../../../api/web/atelier_src/src/bytes.js";
import { md5 } from "../../../../api/web/atelier_src/src/md5.js";

const noise = (length) => Uint8Array.from({ length }, (_, n) => (n * 2654435761) >>> 13);

test("MD5 is Node's, for every length around a block and for a large one", () => {
  for (const length of [...Array(200).keys(), 70_001]) {
    const bytes = noise(length);
    assert.equal(md5(bytes), createHash("md5").update(bytes).digest("hex"), `of ${length} bytes`);
  }
});

test("MD5 of a piece of a larger buffer is that of the piece", () => {
  const whole = noise(300);
  assert.equal(md5(whole.subarray(7, 207)), createHash("md5").update(whole.slice(7, 207)).digest("hex"));
});

test("SHA-256 is Node's", async () => {
  assert.equal(await sha256(noise(1000)), createHash("sha256").update(noise(1000)).digest("hex"));
});

test("what was packed is unpacked, and what is packed is zlib's format", async () => {
  const bytes = noise(100_000);
  assert.deepEqual(await gunzip(fromBase64(gzipSync(bytes).toString("base64"))), bytes);
  assert.deepEqual(new Uint8Array(inflateSync(await deflate(bytes))), bytes);
});
