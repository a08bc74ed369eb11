/** From the restart to the second tick: the board's console is read, its Wi-Fi given where it has none, and its first reading awaited. */
import { Splitter, told } from "./console.js";
import { Fault } from "./faults.js";
import { hear, nothing, obstacle } from "./follow.js";
import { wifiForm } from "./forms.js";
import { Improv, STATE } from "./improv.js";
import { pickPort } from "./picking.js";
import { Cable, again, pause, stopped } from "./ports.js";

/**
 * @typedef {{serial: Serial, usb: number[], stage: import("./stage.js").Stage, speech: import("./speech.js").Speech,
 *   source: import("./source.js").Source, signal: AbortSignal}} Tools
 */
const SILENT_MS = 10_000;
const LATE_MS = 45_000;
const POLL_MS = 1500;
const IMPROV_MS = 25_000;
const LINES = 200;
const QUIET_MS = 2500;
/** After so long every board has said its first words, to whoever was there. */
const START_MS = 6000;
const PROMPT_MS = 400;
/** Ctrl-C twice, then Ctrl-D at MicroPython's prompt. */
const INTERRUPT = Uint8Array.of(13, 3, 3);
const SOFT_RESET = Uint8Array.of(4);

export class Following {
  /**
   * @param {Tools} tools
   * @param {import("./source.js").Order} order
   * @param {import("./page.js").Channel[]} channels
   * @param {boolean} asks is it the gateway's word that counts, rather than the receipt that the board heard?
   */
  constructor(tools, order, channels, asks) {
    this.tools = tools;
    this.order = order;
    this.channels = channels;
    this.asks = asks;
    this.heard = nothing();
    /** @type {Cable | null} */
    this.cable = null;
    this.improv = new Improv(async (bytes) => this.cable?.write(bytes));
    /** What the console said last. @type {string[]} */
    this.log = [];
    this.offered = false;
    this.joined = new AbortController();
    this.restarted_ms = performance.now();
    /** @type {(why?: unknown) => void} */
    this.fail = () => {};
    this.ended = false;
  }

  /**
   * Afterwards the first reading is stored. Throws a Fault where it cannot be.
   * @param {SerialPort} port of the restarted chip
   * @param {SerialPort[]} known ports that were there before
   */
  async run(port, known) {
    const { stage, speech, signal } = this.tools;
    stage.step("start", "now");
    stage.say(speech.say("starting"));
    const failed = new Promise((_, reject) => (this.fail = reject));
    try {
      await Promise.race([this.#stored(), this.#read(port, known), this.#hints(), failed, stopped(signal)]);
    } finally {
      this.ended = true;
      await this.cable?.close();
    }
  }

  /** Reads the console as long as there is one; never returns while the board is followed. */
  async #read(/** @type {SerialPort} */ port, /** @type {SerialPort[]} */ known) {
    const { serial, stage, signal } = this.tools;
    for (let at = port; !this.ended; ) {
      at = await again(serial, at, { known, pick: () => this.#pick(), signal });
      if (this.picking) stage.answered();
      this.picking = false;
      this.cable = new Cable(at);
      void this.#wake(this.cable);
      const splitter = new Splitter();
      await this.cable.listen((bytes) => splitter.push(bytes).forEach((part) => this.#take(part)));
      if (!this.ended) await this.#lost(this.cable);
    }
  }

  /**
   * A board whose port was found late has said its first words to nobody, and the next come with its next sample: it is made to start again,
   * by hand as at a keyboard. One that says anything at all is let alone: it may be starting.
   * @param {Cable} cable
   */
  async #wake(cable) {
    await pause(Math.max(QUIET_MS, this.restarted_ms + START_MS - performance.now()));
    if (cable.heard || this.ended || cable !== this.cable) return;
    await cable.write(INTERRUPT).catch(() => {});
    await pause(PROMPT_MS);
    await cable.write(SOFT_RESET).catch(() => {});
  }

  /**
   * The board has gone from this port, and may come back; what was asked for it is asked again then.
   * @param {Cable} cable
   */
  async #lost(cable) {
    this.gone = this.up;
    this.up = false;
    this.joined.abort();
    this.joined = new AbortController();
    await cable.close();
  }

  #pick() {
    this.picking = true;
    return pickPort(this.tools, this.gone ? "pick_lost" : "pick_why");
  }

  /** @param {import("./console.js").Line | import("./console.js").Frame} part */
  #take(part) {
    if (this.ended) return;
    if (part.kind === "frame") {
      this.improv.take(part);
      return;
    }
    this.log = [...this.log, part.text].slice(-LINES);
    const one = told(part.text);
    if (!one) return;
    this.heard = hear(this.heard, one);
    this.#show();
  }

  #show() {
    const { stage, speech } = this.tools;
    const { device, network, values } = this.heard;
    if (device && device !== this.order.device) this.fail(new Fault("other_device", { device, wanted: this.order.device }));
    this.#started(); // its first lines are missed where the port is found late
    if (values) stage.tick("cable", "done", speech.say("tick_cable_done"), speech.reading(values, this.channels));
    if (network === "joined") this.#join();
    const hint = obstacle(this.heard);
    if (hint) stage.tick("network", "bad", `${speech.say(hint)} ${speech.say(`${hint}_do`)}`);
    else stage.tick("network", "wait", speech.say("tick_network_wait"));
    if (hint?.startsWith("network_") && !this.offered) void this.#offerWifi();
  }

