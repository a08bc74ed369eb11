/** What is said to people: the page's words with their places filled, numbers as the language writes them. */

export class Speech {
  /**
   * @param {"fr" | "en"} lang
   * @param {Record<string, string>} words by key, `js_` before each
   */
  constructor(lang, words) {
    this.lang = lang;
    this.words = words;
  }

  /**
   * The sentence of a key; empty where the page has none.
   * @param {string} key
   * @param {Record<string, string | number>} [values] for its `{places}`
   */
  say(key, values = {}) {
    const text = this.words[`js_${key}`] ?? "";
    return text.replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name]) : place));
  }

  /** @param {string} key */
  knows(key) {
    return `js_${key}` in this.words;
  }

  /**
   * @param {number} value
   * @param {number} digits decimals
   */
  number(value, digits) {
    const rounded = Number(value.toFixed(digits)) + 0; // -0 is 0
    return new Intl.NumberFormat(this.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(rounded);
  }

  /**
   * What was measured, as names and values; channels that the recipe does not know are left out.
   * @param {Record<string, number | null>} values by channel
   * @param {import("./page.js").Channel[]} channels
   * @returns {[string, string][]}
   */
  reading(values, channels) {
    return channels.flatMap((channel) => {
      const value = values[channel.name];
      if (typeof value !== "number" || !Number.isFinite(value)) return [];
      return [[channel.label[this.lang], `${this.number(value, channel.digits)}\u202f${channel.unit}`.trim()]];
    });
  }
}
