/**
 * Which identities of a file's batch this PC gives out: those of its seat, each to one board and for ever. It is written down before the
 * first byte goes to the board, so a page that is closed in the middle gives nothing twice; the same board gets the same one again.
 */
import { Fault } from "./faults.js";

/** @typedef {Pick<Storage, "getItem" | "setItem">} Shelf */
/** @typedef {{request: (name: string, then: () => Promise<unknown>) => Promise<unknown>}} Locks */
/** @typedef {{seat: number | null, given: Record<string, string>}} Kept `given`: the board's own number, by device */

export class Seats {
  /**
   * @param {import("./page.js").Batch} batch
   * @param {Shelf} shelf
   * @param {Locks | null} locks of all windows that show this file
   */
  constructor(batch, shelf, locks) {
    this.batch = batch;
    this.shelf = shelf;
    this.locks = locks;
    /** @type {number | null} the number that was said once: a seat is taken when it is said again */
    this.named = null;
    this.name = `girouette-atelier-${batch.identities[0]?.device}-${batch.expires_s}`;
  }

  /** @returns {Kept} */
  read() {
    try {
      return JSON.parse(this.shelf.getItem(this.name) ?? "null") ?? { seat: null, given: {} };
    } catch (error) {
      throw new Fault("no_storage", {}, { cause: error });
    }
  }

  /** @param {Kept} kept */
  write(kept) {
    try {
      this.shelf.setItem(this.name, JSON.stringify(kept));
    } catch (error) {
      throw new Fault("no_storage", {}, { cause: error });
    }
  }

  /** The number of this PC's seat; null where nobody was asked yet. With one seat there is nothing to ask. */
  get seat() {
    return this.batch.seats === 1 ? 1 : this.read().seat;
  }

  /**
   * Takes this seat for this PC. The first time the number is said, a Fault tells what two tables of one number would do; said again, it holds.
   * @param {number} number
   */
  sit(number) {
    if (!this.batch.identities.some((one) => one.seat === number)) throw new Fault("no_such_seat", { seats: this.batch.seats });
    if (this.named !== number) {
      this.named = number;
      throw new Fault("seat_alone", { seat: number });
    }
    this.write({ ...this.read(), seat: number });
  }

  /**
   * The identity of this board for this recipe. Throws a Fault where the batch is over or its seat has none left.
   * @param {string} mac the board's own number
   * @param {string} recipe
   * @param {number} now_s
   * @returns {Promise<import("./page.js").Identity>}
   */
  async take(mac, recipe, now_s) {
    if (now_s > this.batch.expires_s) throw new Fault("batch_over");
    const choose = async () => this.#choose(mac, recipe);
    if (!this.locks) return choose();
    return /** @type {Promise<import("./page.js").Identity>} */ (this.locks.request(this.name, choose));
  }

  /**
   * @param {string} mac
   * @param {string} recipe
   */
  #choose(mac, recipe) {
    const kept = this.read();
    const mine = this.batch.identities.filter((one) => one.seat === this.seat && one.recipe === recipe);
    const found = mine.find((one) => kept.given[one.device] === mac) ?? mine.find((one) => !(one.device in kept.given));
    if (!found) throw new Fault("batch_spent", { seat: this.seat ?? 0 });
    this.write({ ...kept, given: { ...kept.given, [found.device]: mac } });
    return found;
  }
}
