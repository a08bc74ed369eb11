/** Chips and boards: which of a recipe's boards this chip is, and where its identity lies in flash. */
import { Fault } from "./faults.js";

/**
 * The family of a chip or of the module that it is in.
 * @param {string} name "ESP32-C6-WROOM-1", "ESP32-C6" or "esp32c6"
 */
export function family(name) {
  return name.toUpperCase().replaceAll("-", "").match(/^ESP32([SCHP]\d+)?/)?.[0] ?? name;
}

/**
 * The board of this recipe that has this chip: the one that was chosen where there are several. Throws a Fault where there is none.
 * @param {import("./page.js").Recipe} recipe
 * @param {string} chip as the loader calls it
 * @param {string} [chosen] the board whose drawing was followed
 */
export function boardFor(recipe, chip, chosen) {
  const fitting = recipe.boards.filter((board) => family(board.chip) === family(chip));
  const board = fitting.find((one) => one.board === chosen) ?? fitting[0];
  if (!board) {
    const others = [...new Set(recipe.boards.map((one) => one.name))].join(", ");
    throw new Fault("no_such_board", { chip, boards: others });
  }
  if (chosen && board.board !== chosen) {
    const followed = recipe.boards.find((one) => one.board === chosen);
    throw new Fault("other_board", { chip, board: board.name, chosen: followed?.name ?? chosen });
  }
  return board;
}

const TABLE = 0x8000;
const ENTRY = 32;
const MAGIC = 0x50aa;
const DATA = 1;
const NVS = 2;

/**
 * Where the partition table inside a MicroPython image puts its NVS: ESP-IDF's format, 32 bytes an entry.
 * @param {Uint8Array} image
 * @param {number} offset where in flash the image begins
 */
export function nvsOffset(image, offset) {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  for (let at = TABLE - offset; at + ENTRY <= image.length && view.getUint16(at, true) === MAGIC; at += ENTRY) {
    if (image[at + 2] === DATA && image[at + 3] === NVS) return view.getUint32(at + 4, true);
  }
  throw new Fault("bad_image");
}
