/** The page comes to life: choices show what belongs to them, "Commencer" begins, and the checks of a PC are made. */
import { chosen, showChoice, wishes } from "./choice.js";
import { h } from "./dom.js";
import { Fault, named } from "./faults.js";
import { make } from "./making.js";
import { readPage } from "./page.js";
import { ask, release } from "./ports.js";
import { checks, facts, hindrance } from "./ready.js";
import { Seats } from "./seats.js";
import { Gateway, OneFile } from "./source.js";
import { Speech } from "./speech.js";
import { Stage } from "./stage.js";
import style from "./style.css";

/** @param {string} name @returns {any} */
const part = (name) => document.querySelector(`[data-atelier="${name}"]`);
/** @param {string} name */
const field = (name) => /** @type {HTMLInputElement | null} */ (document.querySelector(`input[name="${name}"]`))?.value ?? "";

class Atelier {
  /** @param {import("./page.js").Page} page */
  constructor(page) {
    this.page = page;
    this.speech = new Speech(page.lang, page.words);
    this.stage = part("stage") && new Stage(part("stage"), this.speech);
    this.seats = page.batch ? new Seats(page.batch, localStorage, navigator.locks ?? null) : null;
    this.source = page.batch && this.seats
      ? new OneFile(page.batch, this.seats, () => Date.now() / 1000)
      : new Gateway(page.base, page.lang, (...asked) => fetch(...asked));
    this.busy = false;
  }

  /** Once, when the page is there. */
  open() {
    const why = hindrance(facts(window));
    if (part("start")) this.#bench(why);
    if (part("ready")) this.#ready();
  }

  /** @param {string | null} why it cannot be done here */
  #bench(why) {
    const apart = part("unsupported");
    if (why && apart) {
      const sentence = h("p", { className: "why", "data-why": why }, h("b", {}, this.speech.say(`why_${why}`)));
      (apart.querySelector("h2 + p") ?? apart.firstElementChild)?.after(sentence);
      apart.hidden = false;
    }
    const refresh = () => {
      const recipe = showChoice(document, this.page.recipes);
      part("start").disabled = why !== null || this.busy || !recipe;
    };
    document.addEventListener("change", refresh);
    document.addEventListener("reset", () => setTimeout(refresh));
    part("start").addEventListener("click", () => void this.#begin().finally(refresh));
    refresh();
  }

  async #begin() {
    const recipe = this.page.recipes.find((one) => one.slug === chosen(document, "recipe"));
    if (!recipe || this.busy) return;
    this.busy = part("start").disabled = true;
    const stop = new AbortController();
    this.stage.begin(() => stop.abort());
    try {
      const wished = wishes(field("name"), field("place"), field("point"));
      if (!wished) throw new Fault("bad_point");
      const { stage, speech, source } = this;
      const tools = { serial: navigator.serial, usb: this.page.usb, stage, speech, source, signal: stop.signal };
      const order = await make(tools, { recipe, board: chosen(document, "board"), wishes: wished, seats: this.seats });
      this.stage.done(order, { label: source.label(order.device), another: () => this.stage.clear() });
    } catch (error) {
      this.stage.fail(named(error, "start"), /** @type {any} */ (error).log ?? []);
    } finally {
      this.busy = false;
    }
  }

  #ready() {
    const list = part("ready");
    for (const { check, ok, why } of checks(facts(window), { file: this.page.mode === "file" })) this.#told(list, check, ok, why);
    const button = part("try-port");
    if (!button) return;
    button.disabled = !("serial" in navigator);
    button.addEventListener("click", () => void this.#tryPort(list, button));
  }

  /**
   * @param {HTMLElement} list
   * @param {string} check
   * @param {boolean} ok
   * @param {string} key
   */
  #told(list, check, ok, key) {
    list.querySelector(`[data-check="${check}"]`)?.remove();
    const say = (/** @type {string} */ one) => this.speech.say(one);
    list.append(h("li", { "data-check": check, "data-ok": ok }, h("b", {}, say(key)), " ", say(`${key}_do`)));
  }

  /**
   * @param {HTMLElement} list
   * @param {HTMLButtonElement} button
   */
  async #tryPort(list, button) {
    button.disabled = true;
    let port = null;
    try {
      port = await ask(navigator.serial, this.page.usb);
      await port.open({ baudRate: 115_200 });
      this.#told(list, "port", true, "ready_port");
    } catch (error) {
      const linux = /Linux/.test(navigator.userAgent);
      this.#told(list, "port", false, named(error, "find", { linux }).key);
    } finally {
      await release(port);
      button.disabled = false;
    }
  }
}

const sheet = new CSSStyleSheet();
sheet.replaceSync(style);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
const page = readPage(document);
if (page) new Atelier(page).open();
