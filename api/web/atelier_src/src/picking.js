/** Asking for the port of a board that shows itself under another number: browsers want a click for it. */
import { ask } from "./ports.js";

/**
 * @param {Pick<import("./following.js").Tools, "serial" | "usb" | "stage" | "speech">} tools
 * @param {"pick_why" | "pick_rom" | "pick_lost"} why
 * @returns {Promise<SerialPort>}
 */
export function pickPort({ serial, usb, stage, speech }, why) {
  stage.say(why === "pick_lost" ? speech.say("unplugged") : speech.say("port_changed"));
  return new Promise((resolve) => {
    stage.pick(speech.say(why), () => void ask(serial, usb).then(resolve, (fault) => stage.say(speech.say(`${fault.key}_do`))));
  });
}
