/**
 * What the page hands to its script.
 *
 * @typedef {{fr: string, en: string}} Texts
 * @typedef {{name: string, label: Texts, unit: string, digits: number}} Channel
 * @typedef {{board: string, name: string, chip: string}} Board
 * @typedef {{slug: string, names: Texts, boards: Board[], channels: Channel[]}} Recipe
 * @typedef {{seat: number, number: number, recipe: string, device: string, page: string, nvs: string}} Identity
 * @typedef {{offset: number, flash_bytes?: number, gz: string}} Packed
 * @typedef {{expires_s: number, seats: number, networks?: number, identities: Identity[],
 *   micropython: Record<string, Packed>, vfs: Record<string, Packed>}} Batch
 * @typedef {{mode: "server" | "file", lang: "fr" | "en", base: string, recipes: Recipe[], words: Record<string, string>,
 *   usb: number[], batch?: Batch}} Page
 */

/**
 * What is embedded in the page; null where it is a page without.
 * @param {Document} document
 * @returns {Page | null}
 */
export function readPage(document) {
  const element = document.getElementById("atelier");
  return element ? JSON.parse(element.textContent ?? "null") : null;
}
