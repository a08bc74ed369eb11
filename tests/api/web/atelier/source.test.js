import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { Seats } from "../../../../api/web/atelier_src/src/seats.js";
import { Gateway, OneFile } from "../../../../api/web/atelier_src/src/source.js";

const WANTED = { recipe: "air", board: "s3", chip: "ESP32-S3", flash_bytes: 4 << 20, mac: "aa" };
const WISHES = { place: null };
const part = (name, offset, text) => {
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { name, offset, size: text.length, sha256, url: `/atelier/parts/${sha256}` };
};
const PARTS = [part("micropython", 0, "image"), part("vfs", 100, "disk")];
const BYTES = { [PARTS[0].url]: "image", [PARTS[1].url]: "disk" };
const RELOAD = "sudo systemctl reload mosquitto";
const TOLD = { device: "air-1", page: "http://x/d/y", networks: 1, todo: RELOAD, parts: PARTS };

/** A gateway that answers by what is scripted; what it was asked is kept. */
function gateway(answers) {
  const asked = [];
  const fetched = async (address, how) => {
    asked.push([how.method ?? "GET", address, how.body && JSON.parse(how.body)]);
    const answer = answers(address, asked.length);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { asked, source: new Gateway("", "fr", fetched) };
}
const good = (address) => (address === "/atelier/boards" ? Response.json(TOLD, { status: 201 }) : new Response(BYTES[address]));

test("a device is made and its parts are fetched and checked", async () => {
  const { asked, source } = gateway(good);
  const order = await source.order(WANTED, WISHES);
  assert.deepEqual([order.device, order.page, order.networks, order.todo], ["air-1", "http://x/d/y", 1, RELOAD]);
  assert.deepEqual(order.parts.map((one) => [one.name, one.offset, new TextDecoder().decode(one.bytes)]), [["micropython", 0, "image"], ["vfs", 100, "disk"]]);
  assert.deepEqual(asked[0][2], { recipe: "air", board: "s3", chip: "ESP32-S3", flash_bytes: 4 << 20, place: null });
});

test("a second try of the same board makes no second device; another board does", async () => {
  const { asked, source } = gateway(good);
  await source.order(WANTED, WISHES);
  await source.order(WANTED, WISHES);
  assert.equal(asked.filter(([method]) => method === "POST").length, 1);
  await source.order({ ...WANTED, mac: "bb" }, WISHES);
  assert.equal(asked.filter(([method]) => method === "POST").length, 2);
});

test("bytes that are not what was promised are refused", async () => {
  const { source } = gateway((address) => (address === "/atelier/boards" ? good(address) : new Response("dusk!")));
  await assert.rejects(source.order(WANTED, WISHES), { key: "part_damaged" });
});

test("the gateway's own sentence is shown; no gateway is a sentence of ours", async () => {
  const refuses = gateway(() => Response.json({ detail: "Non ; faites ceci" }, { status: 422 }));
  await assert.rejects(refuses.source.order(WANTED, WISHES), { key: "server_refused", said: "Non ; faites ceci" });
  const away = gateway(() => new TypeError("Failed to fetch"));
  await assert.rejects(away.source.order(WANTED, WISHES), { key: "no_server" });
});

test("where it says to come back in a moment, that is done", async () => {
  const busy = () => Response.json({ detail: "" }, { status: 429, headers: { "Retry-After": "0.01" } });
  const { source } = gateway((address, n) => (n < 3 ? busy() : good(address)));
  assert.equal((await source.order(WANTED, WISHES)).device, "air-1");
});

test("how it stands: the reading, or nothing while the gateway is away", async () => {
  const there = gateway(() => Response.json({ first_reading: { time: 1, values: { a: 2 } }, page: "" }));
  assert.deepEqual((await there.source.standing("air-1")).first_reading.values, { a: 2 });
  assert.deepEqual(there.asked[0], ["GET", "/atelier/boards/air-1", undefined]);
  assert.equal(await gateway(() => new TypeError("x")).source.standing("air-1"), null);
});

const image = new Uint8Array(0x18000);
image.set([0xaa, 0x50, 1, 2, 0, 0x90, 0, 0, 0, 0x60, 0, 0], 0x8000);
const packed = (bytes) => gzipSync(bytes).toString("base64");
const BATCH = {
  expires_s: 2000, seats: 1, networks: 2,
  identities: [{ seat: 1, number: 1, recipe: "air", device: "air-1", page: "http://x/d/1", nvs: Buffer.alloc(0x6000, "who").toString("base64") }],
  micropython: { s3: { offset: 0, gz: packed(image) } },
  vfs: { "air/s3": { offset: 0x200000, flash_bytes: 4 << 20, gz: packed("disk") }, "air/s3/8388608": { offset: 0x200000, gz: packed("larger disk") } },
};
const shelf = () => ({ kept: null, getItem() { return this.kept; }, setItem(_, text) { this.kept = text; } });
const file = (on = shelf()) => new OneFile(BATCH, new Seats(BATCH, on, null), () => 1000);

test("a file has all parts itself, the identity where the image's table says", async () => {
  const order = await file().order(WANTED);
  assert.deepEqual([order.device, order.networks], ["air-1", 2]);
  const told = order.parts.map((one) => [one.name, one.offset, one.bytes.length]);
  assert.deepEqual(told, [["bootloader", 0, 0x9000], ["nvs", 0x9000, 0x6000], ["micropython", 0xf000, 0x9000], ["vfs", 0x200000, 4]]);
});

test("a file takes the disk that was made for this size of flash, or refuses before an identity is given", async () => {
  const on = shelf();
  assert.equal((await file(on).order({ ...WANTED, flash_bytes: 8 << 20 })).parts.at(-1).bytes.length, "larger disk".length);
  const untouched = shelf();
  await assert.rejects(file(untouched).order({ ...WANTED, flash_bytes: 2 << 20 }), { key: "other_flash" });
  await assert.rejects(file(untouched).order({ ...WANTED, recipe: "noise" }), { key: "not_in_file" });
  assert.equal(untouched.kept, null);
});
