import assert from "node:assert/strict";
import { test } from "node:test";
import { boardFor, family, laid } from "../../../../api/web/atelier_src/src/chip.js";

const RECIPE = {
  slug: "air",
  boards: [
    { board: "c6", name: "ESP32-C6-DevKitC-1", chip: "ESP32-C6" },
    { board: "esp32", name: "ESP32-DevKitC V4", chip: "ESP32" },
  ],
};
const throwsFault = (work, key) => assert.throws(work, (fault) => fault.name === "Fault" && fault.key === key);

test("a chip and the module that it is in are of one family", () => {
  const families = ["ESP32-C6-WROOM-1", "ESP32-C6", "esp32c6", "ESP32-WROOM-32E", "ESP32", "ESP32-S2-SOLO-2"].map(family);
  assert.deepEqual(families, ["ESP32C6", "ESP32C6", "ESP32C6", "ESP32", "ESP32", "ESP32S2"]);
});

test("the board is the one that has the chip that answers", () => {
  assert.equal(boardFor(RECIPE, "ESP32-C6").board, "c6");
  assert.equal(boardFor(RECIPE, "ESP32", "esp32").board, "esp32");
});

test("a chip of none of the recipe's boards is refused, and so is another board than the one that was wired", () => {
  throwsFault(() => boardFor(RECIPE, "ESP32-S3"), "no_such_board");
  throwsFault(() => boardFor(RECIPE, "ESP32", "c6"), "other_board");
});

const entry = (type, subtype, offset, size, label) => {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  bytes.set([0xaa, 0x50, type, subtype]);
  view.setUint32(4, offset, true);
  view.setUint32(8, size, true);
  bytes.set(new TextEncoder().encode(label), 12);
  return bytes;
};

const told = (parts) => parts.map((part) => [part.name, part.offset, part.bytes.length]);

test("an image is laid around the identity, which lies where the image's own table says", () => {
  for (const begins of [0, 0x1000]) {
    const image = new Uint8Array(0x18000 - begins).fill(7);
    image.fill(0xff, 0x8000 - begins, 0x9000 - begins);
    image.set(entry(1, 1, 0xf000, 0x1000, "phy_init"), 0x8000 - begins);
    image.set(entry(1, 2, 0x9000, 0x6000, "nvs"), 0x8020 - begins);
    const parts = laid(image, begins, new Uint8Array(0x6000));
    assert.deepEqual(told(parts), [["bootloader", begins, 0x9000 - begins], ["nvs", 0x9000, 0x6000], ["micropython", 0xf000, 0x9000]]);
    assert.ok(parts[2].bytes.every((byte) => byte === 7));
  }
});

test("where there are two slots, the first one is told to start", () => {
  const image = new Uint8Array(0x18000);
  image.set(entry(1, 2, 0x9000, 0x4000, "nvs"), 0x8000);
  image.set(entry(1, 0, 0xd000, 0x2000, "otadata"), 0x8020);
  const parts = laid(image, 0, new Uint8Array(0x4000));
  assert.deepEqual(told(parts), [["bootloader", 0, 0x9000], ["nvs", 0x9000, 0x4000], ["otadata", 0xd000, 0x2000], ["micropython", 0xf000, 0x9000]]);
  assert.ok(parts[2].bytes.every((byte) => byte === 0xff));
});

test("an image without a table, too short for one, or with another NVS than the identity's is refused", () => {
  throwsFault(() => laid(new Uint8Array(0x9000), 0, new Uint8Array(0x6000)), "bad_image");
  throwsFault(() => laid(new Uint8Array(100), 0, new Uint8Array(0x6000)), "bad_image");
  const image = new Uint8Array(0x18000);
  image.set(entry(1, 2, 0x9000, 0x4000, "nvs"), 0x8000);
  throwsFault(() => laid(image, 0, new Uint8Array(0x6000)), "bad_image");
});
