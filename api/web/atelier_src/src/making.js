/** One board, from the click to the second tick. */
import { boardFor } from "./chip.js";
import { Fault, named } from "./faults.js";
import { Chip } from "./flash.js";
import { Following } from "./following.js";
import { seatForm } from "./forms.js";
import { pickPort } from "./picking.js";
import { again, ask, isNative, release, stopped } from "./ports.js";

/**
 * @typedef {{recipe: import("./page.js").Recipe, board: string | undefined, wishes: import("./source.js").Wishes,
 *   seats: import("./seats.js").Seats | null}} Choice
 */
const MIB = 2 ** 20;

/**
 * Afterwards the first reading is stored, and it is shown. Throws a Fault, with what was said on the way in `log`.
 * @param {import("./following.js").Tools} tools
 * @param {Choice} choice
 * @returns {Promise<import("./source.js").Order>}
 */
export async function make(tools, choice) {
  const { serial, usb, stage } = tools;
  stage.step("find", "now");
  let chip = new Chip(await ask(serial, usb)); // first of all: the browser wants the click to be fresh
  let following = null;
  try {
    chip = await met(chip, tools);
    const order = await guarded(chip, tools.signal, write(chip, tools, choice));
    const known = await serial.getPorts();
    const before = await tools.source.standing(order.device);
    const asks = before !== null && before.first_reading === null; // one that was flashed before has a first reading already
    await chip.restart();
    following = new Following(tools, order, choice.recipe.channels, asks);
    await following.run(chip.port, known);
    return order;
  } catch (error) {
    await chip.close();
    throw Object.assign(tools.signal.aborted ? new Fault("stopped") : named(error, "start"), { log: [...chip.log, ...(following?.log ?? [])] });
  }
}

/**
 * The chip, recognised and ready. An S2 or S3 whose MicroPython speaks USB itself obeys the lines by going away: its bootloader then shows
 * itself under another number.
 * @param {Chip} chip
 * @param {import("./following.js").Tools} tools
 */
async function met(chip, tools) {
  const { serial, stage, speech, signal } = tools;
  const known = await serial.getPorts();
  stage.say(speech.say("finding"));
  try {
    await guarded(chip, signal, doing("find", chip.meet()));
    return chip;
  } catch (error) {
    if (!(error instanceof Fault && error.key === "unplugged" && isNative(chip.port))) throw error;
  }
  await chip.close();
  const rom = await again(serial, chip.port, { known, pick: () => pickPort(tools, "pick_rom"), signal });
  stage.answered();
  await release(rom);
  const other = new Chip(rom);
  await guarded(other, signal, doing("find", other.meet()));
  return other;
}

/**
 * Afterwards the chip holds what makes it this device.
 * @param {Chip} chip
 * @param {import("./following.js").Tools} tools
 * @param {Choice} choice
 */
async function write(chip, { stage, speech, source, signal }, { recipe, board, wishes, seats }) {
  const mine = boardFor(recipe, chip.name, board);
  stage.step("find", "done", speech.say("found", { chip: chip.name, mib: chip.flash_bytes / MIB }));
  stage.step("make", "now");
  stage.say(speech.say("fetching"));
  if (seats && seats.seat === null) await takeSeat(stage, speech, seats, signal);
  const wanted = { recipe: recipe.slug, board: mine.board, chip: chip.name, flash_bytes: chip.flash_bytes, mac: chip.mac };
  const order = await doing("make", source.order(wanted, wishes));
  stage.step("make", "done", order.device);
  stage.remind(order.todo ? speech.say("tell_broker", { command: order.todo }) : "");
  stage.step("write", "now");
  stage.say(speech.say("writing"));
  stage.progress(0);
  await doing("write", chip.write(order.parts, (share) => stage.progress(share)));
  stage.step("write", "done", speech.say("verified"));
  return order;
}

/**
 * @param {import("./stage.js").Stage} stage
 * @param {import("./speech.js").Speech} speech
 * @param {import("./seats.js").Seats} seats
 * @param {AbortSignal} signal
 */
async function takeSeat(stage, speech, seats, signal) {
  const { form, number } = seatForm(speech, seats.batch.seats);
  await stage.ask(form, async () => seats.sit(number()), signal);
}

/**
 * What goes wrong meanwhile is named by what was being done.
 * @template T
 * @param {import("./faults.js").Doing} what
 * @param {Promise<T>} work
 */
async function doing(what, work) {
  try {
    return await work;
  } catch (error) {
    throw named(error, what, { linux: /Linux/.test(navigator.userAgent) });
  }
}

/**
 * The work, unless the cable is pulled or somebody stops it.
 * @template T
 * @param {Chip} chip
 * @param {AbortSignal} signal
 * @param {Promise<T>} work
 */
async function guarded({ port }, signal, work) {
  const over = new AbortController();
  const lost = new Promise((_, fail) => {
    port.addEventListener("disconnect", () => fail(new Fault("unplugged")), { signal: over.signal });
  });
  try {
    return await /** @type {Promise<T>} */ (Promise.race([work, lost, stopped(signal)]));
  } finally {
    over.abort();
  }
}
