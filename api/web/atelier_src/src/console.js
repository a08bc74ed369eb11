/**
 * What a board says on its console: lines, and frames of Improv between them.
 *
 * @typedef {{kind: "line", text: string}} Line
 * @typedef {{kind: "frame", type: number, data: Uint8Array}} Frame
 * @typedef {{kind: "sample", ep: number, sq: number, values: Record<string, number>}} Sample
 * @typedef {{kind: "receipt", ep: number, sq: number, also: [number, number][]}} Receipt
 * @typedef {{kind: "word", part: "device" | "network" | "broker" | "clock", word: string}} Word
 * @typedef {Sample | Receipt | Word} Told
 */
import { HEAD, sumOf } from "./improv.js";

const END = 10;
const LONGEST = 4096;
const NUMBERS = "(\\d+) (\\d+)";
const SAMPLE = new RegExp(`^[SV] ${NUMBERS}(?: \\d+)? (\\{.*\\})$`);
const RECEIPT = new RegExp(`^R ${NUMBERS} (\\[.*\\])$`);
const WORD = /^# (device|network|broker|clock): (\S+)/;
/** Why a network that was given by Improv could not be joined. */
const GIVEN = /^# improv: .* (wrong-password|not-found|other-security|no-address|failed)$/;

/** Cuts a stream of bytes into lines and frames; half of one is kept until the rest comes. */
export class Splitter {
  constructor() {
    /** @type {number[]} */
    this.held = [];
  }

  /**
   * @param {Uint8Array} bytes
   * @returns {(Line | Frame)[]}
   */
  push(bytes) {
    const found = [];
    for (const byte of bytes) {
      this.held.push(byte);
      const whole = this.frame() ?? this.line(byte);
      if (whole) found.push(whole);
    }
    return found;
  }

  /** @returns {Frame | null} the frame that ends with the last byte */
  frame() {
    const start = this.begins();
    if (start < 0) return null;
    const length = this.held[start + HEAD.length + 1];
    if (length === undefined || this.held.length < start + HEAD.length + 3 + length) return null;
    const frame = this.held.splice(start);
    const sum = frame.pop();
    if (sum !== sumOf(frame)) return null;
    return { kind: "frame", type: frame[HEAD.length], data: Uint8Array.from(frame.slice(HEAD.length + 2)) };
  }

  /** Where a frame begins in what is held; below 0 where none does. */
  begins() {
    return this.held.findIndex((_, at) => at + HEAD.length <= this.held.length && HEAD.every((b, n) => this.held[at + n] === b));
  }

  /**
   * @param {number} byte the last one
   * @returns {Line | null}
   */
  line(byte) {
    if (byte !== END && this.held.length < LONGEST) return null;
    if (byte === END && this.begins() >= 0) return null; // a length or a sum may be 10
    const text = new TextDecoder().decode(Uint8Array.from(this.held)).trimEnd();
    this.held = [];
    return text ? { kind: "line", text } : null;
  }
}

/**
 * What a line tells; null where it is nothing that anybody here waits for.
 * @param {string} text
 * @returns {Told | null}
 */
export function told(text) {
  try {
    return sample(text) ?? receipt(text) ?? word(text);
  } catch {
    return null; // half a line, where the board lost its power
  }
}

/** @param {string} text @returns {Sample | null} */
function sample(text) {
  const found = SAMPLE.exec(text);
  return found && { kind: "sample", ep: Number(found[1]), sq: Number(found[2]), values: JSON.parse(found[3]) };
}

/** @param {string} text @returns {Receipt | null} */
function receipt(text) {
  const found = RECEIPT.exec(text);
  return found && { kind: "receipt", ep: Number(found[1]), sq: Number(found[2]), also: JSON.parse(found[3]) };
}

/** @param {string} text @returns {Word | null} */
function word(text) {
  const given = GIVEN.exec(text);
  if (given) return { kind: "word", part: "network", word: given[1] };
  const found = WORD.exec(text);
  return found && { kind: "word", part: /** @type {Word["part"]} */ (found[1]), word: found[2] };
}
