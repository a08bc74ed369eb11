/** Which recipe and which board are chosen; what belongs to others is hidden. */

/**
 * @param {Document} document
 * @param {"recipe" | "board"} name
 * @returns {string | undefined}
 */
export function chosen(document, name) {
  const input = /** @type {HTMLInputElement | null} */ (document.querySelector(`input[name="${name}"]:checked`));
  return input?.value;
}

/**
 * Does an element belong to what is chosen? It may name several recipes or boards, or none.
 * @param {string | undefined} names with blanks between
 * @param {string | undefined} choice
 */
export function belongs(names, choice) {
  return names === undefined || (choice !== undefined && names.split(" ").includes(choice));
}

/**
 * Show what belongs to the choice. A board that the recipe is not meant for gives way to the first that it is.
 * @param {Document} document
 * @param {import("./page.js").Recipe[]} recipes
 */
export function showChoice(document, recipes) {
  const slug = chosen(document, "recipe");
  const recipe = recipes.find((one) => one.slug === slug);
  settleBoard(document, recipe);
  const board = chosen(document, "board");
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-recipe], [data-board]"))) {
    element.hidden = !belongs(element.dataset.recipe, slug) || !belongs(element.dataset.board, board);
  }
  document.body.classList.toggle("chosen", recipe !== undefined);
  return recipe;
}

/**
 * @param {Document} document
 * @param {import("./page.js").Recipe | undefined} recipe
 */
function settleBoard(document, recipe) {
  const board = chosen(document, "board");
  if (!recipe || recipe.boards.some((one) => one.board === board)) return;
  const first = document.querySelector(`input[name="board"][value="${recipe.boards[0].board}"]`);
  if (first instanceof HTMLInputElement) first.checked = true;
}

/**
 * What was wished in the form about name and place; empty fields are no wishes.
 * @param {string} name
 * @param {string} place
 * @param {string} point "48.1113, -1.6800", with commas or points for decimals
 * @returns {import("./source.js").Wishes | null} null where the point cannot be read
 */
export function wishes(name, place, point) {
  const called = name.trim() ? { name: name.trim() } : {};
  if (!place.trim() && !point.trim()) return { ...called, place: null };
  const found = /^(-?\d+(?:[.,]\d+)?)\s*[,; ]\s*(-?\d+(?:[.,]\d+)?)$/.exec(point.trim());
  if (!found || !place.trim()) return null;
  const [lat, lon] = [found[1], found[2]].map((text) => Number(text.replace(",", ".")));
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { ...called, place: { name: place.trim(), lat, lon } } : null;
}
