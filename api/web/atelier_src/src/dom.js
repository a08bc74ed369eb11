/** Elements, made without a word of HTML in a string. */

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [has] properties, or attributes where the element has no such property
 * @param {...(Node | string)} inside
 * @returns {any}
 */
export function h(tag, has = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(has)) {
    if (name in element) /** @type {any} */ (element)[name] = value;
    else element.setAttribute(name, String(value));
  }
  element.append(...inside);
  return element;
}

/**
 * Names and values as a list of definitions.
 * @param {[string, string][]} rows
 */
export function definitions(rows) {
  return rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)));
}
