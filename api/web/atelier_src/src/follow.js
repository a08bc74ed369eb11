/**
 * What a board has told since it started, as the two ticks want it: a value over the cable, its receipt over the network.
 *
 * @typedef {{device: string | null, network: string | null, broker: string | null, clock: string | null,
 *   values: Record<string, number> | null, waiting: [number, number][], stored: boolean}} Heard
 */

const MOST = 64;

/** @returns {Heard} */
export function nothing() {
  return { device: null, network: null, broker: null, clock: null, values: null, waiting: [], stored: false };
}

/**
 * What is known after one thing more was told.
 * @param {Heard} heard
 * @param {import("./console.js").Told} told
 * @returns {Heard}
 */
export function hear(heard, told) {
  switch (told.kind) {
    case "word":
      return told.part === "device" ? { ...nothing(), device: told.word } : { ...heard, [told.part]: told.word };
    case "sample":
      return { ...heard, values: told.values, waiting: [...heard.waiting, /** @type {[number, number]} */ ([told.ep, told.sq])].slice(-MOST) };
    case "receipt":
      return { ...heard, stored: heard.stored || heard.waiting.some((number) => covers(told, number)) };
  }
}

/**
 * Does this receipt say that a sample is kept?
 * @param {import("./console.js").Receipt} receipt
 * @param {[number, number]} number
 */
export function covers({ ep, sq, also }, [of, number]) {
  return ep === of && (number <= sq || also.some(([first, last]) => first <= number && number <= last));
}

/**
 * The name of the sentence about what stands in the way of the second tick, the nearest first; null where nothing does.
 * @param {Heard} heard
 * @returns {string | null}
 */
export function obstacle({ network, broker, clock }) {
  if (network !== null && network !== "joined") return `network_${under(network)}`;
  if (broker !== null && broker !== "connected") return `broker_${under(broker)}`;
  return clock === "none" ? "clock_none" : null;
}

/** @param {string} word */
function under(word) {
  return word.replaceAll("-", "_");
}
