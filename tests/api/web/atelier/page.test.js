import assert from "node:assert/strict";
import { test } from "node:test";
import { belongs, wishes } from "../../../../api/web/atelier_src/src/choice.js";
import { Fault, named } from "../../../../api/web/atelier_src/src/faults.js";
import { checks, chromium, hindrance } from "../../../../api/web/atelier_src/src/ready.js";
import { Speech } from "../../../../api/web/atelier_src/src/speech.js";

const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const FINE = { secure: true, serial: true, allowed: true, agent: CHROME, phone: false, storage: true };
const error = (name, message = "") => Object.assign(new Error(message), { name });

test("an element belongs to all that it names", () => {
  assert.ok(belongs("air noise", "noise"));
  assert.ok(belongs(undefined, "noise"));
  assert.ok(!belongs("air", "noise"));
  assert.ok(!belongs("air", undefined));
});

test("a place is a name and a point, however decimals are written; empty fields are no place", () => {
  assert.deepEqual(wishes(" ", "", ""), { place: null });
  assert.deepEqual(wishes("air-7", "", ""), { name: "air-7", place: null });
  for (const point of ["48.1113, -1.6800", "48,1113; -1,68", "48.1113 -1.68"]) {
    assert.deepEqual(wishes("", "Cour", point), { place: { name: "Cour", lat: 48.1113, lon: -1.68 } });
  }
  for (const [place, point] of [["Cour", ""], ["", "48.1, 1"], ["Cour", "ici"], ["Cour", "91, 0"], ["Cour", "0, 181"]]) {
    assert.equal(wishes("", place, point), null);
  }
});

test("what the browser throws has a name by what was being done", () => {
  const cases = [
    [error("NotFoundError"), "ask", { took_ms: 4000 }, "no_port"],
    [error("NotFoundError"), "ask", { took_ms: 3 }, "closed_by_policy"],
    [error("SecurityError"), "ask", { took_ms: 4000 }, "closed_by_policy"],
    [error("NetworkError", "Failed to execute 'open' on 'SerialPort': Failed to open serial port."), "find", {}, "port_busy"],
    [error("NetworkError", "Failed to open serial port."), "find", { linux: true }, "port_busy_linux"],
    [error("InvalidStateError", "The port is already open."), "find", {}, "port_busy"],
    [error("NetworkError", "The device has been lost."), "write", {}, "unplugged"],
    [error("Error", "Failed to connect with the device"), "find", {}, "no_bootloader"],
    [error("UnexpectedChipIdError", "Unexpected chip ID value 9"), "find", {}, "unknown_chip"],
    [error("Error", "Serial data stream stopped"), "write", {}, "write_stopped"],
    [error("TypeError", "Failed to fetch"), "make", {}, "no_server"],
    [new Fault("flash_too_small"), "write", {}, "flash_too_small"],
    [error("Error", "who knows"), "start", {}, "unknown"],
  ];
  for (const [thrown, doing, when, key] of cases) assert.equal(named(thrown, doing, when).key, key, `${thrown} while ${doing}`);
});

test("why a board cannot be programmed here", () => {
  assert.equal(hindrance(FINE), null);
  assert.equal(hindrance({ ...FINE, secure: false, serial: false }), "insecure");
  assert.equal(hindrance({ ...FINE, serial: false }), "policy");
  assert.equal(hindrance({ ...FINE, allowed: false }), "policy");
  assert.equal(hindrance({ ...FINE, agent: FIREFOX, serial: false }), "browser");
  assert.equal(hindrance({ ...FINE, agent: FIREFOX }), null); // since 151 it has Web Serial
  assert.equal(hindrance({ ...FINE, agent: CHROME.replace("/140", "/104") }), "browser");
  assert.equal(hindrance({ ...FINE, phone: true }), "browser");
  assert.equal(chromium(CHROME), 140);
});

test("each check of a PC has its sentence", () => {
  const keys = (facts, file = false) => checks(facts, { file }).map(({ ok, why }) => `${ok ? "" : "no "}${why}`);
  assert.deepEqual(keys(FINE, true), ["ready_browser", "ready_address", "ready_serial", "ready_shelf"]);
  assert.deepEqual(keys({ ...FINE, secure: false, serial: false }), ["ready_browser", "no ready_no_address"]);
  assert.deepEqual(keys({ ...FINE, agent: FIREFOX, serial: false }), ["no ready_no_browser", "ready_address"]);
  assert.deepEqual(keys({ ...FINE, agent: FIREFOX }), ["ready_untried", "ready_address", "ready_serial"]);
  assert.deepEqual(keys({ ...FINE, serial: false, storage: false }, true).slice(2), ["no ready_no_serial", "no ready_no_shelf"]);
});

test("numbers and sentences are the language's", () => {
  const fr = new Speech("fr", { js_found: "{chip}, {mib} Mo" });
  assert.equal(fr.say("found", { chip: "ESP32", mib: 4 }), "ESP32, 4 Mo");
  assert.equal(fr.say("never"), "");
  const channels = [{ name: "temperature", label: { fr: "Température", en: "Temperature" }, unit: "°C", digits: 1 }, { name: "x", label: { fr: "x" }, unit: "", digits: 0 }];
  assert.deepEqual(fr.reading({ temperature: -0.04, other: 3, x: null }, channels), [["Température", "0,0\u202f°C"]]);
  assert.deepEqual(new Speech("en", {}).reading({ temperature: 21.46 }, channels), [["Temperature", "21.5\u202f°C"]]);
});
