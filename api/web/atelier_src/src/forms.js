/** The two things that somebody may have to write: the number of a seat, and a Wi-Fi network with its password. */
import { h } from "./dom.js";

/**
 * @param {import("./speech.js").Speech} speech
 * @param {number} seats
 */
export function seatForm(speech, seats) {
  const number = h("input", { type: "number", min: 1, max: seats, required: true, inputMode: "numeric", name: "seat" });
  const form = h(
    "form", { className: "ask", id: "seat" },
    h("h3", {}, speech.say("seat_title")), h("p", {}, speech.say("seat_help")),
    h("label", {}, speech.say("seat_number"), " ", number), h("button", { className: "act" }, speech.say("seat_ok")),
  );
  return { form, number: () => Number(number.value) };
}

/**
 * Networks that the board hears, to choose one of, and a field for one that it does not.
 * @param {import("./speech.js").Speech} speech
 */
export function wifiForm(speech) {
  const say = (/** @type {string} */ key) => speech.say(key);
  const heard = h("select", { name: "heard", disabled: true, required: true }, h("option", { value: "" }, say("wifi_listening")));
  const unheard = h("option", { value: "*" }, say("wifi_other"));
  const other = h("input", { name: "ssid", maxLength: 32, autocomplete: "off", spellcheck: false, "aria-label": say("wifi_name"), hidden: true });
  const password = h("input", { name: "password", type: "password", maxLength: 63, autocomplete: "off" });
  const seen = h("input", { type: "checkbox", onchange: () => (password.type = seen.checked ? "text" : "password") });
  const button = h("button", { className: "act", disabled: true }, say("wifi_ok"));
  const form = h(
    "form", { className: "ask", id: "wifi" },
    h("h3", {}, say("wifi_title")), h("p", {}, say("wifi_help")),
    h("label", {}, say("wifi_name"), " ", heard), other,
    h("label", {}, say("wifi_password"), " ", password), h("label", { className: "quiet" }, seen, " ", say("wifi_show")),
    button,
  );
  const settle = () => {
    other.hidden = !unheard.selected;
    other.required = unheard.selected;
  };
  heard.onchange = settle;
  /** @param {import("./improv.js").Network[]} networks the loudest first */
  const offer = (networks) => {
    const options = networks.map(({ name, open }) => h("option", { value: name }, open ? `${name} (${say("wifi_open")})` : name));
    heard.replaceChildren(h("option", { value: "" }, say("wifi_choose")), ...options, unheard);
    heard.disabled = button.disabled = false;
    if (networks.length === 0) unheard.selected = true;
    settle();
  };
  return { form, offer, typed: () => [unheard.selected ? other.value : heard.value, password.value] };
}
