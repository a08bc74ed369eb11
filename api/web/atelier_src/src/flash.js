/** A chip in its bootloader: recognised, written, verified, restarted. What speaks with it is esptool-js. */
import { ESPLoader, Transport } from "esptool-js";
import { deflate } from "./bytes.js";
import { family } from "./chip.js";
import { Fault } from "./faults.js";
import { md5 } from "./md5.js";
import { BAUD, isNative, pause } from "./ports.js";

const FAST = 460_800;
const ATTEMPTS = 5;
const MIB = 2 ** 20;
/** The slowest flash that a data sheet allows: erasing and writing a MiB. */
const MIB_MS = 40_000;
const RESET_MS = 100;
const LINES = 200;
const FAMILIES = ["ESP32", "ESP32S2", "ESP32S3", "ESP32C3", "ESP32C6"];

/** @typedef {{name: string, offset: number, bytes: Uint8Array}} Part */

/** One chip, in the hands of its loader. */
export class Chip {
  /** @param {SerialPort} port */
  constructor(port) {
    this.port = port;
    /** What was said on the way, for who looks into a failure. @type {string[]} */
    this.log = [];
    const note = (/** @type {string} */ text) => {
      if (text.trim()) this.log = [...this.log, text.trim()].slice(-LINES);
    };
    this.transport = new Transport(port);
    this.transport.trace = note;
    this.loader = new ESPLoader({
      transport: this.transport,
      baudrate: isNative(port) ? BAUD : FAST,
      romBaudrate: BAUD,
      terminal: { clean: () => {}, write: note, writeLine: note },
    });
    this.name = "";
    this.mac = "";
    this.flash_bytes = 0;
  }

  /** Afterwards the chip is recognised and its loader ready to write. Throws what the loader throws, or a Fault. */
  async meet() {
    const { loader } = this;
    await loader.detectChip("default_reset", ATTEMPTS);
    this.name = loader.chip.CHIP_NAME;
    if (!FAMILIES.includes(family(this.name))) throw new Fault("unknown_chip", { chip: this.name });
    if (loader.secureDownloadMode) throw new Fault("locked_chip");
    this.mac = await loader.chip.readMac(loader);
    await loader.chip.postConnect?.(loader);
    await loader.runStub();
    if (!isNative(this.port)) await loader.changeBaud();
    const [size, unit] = /^(\d+)(K|M)B$/.exec((await loader.detectFlashSize()) ?? "")?.slice(1) ?? [];
    if (!size) throw new Fault("no_flash");
    this.flash_bytes = Number(size) * (unit === "M" ? MIB : 1024);
  }

  /**
   * Afterwards all parts lie in flash, and the chip has said so itself. Throws a Fault where they do not.
   * @param {Part[]} parts
   * @param {(share: number) => void} progress from 0 to 1, over all parts
   */
  async write(parts, progress) {
    const end = Math.max(...parts.map((part) => part.offset + part.bytes.length));
    if (end > this.flash_bytes) throw new Fault("flash_too_small", { has: this.flash_bytes / MIB, needs: Math.ceil(end / MIB) });
    const packed = await Promise.all(parts.map(({ bytes }) => deflate(bytes)));
    const all = packed.reduce((sum, bytes) => sum + bytes.length, 0);
    let sent = 0;
    for (const n of bootableLast(parts)) {
      await this.#send(parts[n], packed[n], (bytes) => progress((sent += bytes) / all));
    }
    for (const part of parts) await this.#verify(part);
  }

  /**
   * @param {Part} part
   * @param {Uint8Array} packed
   * @param {(bytes: number) => void} sent
   */
  async #send({ offset, bytes }, packed, sent) {
    const { loader } = this;
    const patience_ms = loader.DEFAULT_TIMEOUT + (MIB_MS * bytes.length) / MIB;
    await loader.flashDeflBegin(bytes.length, packed.length, offset);
    for (let at = 0, n = 0; at < packed.length; at += loader.FLASH_WRITE_SIZE, n++) {
      const block = packed.slice(at, at + loader.FLASH_WRITE_SIZE);
      await loader.flashDeflBlock(block, n, patience_ms);
      sent(block.length);
    }
    await loader.readReg(loader.CHIP_DETECT_MAGIC_REG_ADDR, patience_ms); // answered once the last block is written
  }

  /** @param {Part} part */
  async #verify({ name, offset, bytes }) {
    const lies = await this.loader.flashMd5sum(offset, bytes.length);
    if (lies !== md5(bytes)) throw new Fault("not_verified", { part: name });
  }

  /** Let the chip run what it was given: EN is pulled down by RTS, as a press on its button does. The port is closed. */
  async restart() {
    await this.transport.setDTR(false);
    await this.transport.setRTS(true);
    await pause(RESET_MS);
    await this.transport.setRTS(false).catch(() => {}); // its port may be gone already
    await this.close();
  }

  /** Give the port back. */
  async close() {
    await Promise.race([this.transport.disconnect().catch(() => {}), pause(1500)]);
  }
}

/**
 * The order in which parts are written: what makes a chip start comes last, so that a board whose cable was pulled never half starts.
 * @param {Part[]} parts
 */
function bootableLast(parts) {
  return [...parts.keys()].sort((a, b) => parts[b].offset - parts[a].offset);
}
