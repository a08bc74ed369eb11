import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { Chip } from "../../../../api/web/atelier_src/src/flash.js";
import { md5 } from "../../../../api/web/atelier_src/src/md5.js";

const MIB = 2 ** 20;
const port = (vendor) => ({ getInfo: () => ({ usbVendorId: vendor, usbProductId: 1 }), close: async () => {} });

/** A chip whose loader is played: what it is told is kept, what it answers may be changed. */
function chip({ name = "ESP32-S3", size = "8MB", vendor = 0x303a, ...more } = {}) {
  const made = new Chip(port(vendor));
  const flash = new Uint8Array(8 * MIB).fill(0xff);
  const done = [];
  let at = 0;
  let packed = [];
  made.loader = {
    DEFAULT_TIMEOUT: 3000, FLASH_WRITE_SIZE: 0x4000, CHIP_DETECT_MAGIC_REG_ADDR: 0, secureDownloadMode: false,
    chip: { CHIP_NAME: name, readMac: async () => "aa:bb" },
    detectChip: async () => void done.push("detect"),
    runStub: async () => void done.push("stub"),
    changeBaud: async () => void done.push("baud"),
    detectFlashSize: async () => size,
    flashDeflBegin: async (_, __, offset) => void ((at = offset), (packed = []), done.push(offset)),
    flashDeflBlock: async (block) => void packed.push(...block),
    readReg: async () => void flash.set(inflateSync(Uint8Array.from(packed)), at),
    flashMd5sum: async (offset, length) => md5(flash.subarray(offset, offset + length)),
    ...more,
  };
  return { made, flash, done };
}
const parts = [["bootloader", 0, 20_000], ["nvs", 0x9000, 0x6000], ["micropython", 0x10000, 70_000], ["vfs", 2 * MIB, MIB]].map(
  ([name, offset, length]) => ({ name, offset, bytes: Uint8Array.from({ length }, (_, n) => (n * 2654435761) >>> 13) }),
);

test("a chip is recognised, with its own number and the size of its flash", async () => {
  const { made, done } = chip();
  await made.meet();
  assert.deepEqual([made.name, made.mac, made.flash_bytes], ["ESP32-S3", "aa:bb", 8 * MIB]);
  assert.deepEqual(done, ["detect", "stub"]);
});

test("over a bridge it is spoken to faster, over the chip's own USB there is no speed", async () => {
  const { made, done } = chip({ vendor: 0x10c4, name: "ESP32" });
  await made.meet();
  assert.deepEqual(done, ["detect", "stub", "baud"]);
});

test("a chip that no recipe is for, one that is locked, and a flash that does not answer are each named", async () => {
  await assert.rejects(chip({ name: "ESP32-C5" }).made.meet(), { key: "unknown_chip" });
  await assert.rejects(chip({ secureDownloadMode: true }).made.meet(), { key: "locked_chip" });
  await assert.rejects(chip({ size: undefined, detectFlashSize: async () => undefined }).made.meet(), { key: "no_flash" });
});

test("all parts are written, what makes the chip start last, and the bar goes to its end once", async () => {
  const { made, flash, done } = chip();
  await made.meet();
  const shares = [];
  await made.write(parts, (share) => shares.push(share));
  assert.deepEqual(done.slice(2), [2 * MIB, 0x10000, 0x9000, 0]);
  for (const { offset, bytes } of parts) assert.deepEqual(flash.slice(offset, offset + bytes.length), bytes);
  assert.deepEqual(shares, [...shares].sort((a, b) => a - b));
  assert.equal(shares.at(-1), 1);
});

test("what lies there and is not what was written is found, by name", async () => {
  const { made, flash } = chip();
  await made.meet();
  await assert.rejects(made.write(parts, (share) => share > 0.9 && flash.set([0], 2 * MIB + 5)), { key: "not_verified", values: { part: "vfs" } });
});

test("parts beyond the end of a small flash are refused before anything is written", async () => {
  const { made, done } = chip({ size: "2MB" });
  await made.meet();
  await assert.rejects(made.write(parts, () => {}), { key: "flash_too_small", values: { has: 2, needs: 3 } });
  assert.deepEqual(done, ["detect", "stub"]);
});

test("it is restarted as by its button: RTS is pulled and let go, with DTR at rest", async () => {
  const { made } = chip();
  const lines = [];
  made.transport = {
    setDTR: async (state) => void lines.push(["dtr", state]),
    setRTS: async (state) => void lines.push(["rts", state]),
    disconnect: async () => void lines.push(["closed"]),
  };
  await made.restart();
  assert.deepEqual(lines, [["dtr", false], ["rts", true], ["rts", false], ["closed"]]);
});
