/** What happens to a board, shown: steps, one bar, two ticks, and what is wrong. */
import { definitions, h } from "./dom.js";

/** @typedef {"find" | "make" | "write" | "start" | "wifi"} Step */
/** @typedef {"cable" | "network"} Tick */
/** @typedef {"wait" | "now" | "done" | "bad"} State */

const STEPS = /** @type {const} */ (["find", "make", "write", "start", "wifi"]);
const TICKS = /** @type {const} */ (["cable", "network"]);

export class Stage {
  /**
   * @param {HTMLElement} place where it is shown
   * @param {import("./speech.js").Speech} speech
   */
  constructor(place, speech) {
    this.place = place;
    this.speech = speech;
    this.clear();
  }

  /** As it is before anything happens: nothing to be seen. */
  clear() {
    this.place.hidden = true;
    this.place.replaceChildren();
  }

  /** Something begins. @param {() => void} stop is called where somebody stops it */
  begin(stop) {
    const say = (/** @type {string} */ key) => this.speech.say(key);
    this.steps = h("ol", { className: "steps" }, ...STEPS.map((name) => this.#item(name)));
    this.bar = h("progress", { max: 100, value: 0, hidden: true, "aria-label": say("progress") });
    this.told = h("p", { className: "told", role: "status" });
    this.reminder = h("p", { className: "note", role: "status", hidden: true });
    this.ticks = h("div", { className: "ticks" }, ...TICKS.map((name) => this.#tick(name)));
    this.asked = h("div", { className: "asked" });
    this.stop = h("button", { type: "button", className: "quiet-act", onclick: stop }, say("stop"));
    this.place.replaceChildren(
      h("h2", {}, say("stage")), this.steps, this.bar, this.told, this.reminder, this.asked, this.ticks, h("p", { className: "acts" }, this.stop),
    );
    this.place.hidden = false;
    this.place.scrollIntoView?.({ block: "nearest" });
  }

  /** @param {Step} name */
  #item(name) {
    const state = h("span", { className: "state" }, this.speech.say("state_wait"));
    return h("li", { "data-step": name, "data-state": "wait" }, h("b", {}, this.speech.say(`step_${name}`)), " ", state, " ", h("span", { className: "beside" }));
  }

  /** @param {Tick} name */
  #tick(name) {
    const [title, note] = [this.speech.say(`tick_${name}`), this.speech.say(`tick_${name}_wait`)];
    return h("div", { className: "tick", "data-tick": name, "data-state": "wait" }, h("h3", {}, title), h("p", { role: "status" }, note), h("dl", { className: "values" }));
  }

  /**
   * @param {Step} name
   * @param {State} state
   * @param {string} [beside] the name of the step
   */
  step(name, state, beside) {
    const item = this.steps.querySelector(`[data-step="${name}"]`);
    item.setAttribute("data-state", state);
    item.querySelector(".state").textContent = this.speech.say(`state_${state}`);
    if (beside !== undefined) item.querySelector(".beside").textContent = beside;
    performance.mark(`atelier:${name}:${state}`);
  }

  /**
   * @param {Tick} name
   * @param {State} state
   * @param {string} sentence
   * @param {[string, string][]} [rows] what was measured
   */
  tick(name, state, sentence, rows) {
    const tick = this.ticks.querySelector(`[data-tick="${name}"]`);
    if (tick.dataset.state !== state) performance.mark(`atelier:${name}:${state}`);
    tick.dataset.state = state;
    const said = tick.querySelector("p");
    if (said.textContent !== sentence) said.textContent = sentence; // else a screen reader says it again and again
    if (rows) tick.querySelector("dl").replaceChildren(...definitions(rows));
  }

  /** @param {string} sentence */
  say(sentence) {
    this.told.textContent = sentence;
  }

  /** What somebody has to do elsewhere meanwhile; empty where nothing is left. @param {string} sentence */
  remind(sentence) {
    this.reminder.hidden = sentence === "";
    this.reminder.textContent = sentence;
  }

  /** @param {number} share from 0 to 1 */
  progress(share) {
    this.bar.hidden = share >= 1;
    this.bar.value = Math.floor(100 * share);
  }

  /**
   * What is wrong and what to do; steps under way have failed.
   * @param {import("./faults.js").Fault} fault
   * @param {string[]} log what was said on the way, for who looks into it
   */
  fail(fault, log) {
    for (const item of this.place.querySelectorAll('[data-step][data-state="now"]')) {
      this.step(/** @type {any} */ (item).dataset.step, "bad");
    }
    const [what, todo] = fault.said ? [fault.said, ""] : [this.speech.say(fault.key, fault.values), this.speech.say(`${fault.key}_do`, fault.values)];
    const box = h("div", { className: "failure", role: "alert", "data-fault": fault.key }, h("p", {}, h("b", {}, what)), h("p", {}, todo));
    if (log.length > 0) box.append(h("details", {}, h("summary", {}, this.speech.say("diary")), h("pre", {}, log.join("\n"))));
    this.asked.replaceChildren(box);
    this.bar.hidden = true;
    this.stop.hidden = true;
    this.ticks.hidden = this.ticks.querySelector('[data-state="wait"] + [data-state="wait"]') !== null; // nothing to be seen there yet
    this.say("");
    box.scrollIntoView?.({ block: "nearest" });
  }

  /**
   * It is online: where, and what is stored.
   * @param {{device: string, page: string}} order
   * @param {{label: string | null, another: () => void}} more
   */
  done({ device, page }, { label, another }) {
    const say = (/** @type {string} */ key) => this.speech.say(key);
    const link = /^https?:\/\//.test(page) ? h("a", { href: page, target: "_blank", rel: "noopener" }, page) : h("span", {}, page);
    const acts = h("p", { className: "acts" }, h("button", { type: "button", className: "act", id: "again", onclick: another }, say("another")));
    if (label) acts.append(h("a", { className: "quiet-act", href: label, target: "_blank", rel: "noopener" }, say("label")));
    const box = h(
      "section", { className: "done", tabIndex: -1 },
      h("h2", {}, this.speech.say("online", { device })), h("p", {}, say("private")), h("p", { className: "address" }, link), acts,
    );
    this.asked.replaceChildren(box);
    this.stop.hidden = true;
    this.say("");
    box.focus();
  }

  /**
   * A form; resolves with what `take` makes of it. A Fault that it throws is said in the form, which stays.
   * @template T
   * @param {HTMLFormElement} form
   * @param {() => Promise<T>} take
   * @param {AbortSignal} signal
   * @returns {Promise<T>}
   */
  ask(form, take, signal) {
    this.asked.replaceChildren(form);
    form.scrollIntoView?.({ block: "nearest" });
    /** @type {HTMLElement | null} */ (form.querySelector("input:not([hidden]), select"))?.focus({ preventScroll: true });
    return new Promise((resolve, reject) => {
      const close = () => form.remove();
      form.onsubmit = (event) => {
        event.preventDefault();
        this.#submit(form, take).then((answer) => answer && (close(), resolve(answer[0])), reject);
      };
      signal.addEventListener("abort", () => (close(), reject(signal.reason)), { once: true });
    });
  }

  /**
   * @template T
   * @param {HTMLFormElement} form
   * @param {() => Promise<T>} take
   * @returns {Promise<[T] | null>} null where the form stays
   */
  async #submit(form, take) {
    const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
    form.querySelector(".fault")?.remove();
    button.disabled = true;
    try {
      return [await take()];
    } catch (error) {
      if (!(error instanceof Error && error.name === "Fault")) throw error;
      const { key, values } = /** @type {import("./faults.js").Fault} */ (error);
      button.before(h("p", { className: "fault", role: "alert" }, `${this.speech.say(key, values)} ${this.speech.say(`${key}_do`, values)}`));
      button.scrollIntoView?.({ block: "nearest" });
      return null;
    } finally {
      button.disabled = false;
    }
  }

  /**
   * A button that asks for the port under its new number.
   * @param {string} why
   * @param {() => void} then
   */
  pick(why, then) {
    this.asked.replaceChildren(h("p", {}, why), h("button", { type: "button", className: "act", id: "pick", onclick: then }, this.speech.say("pick")));
    this.asked.querySelector("button").focus();
  }

  /** Nothing is asked any more. */
  answered() {
    this.asked.replaceChildren();
  }
}
