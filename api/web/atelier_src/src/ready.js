/** "Mon poste est-il prêt ?": what can be known of this browser and this computer before anything is plugged in. */

/** @typedef {{check: "browser" | "address" | "serial" | "shelf", ok: boolean, why: string}} Check */

/** Web Serial came with 89; what these pages are made of (`:has`, streams that unpack) with 105. */
const OLDEST = 105;

/**
 * @typedef {{secure: boolean, serial: boolean, allowed: boolean, agent: string, phone: boolean, storage: boolean}} Facts
 * @param {Window & typeof globalThis} window
 * @returns {Facts}
 */
export function facts(window) {
  const { navigator, document } = window;
  const policy = /** @type {any} */ (document).featurePolicy;
  return {
    secure: window.isSecureContext,
    serial: "serial" in navigator,
    allowed: policy?.allowsFeature?.("serial") ?? true,
    agent: navigator.userAgent,
    phone: /Android|iPhone|iPad|Mobile/.test(navigator.userAgent),
    storage: stores(window),
  };
}

/** @param {Window} window */
function stores(window) {
  try {
    window.localStorage.setItem("girouette-atelier", "");
    window.localStorage.removeItem("girouette-atelier");
    return true;
  } catch {
    return false;
  }
}

/**
 * The major version of Chrome, Edge or another browser with their engine; 0 for others.
 * @param {string} agent
 */
export function chromium(agent) {
  return Number(/Chrom(?:e|ium)\/(\d+)/.exec(agent)?.[1] ?? 0);
}

/**
 * Is this a browser that can do it? One that is not Chromium but has Web Serial may try: Firefox on a PC has it since 151 (MDN, May 2026), and
 * nobody has flashed a board with it from here.
 * @param {{agent: string, serial: boolean, phone: boolean}} facts
 */
function fits({ agent, serial, phone }) {
  const version = chromium(agent);
  return !phone && (version === 0 ? serial : version >= OLDEST);
}

/**
 * Why a board cannot be programmed from here, as the template names it; null where it can.
 * @param {Facts} facts
 * @returns {"browser" | "insecure" | "policy" | null}
 */
export function hindrance({ secure, serial, allowed, agent, phone }) {
  if (!fits({ agent, serial, phone })) return "browser";
  if (!secure) return "insecure";
  return serial && allowed ? null : "policy";
}

/**
 * The sentence about a browser that fits: one that nobody has tried says so.
 * @param {Facts} told
 */
function fitting({ agent }) {
  return chromium(agent) === 0 ? "ready_untried" : "ready_browser";
}

/**
 * Each check with the name of its sentence.
 * @param {Facts} told
 * @param {{file: boolean}} page
 * @returns {Check[]}
 */
export function checks(told, { file }) {
  const fit = fits(told);
  const open = told.serial && told.allowed;
  /** @type {Check[]} */
  const found = [
    { check: "browser", ok: fit, why: fit ? fitting(told) : told.phone ? "ready_phone" : "ready_no_browser" },
    { check: "address", ok: told.secure, why: told.secure ? "ready_address" : "ready_no_address" },
  ];
  if (fit && told.secure) found.push({ check: "serial", ok: open, why: open ? "ready_serial" : "ready_no_serial" });
  if (file) found.push({ check: "shelf", ok: told.storage, why: told.storage ? "ready_shelf" : "ready_no_shelf" });
  return found;
}
