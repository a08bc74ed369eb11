/** What may go wrong, each with a name of which the page has two sentences: what it is (`key`) and what to do (`key_do`). */

export class Fault extends Error {
  /**
   * @param {string} key
   * @param {Record<string, string | number>} [values] for the places of the sentences
   * @param {{cause?: unknown, said?: string}} [more] `said`: a sentence of the server's, shown as it is
   */
  constructor(key, values = {}, more = {}) {
    super(key, { cause: more.cause });
    this.name = "Fault";
    this.key = key;
    this.values = values;
    this.said = more.said;
  }
}

/** @typedef {"ask" | "find" | "make" | "write" | "start" | "console"} Doing */

/** Faster than a person can dismiss a window: a policy of the computer answered in their place. */
const NOBODY_MS = 250;

/**
 * The fault that an exception stands for, by what was being done.
 * @param {unknown} error
 * @param {Doing} doing
 * @param {{took_ms?: number, linux?: boolean}} [when]
 * @returns {Fault}
 */
export function named(error, doing, when = {}) {
  if (error instanceof Fault) return error;
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  const text = String(error instanceof Error ? error.message : error);
  return new Fault(keyOf(name, text, doing, when), {}, { cause: error });
}

/**
 * @param {string} name of the exception
 * @param {string} text
 * @param {Doing} doing
 * @param {{took_ms?: number, linux?: boolean}} when
 */
function keyOf(name, text, doing, when) {
  if (doing === "ask") return asked(name, when);
  if (/device has been lost|disconnected/i.test(text)) return "unplugged";
  if (/failed to open|already open|port is (not ready|closed)/i.test(text) || name === "InvalidStateError") {
    return when.linux ? "port_busy_linux" : "port_busy";
  }
  if (/MD5/.test(text)) return "not_verified";
  if (doing === "make") return name === "TypeError" ? "no_server" : "unknown";
  if (doing === "find") return /chip/i.test(text) && !/connect/i.test(text) ? "unknown_chip" : "no_bootloader";
  return doing === "write" ? "write_stopped" : "unknown";
}

/**
 * @param {string} name
 * @param {{took_ms?: number}} when
 */
function asked(name, when) {
  if (name === "SecurityError") return "closed_by_policy";
  return (when.took_ms ?? Infinity) < NOBODY_MS ? "closed_by_policy" : "no_port";
}
