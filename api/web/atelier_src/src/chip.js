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
const OTA = 0;
const NVS = 2;

/**
 * The data partitions of a kind, by the table inside a MicroPython image: ESP-IDF's format, 32 bytes an entry.
 * @param {Uint8Array} image
 * @param {number} begins where in flash the image does
 * @param {number} subtype
 */
function partition(image, begins, subtype) {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  for (let at = TABLE - begins; at + ENTRY <= image.length && view.getUint16(at, true) === MAGIC; at += ENTRY) {
    if (image[at + 2] === DATA && image[at + 3] === subtype) return { offset: view.getUint32(at + 4, true), size: view.getUint32(at + 8, true) };
  }
  return null;
}

/**
 * A MicroPython image and this board's identity as parts, none over another: identity lies where the image's own table has its NVS. Where
 * there are two slots, it is said that the first one starts.
 * @param {Uint8Array} image
 * @param {number} begins where in flash the image does
 * @param {Uint8Array} nvs
 * @returns {import("./flash.js").Part[]}
 */
export function laid(image, begins, nvs) {
  const [mine, ota] = [NVS, OTA].map((subtype) => partition(image, begins, subtype));
  if (!mine || nvs.length !== mine.size) throw new Fault("bad_image");
  const ours = [{ name: "nvs", offset: mine.offset, bytes: nvs }];
  if (ota) ours.push({ name: "otadata", offset: ota.offset, bytes: new Uint8Array(ota.size).fill(0xff) });
  ours.sort((a, b) => a.offset - b.offset);
  const parts = [];
  let at = begins;
  for (const hole of ours) {
    parts.push({ name: "bootloader", offset: at, bytes: image.subarray(at - begins, hole.offset - begins) }, hole);
    at = hole.offset + hole.bytes.length;
  }
  parts.push({ name: "micropython", offset: at, bytes: image.subarray(at - begins) });
  return parts.filter((part) => part.bytes.length > 0);
}
