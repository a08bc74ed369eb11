/** Serial ports: asked for, opened, and found again when a board starts under another number. */
import { Fault, named } from "./faults.js";

const ESPRESSIF = 0x303a;
export const BAUD = 115_200;
/** As long as a chip needs to show itself under its new number. */
const RETURN_MS = 2500;
const LOOK_MS = 200;
/** What a reader may go on after. */
const PASSING = ["BufferOverrunError", "BreakError", "FramingError", "ParityError"];

/** @param {number} ms */
export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Never comes, unless somebody stops what is under way: then it throws a Fault.
 * @param {AbortSignal} signal
 * @returns {Promise<never>}
 */
export function stopped(signal) {
  return new Promise((_, fail) => signal.addEventListener("abort", () => fail(new Fault("stopped")), { once: true }));
}

/**
 * The port that somebody chose in the browser's window. Throws a Fault where nobody did.
 * @param {Serial} serial
 * @param {number[]} vendors whose USB is shown there
 */
export async function ask(serial, vendors) {
  const began = performance.now();
  try {
    return await serial.requestPort({ filters: vendors.map((usbVendorId) => ({ usbVendorId })) });
  } catch (error) {
    throw named(error, "ask", { took_ms: performance.now() - began });
  }
}

/**
 * Is this the chip's own USB, for which there is no speed to set?
 * @param {SerialPort} port
 */
export function isNative(port) {
  return port.getInfo().usbVendorId === ESPRESSIF;
}

/**
 * The board's console after a restart: opened, at the same port, or at one that appeared since. Where the browser knows none, `pick` is
 * asked for one, which takes a click.
 * @param {Serial} serial
 * @param {SerialPort} old
 * @param {{known: SerialPort[], pick: () => Promise<SerialPort>, signal: AbortSignal}} how `known`: ports that were there before
 */
export async function again(serial, old, { known, pick, signal }) {
  const asking = performance.now() + RETURN_MS;
  /** @type {Promise<void> | null} */
  let asked = null;
  /** @type {SerialPort[]} */
  const candidates = [old];
  for (;;) {
    signal.throwIfAborted();
    const fresh = (await serial.getPorts()).filter((port) => !known.includes(port));
    for (const port of [...fresh, ...candidates]) if (await opens(port)) return port;
    if (!asked && performance.now() > asking) asked = pick().then((port) => void candidates.push(port));
    await pause(LOOK_MS);
  }
}

/** @param {SerialPort} port */
async function opens(port) {
  try {
    await port.open({ baudRate: BAUD, bufferSize: 16_384 });
    return true;
  } catch {
    return false;
  }
}

/**
 * Give a port back, whatever it is in the middle of.
 * @param {SerialPort | null} port
 */
export async function release(port) {
  await port?.close().catch(() => {});
}

/** A console: what is read goes to `hear` until the port is lost or closed. */
export class Cable {
  /** @param {SerialPort} port that is open */
  constructor(port) {
    this.port = port;
    this.over = this.heard = false;
    /** @type {ReadableStreamDefaultReader<Uint8Array> | null} */
    this.reader = null;
  }

  /**
   * Returns when the port was lost or closed.
   * @param {(bytes: Uint8Array) => void} hear
   */
  async listen(hear) {
    while (this.port.readable && !this.over) {
      this.reader = this.port.readable.getReader();
      try {
        for (let part = await this.reader.read(); !part.done; part = await this.reader.read()) {
          this.heard = true;
          hear(part.value);
        }
        break;
      } catch (error) {
        if (!(error instanceof DOMException && PASSING.includes(error.name))) break;
      } finally {
        this.reader.releaseLock();
      }
    }
  }

  /** @param {Uint8Array} bytes */
  async write(bytes) {
    if (!this.port.writable) throw new Fault("unplugged");
    const writer = this.port.writable.getWriter();
    try {
      await writer.write(bytes);
    } finally {
      writer.releaseLock();
    }
  }

  /** Afterwards the port may be opened by others. */
  async close() {
    this.over = true;
    await this.reader?.cancel().catch(() => {});
    await release(this.port);
  }
}
