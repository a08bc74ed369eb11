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

/** @param {import("./speech.js").Speech} speech */
export function wifiForm(speech) {
  const heard = h("datalist", { id: "networks" });
  const name = h("input", { name: "ssid", maxLength: 32, required: true, autocomplete: "off", spellcheck: false });
  name.setAttribute("list", "networks");
  const password = h("input", { name: "password", type: "password", maxLength: 63, autocomplete: "off" });
  const form = h(
    "form", { className: "ask", id: "wifi" },
    h("h3", {}, speech.say("wifi_title")), h("p", {}, speech.say("wifi_help")), heard,
    h("label", {}, speech.say("wifi_name"), " ", name), h("label", {}, speech.say("wifi_password"), " ", password),
    h("button", { className: "act" }, speech.say("wifi_ok")),
  );
  /** @param {import("./improv.js").Network[]} networks the loudest first */
  const offer = (networks) => {
    heard.replaceChildren(...networks.map((one) => h("option", { value: one.name })));
    if (!name.value && networks.length > 0) name.value = networks[0].name;
  };
  return { form, offer, typed: () => [name.value, password.value] };
}
