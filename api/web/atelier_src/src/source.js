/**
 * Where a board's identity and bytes come from: the gateway that serves this page, or the file that this page is.
 *
 * @typedef {{recipe: string, board: string, chip: string, flash_bytes: number, mac: string}} Wanted
 * @typedef {{name?: string, place: {name: string, lat: number, lon: number} | null}} Wishes
 * @typedef {{device: string, page: string, networks: number, todo: string | null, parts: import("./flash.js").Part[]}} Order
 *   `todo` is what is left to type on the gateway's machine, so that the broker lets the board in
 * @typedef {{first_reading: {time: string | number, values: Record<string, number>} | null, page: string}} Standing
 * @typedef {{order: (wanted: Wanted, wishes: Wishes) => Promise<Order>, standing: (device: string) => Promise<Standing | null>,
 *   label: (device: string) => string | null}} Source `standing` is null where there is no gateway to be asked, or it does not answer
 */
import { fromBase64, gunzip, sha256 } from "./bytes.js";
import { laid } from "./chip.js";
import { Fault } from "./faults.js";
import { pause } from "./ports.js";

const PATIENCE = 10;

/** @implements {Source} */
export class Gateway {
  /**
   * @param {string} base
   * @param {string} lang
   * @param {typeof fetch} fetched
   */
  constructor(base, lang, fetched) {
    this.root = `${base}/atelier`;
    this.headers = { "Accept-Language": lang, Accept: "application/json" };
    this.fetched = fetched;
    /** What was made for a board already, by what was wanted: a second try of the same board takes it. @type {Map<string, Order>} */
    this.made = new Map();
  }

  /**
   * @param {Wanted} wanted
   * @param {Wishes} wishes
   * @returns {Promise<Order>}
   */
  async order({ mac, ...wanted }, wishes) {
    const key = JSON.stringify([mac, wanted, wishes]);
    const known = this.made.get(key);
    if (known) return known;
    const body = JSON.stringify({ ...wanted, ...wishes });
    const headers = { ...this.headers, "Content-Type": "application/json" };
    const told = await (await this.#asked("/boards", { method: "POST", headers, body })).json();
    const parts = await Promise.all(told.parts.map((/** @type {any} */ part) => this.#part(part)));
    const order = { device: told.device, page: told.page, networks: told.networks, todo: told.todo, parts };
    this.made.set(key, order);
    return order;
  }

  /** @param {{name: string, offset: number, size: number, sha256: string, url: string}} part */
  async #part({ name, offset, size, sha256: hash, url }) {
    const answer = await this.#asked(url, {});
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (bytes.length !== size || (await sha256(bytes)) !== hash) throw new Fault("part_damaged", { part: name });
    return { name, offset, bytes };
  }

  /**
   * How it stands with a device; null where the gateway does not answer just now.
   * @param {string} device
   * @returns {Promise<Standing | null>}
   */
  async standing(device) {
    const answer = await this.fetched(`${this.root}/boards/${device}`, { headers: this.headers }).catch(() => null);
    return answer?.ok ? answer.json() : null;
  }

  /** @param {string} device */
  label(device) {
    return `${this.root}/boards/${device}/label.svg`;
  }

  /**
   * An answer that is none of a refusal; where it says to come back, that is done. Throws a Fault with the gateway's own sentence.
   * @param {string} path
   * @param {RequestInit} how
   * @returns {Promise<Response>}
   */
  async #asked(path, how) {
    const address = path.startsWith("/boards") ? this.root + path : path;
    for (let n = 0; ; n++) {
      const answer = await this.fetched(address, { headers: this.headers, ...how }).catch((cause) => {
        throw new Fault("no_server", {}, { cause });
      });
      if (answer.ok) return answer;
      const wait_s = Number(answer.headers.get("Retry-After"));
      if (!wait_s || n >= PATIENCE) {
        const said = (await answer.json().catch(() => ({}))).detail;
        throw new Fault("server_refused", { status: answer.status }, { said });
      }
      await pause(wait_s * 1000);
    }
  }
}

/** @implements {Source} */
export class OneFile {
  /**
   * @param {import("./page.js").Batch} batch
   * @param {import("./seats.js").Seats} seats
   * @param {() => number} now_s
   */
  constructor(batch, seats, now_s) {
    this.batch = batch;
    this.seats = seats;
    this.now_s = now_s;
  }

  /**
   * @param {Wanted} wanted
   * @returns {Promise<Order>}
   */
  async order({ recipe, board, flash_bytes, mac }) {
    const micropython = this.batch.micropython[board];
    const vfs = this.batch.vfs[`${recipe}/${board}/${flash_bytes}`] ?? this.batch.vfs[`${recipe}/${board}`];
    if (!micropython || !vfs) throw new Fault("not_in_file");
    if (vfs.flash_bytes && vfs.flash_bytes !== flash_bytes) {
      throw new Fault("other_flash", { has: flash_bytes / 2 ** 20, needs: vfs.flash_bytes / 2 ** 20 });
    }
    const [image, disk] = await Promise.all([micropython, vfs].map(({ gz }) => gunzip(fromBase64(gz))));
    const one = await this.seats.take(mac, recipe, this.now_s());
    return {
      device: one.device,
      page: one.page,
      networks: this.batch.networks ?? 0,
      todo: null, // who made the file was told
      parts: [
        ...laid(image, micropython.offset, fromBase64(one.nvs)),
        { name: "vfs", offset: vfs.offset, bytes: disk },
      ],
    };
  }

  /** No gateway is asked: the board's own receipt tells. */
  async standing() {
    return null;
  }

  label() {
    return null;
  }
}
