/** Improv Wi-Fi over serial, version 1 (https://www.improv-wifi.com/serial/): frames, and what is asked by them. */
import { Fault } from "./faults.js";

export const HEAD = [..."IMPROV"].map((c) => c.charCodeAt(0)).concat(1);
export const TYPE = { state: 1, error: 2, rpc: 3, result: 4 };
export const RPC = { settings: 1, state: 2, info: 3, scan: 4 };
export const STATE = { ready: 2, joining: 3, joined: 4 };
export const ERROR = { 1: "improv_failed", 2: "improv_failed", 3: "wifi_refused", 254: "improv_failed", 255: "improv_failed" };
const END = 10;

/**
 * The last byte of a frame: the sum of all before it.
 * @param {number[]} bytes
 */
export function sumOf(bytes) {
  return bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);
}

/**
 * A frame as it goes over the cable.
 * @param {number} type
 * @param {number[]} data
 */
export function frame(type, data) {
  const bytes = [...HEAD, type, data.length, ...data];
  return Uint8Array.from([...bytes, sumOf(bytes), END]);
}

/**
 * @param {number} command
 * @param {string[]} texts
 */
export function request(command, texts = []) {
  const told = texts.map((text) => [...new TextEncoder().encode(text)]).flatMap((bytes) => [bytes.length, ...bytes]);
  return frame(TYPE.rpc, [command, told.length, ...told]);
}

/**
 * The texts of a result, and to which command it answers.
 * @param {Uint8Array} data
 * @returns {{command: number, texts: string[]}}
 */
export function result(data) {
  const texts = [];
  const end = Math.min(data.length, 2 + data[1]);
  for (let at = 2; at < end; at += 1 + data[at]) {
    texts.push(new TextDecoder().decode(data.subarray(at + 1, at + 1 + data[at])));
  }
  return { command: data[0], texts };
}

/** @typedef {{name: string, dbm: number, open: boolean}} Network */

/** Asks a board one thing at a time; frames of its console are given to `take`. */
export class Improv {
  /** @param {(bytes: Uint8Array) => Promise<void>} write */
  constructor(write) {
    this.write = write;
    this.state = 0;
    /** @type {{hear: (type: number, data: Uint8Array) => void, fail: (fault: Fault) => void} | null} */
    this.asked = null;
  }

  /** @param {import("./console.js").Frame} frame */
  take({ type, data }) {
    if (type === TYPE.state) this.state = data[0];
    if (type === TYPE.error && data[0] !== 0) {
      this.asked?.fail(new Fault(ERROR[/** @type {keyof typeof ERROR} */ (data[0])] ?? "improv_failed"));
    } else this.asked?.hear(type, data);
  }

  /**
   * @template T
   * @param {Uint8Array} bytes
   * @param {{within_ms: number, again_ms?: number, hear: (type: number, data: Uint8Array, done: (answer: T) => void) => void}} how
   * @returns {Promise<T>}
   */
  async ask(bytes, { within_ms, again_ms, hear }) {
    /** @type {ReturnType<typeof setTimeout>[]} */
    const timers = [];
    try {
      return await new Promise((resolve, fail) => {
        this.asked = { hear: (type, data) => hear(type, data, resolve), fail };
        timers.push(setTimeout(() => fail(new Fault("improv_silent")), within_ms));
        if (again_ms) timers.push(setInterval(() => this.write(bytes).catch(fail), again_ms));
        this.write(bytes).catch(fail);
      });
    } finally {
      timers.forEach(clearTimeout);
      this.asked = null;
    }
  }

  /**
   * How it stands with this board's Wi-Fi: one of STATE. A board that is still starting is asked again.
   * @param {number} within_ms
   * @param {number} [again_ms]
   */
  async standing(within_ms, again_ms = 1000) {
    return this.ask(request(RPC.state), {
      within_ms,
      again_ms,
      hear: (type, data, /** @type {(answer: number) => void} */ done) => type === TYPE.state && done(data[0]),
    });
  }

  /**
   * The networks that the board hears, the loudest first, each name once.
   * @returns {Promise<Network[]>}
   */
  async scan() {
    /** @type {Network[]} */
    const heard = [];
    return this.ask(request(RPC.scan), {
      within_ms: 20_000,
      hear: (type, data, /** @type {(answer: Network[]) => void} */ done) => {
        const answer = type === TYPE.result ? result(data) : null;
        if (answer?.command !== RPC.scan) return;
        if (answer.texts.length === 0) done(loudest(heard));
        else heard.push({ name: answer.texts[0], dbm: Number(answer.texts[1]), open: answer.texts[2] === "NO" });
      },
    });
  }

  /**
   * Give the board a network; afterwards it is joined, and the answer is where to go on. Throws a Fault where it is not.
   * @param {string} name
   * @param {string} password
   * @returns {Promise<string | undefined>}
   */
  async settings(name, password) {
    return this.ask(request(RPC.settings, [name, password]), {
      within_ms: 60_000,
      hear: (type, data, /** @type {(answer: string | undefined) => void} */ done) => {
        const answer = type === TYPE.result ? result(data) : null;
        if (answer?.command === RPC.settings) done(answer.texts[0]);
      },
    });
  }
}

/** @param {Network[]} heard */
function loudest(heard) {
  /** @type {Map<string, Network>} */
  const best = new Map();
  for (const one of heard) {
    const known = best.get(one.name);
    if (one.name && (!known || known.dbm < one.dbm)) best.set(one.name, one);
  }
  return [...best.values()].sort((a, b) => b.dbm - a.dbm);
}