  #join() {
    this.tools.stage.step("wifi", "done", "");
    this.joined.abort();
    this.joined = new AbortController(); // it may lose that network, and be asked for another one
  }

  #started() {
    const { stage, speech } = this.tools;
    if (this.up) return;
    this.up = true;
    stage.step("start", "done");
    stage.step("wifi", "now");
    stage.say(speech.say("measuring"));
    if (this.order.networks === 0) void this.#offerWifi();
  }

  /** Ask for a network where the board takes one; it goes to the board over the cable. */
  async #offerWifi() {
    const { stage, speech, signal } = this.tools;
    this.offered = true;
    try {
      if ((await this.improv.standing(IMPROV_MS)) === STATE.joined) return;
      const { form, offer, typed } = wifiForm(speech);
      const given = stage.ask(form, () => this.#give(typed()), either(signal, this.joined.signal));
      given.catch(() => {}); // joined or stopped while the board still listens around it
      await this.improv.scan().then(offer, () => offer([]));
      await given;
      stage.step("wifi", "done", "");
    } catch (error) {
      if (error instanceof Fault) this.#unheard(error);
    } finally {
      this.offered = this.heard.network === "joined";
    }
  }

  /** @param {Fault} fault */
  #unheard(fault) {
    const { stage, speech } = this.tools;
    if (this.heard.network !== "joined") stage.say(`${speech.say(fault.key)} ${speech.say(`${fault.key}_do`)}`);
  }

  /** @param {string[]} typed */
  async #give([name, password]) {
    const { stage, speech } = this.tools;
    stage.say(speech.say("joining", { name }));
    try {
      return await this.improv.settings(name, password);
    } catch (error) {
      stage.say("");
      const why = this.heard.network === "joined" ? null : obstacle(this.heard);
      throw why && this.tools.speech.knows(why) ? new Fault(why) : error;
    }
  }

  /** Returns once a reading is stored. */
  async #stored() {
    const { source, stage, speech, signal } = this.tools;
    while (!signal.aborted) {
      const reading = this.asks ? (await source.standing(this.order.device))?.first_reading : null;
      if (reading || (this.heard.stored && !this.asks)) {
        const values = reading?.values ?? this.heard.values ?? {};
        stage.tick("network", "done", speech.say("tick_network_done"), speech.reading(values, this.channels));
        if (!this.heard.values) stage.tick("cable", "done", speech.say("tick_cable_passed"));
        stage.step("start", "done");
        stage.step("wifi", "done", "");
        stage.remind("");
        return;
      }
      await pause(this.asks ? POLL_MS : POLL_MS / 10);
    }
  }

  /** Says what to try while nothing comes; never returns. */
  async #hints() {
    const { stage, speech } = this.tools;
    await pause(SILENT_MS);
    if (this.log.length === 0 && !this.picking && !this.ended) stage.say(`${speech.say("silent")} ${speech.say("silent_do")}`);
    await pause(LATE_MS - SILENT_MS);
    if (this.up && !this.heard.values && !this.ended) stage.tick("cable", "bad", `${speech.say("no_value")} ${speech.say("no_value_do")}`);
    await new Promise(() => {});
  }
}

/**
 * A signal of whichever comes first.
 * @param {AbortSignal[]} signals
 */
function either(...signals) {
  const first = new AbortController();
  for (const signal of signals) signal.addEventListener("abort", () => first.abort(signal.reason), { once: true });
  return first.signal;
}
