import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Following } from "../../../../api/web/atelier_src/src/following.js";

const CHANNELS = [{ name: "temperature", label: { fr: "Température" }, unit: "°C", digits: 1 }];
const ORDER = { device: "air-1", page: "", networks: 1, parts: [] };

/** A port whose other end is the test. */
class Port extends EventTarget {
  written = [];
  readable = null;
  writable = null;
  async open() {
    if (this.gone) throw new DOMException("Failed to open serial port.", "NetworkError");
    this.readable = new ReadableStream({ start: (inside) => void (this.inside = inside) });
    this.writable = new WritableStream({ write: (bytes) => void this.written.push(...bytes) });
  }
  async close() {
    this.readable = this.writable = null;
  }
  say(...lines) {
    this.inside.enqueue(new TextEncoder().encode(lines.map((line) => `${line}\r\n`).join("")));
  }
  lose() {
    this.gone = true;
    this.inside.error(new DOMException("The device has been lost.", "NetworkError"));
    this.readable = this.writable = null;
  }
}

/** What is shown, by element. */
class Shown {
  ticks = {};
  steps = {};
  said = "";
  step(name, state) {
    this.steps[name] = state;
  }
  tick(name, state, sentence, rows) {
    this.ticks[name] = [state, sentence, rows];
  }
  say(sentence) {
    this.said = sentence;
  }
  reminder = "tell_broker";
  remind(sentence) {
    this.reminder = sentence;
  }
  pick() {
    this.picking = true;
  }
  answered() {
    this.picking = false;
  }
}

/** A board that is followed, in a time that the test lets pass. */
async function follow(work, source = null) {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const pass = async (ms) => {
    for (let at = 0; at < ms; at += 100) {
      mock.timers.tick(100);
      await new Promise(setImmediate);
    }
    for (let n = 0; n < 20; n++) await new Promise(setImmediate);
  };
  const stop = new AbortController();
  const stage = new Shown();
  const port = new Port();
  const ports = [port];
  const speech = {
    lang: "fr",
    say: (key) => key,
    knows: () => true,
    reading: (values) => Object.entries(values).map(([name, value]) => `${name} ${value}`),
  };
  const tools = { serial: { getPorts: async () => ports }, usb: [], stage, speech, source, signal: stop.signal };
  const following = new Following(tools, ORDER, CHANNELS, source !== null);
  const ended = following.run(port, [port]).then(() => "stored", (fault) => fault.key);
  try {
    await pass(300);
    await work({ port, ports, stage, pass, stop, ended });
  } finally {
    stop.abort();
    await pass(400);
    mock.timers.reset();
  }
}

test("two ticks: a value over the cable, then its receipt", () =>
  follow(async ({ port, stage, pass, ended }) => {
    port.say("# device: air-1", 'V 7 1 {"temperature": 21.5}');
    await pass(300);
    assert.deepEqual(stage.ticks.cable, ["done", "tick_cable_done", ["temperature 21.5"]]);
    assert.equal(stage.ticks.network[0], "wait");
    port.say("# network: joined", "# broker: connected", "R 7 1 []");
    await pass(500);
    assert.equal(await ended, "stored");
    assert.equal(stage.ticks.network[0], "done");
    assert.equal(stage.steps.wifi, "done");
    assert.equal(stage.reminder, ""); // what the broker needed was done
  }));

test("where there is a gateway to be asked its word counts, whatever the cable says", () => {
  let reading = null;
  const source = { standing: async () => ({ first_reading: reading, page: "" }) };
  return follow(async ({ port, stage, pass, ended }) => {
    port.say("# device: air-1", 'V 7 1 {"temperature": 21.5}', "R 7 1 []");
    await pass(2000);
    assert.equal(stage.ticks.network[0], "wait");
    reading = { time: 1, values: { temperature: 21.5 } };
    await pass(2000);
    assert.equal(await ended, "stored");
  }, source);
});

test("a reading that arrives before the cable is heard is enough", () => {
  const source = { standing: async () => ({ first_reading: { time: 1, values: { temperature: 3 } }, page: "" }) };
  return follow(async ({ stage, pass, ended }) => {
    await pass(2000);
    assert.equal(await ended, "stored");
    assert.deepEqual(stage.ticks.cable.slice(0, 2), ["done", "tick_cable_passed"]);
    assert.deepEqual(stage.ticks.network, ["done", "tick_network_done", ["temperature 3"]]);
  }, source);
});

test("what stands in the way is said at the second tick, and taken back", () =>
  follow(async ({ port, stage, pass }) => {
    port.say("# device: air-1", "# network: joined", "# broker: unreachable (x), again in 300 ms");
    await pass(300);
    assert.deepEqual(stage.ticks.network.slice(0, 2), ["bad", "broker_unreachable broker_unreachable_do"]);
    port.say("# broker: connected");
    await pass(300);
    assert.equal(stage.ticks.network[0], "wait");
  }));

test("another board that speaks is no success", () =>
  follow(async ({ port, pass, ended }) => {
    port.say("# device: air-2", 'V 7 1 {"temperature": 21.5}', "R 7 1 []");
    await pass(300);
    assert.equal(await ended, "other_device");
  }));

test("a board that says nothing at all is started again by hand, and somebody is asked to press its button", () =>
  follow(async ({ port, stage, pass }) => {
    await pass(5000);
    assert.deepEqual(port.written, []);
    await pass(2000);
    assert.deepEqual(port.written, [13, 3, 3, 4]);
    await pass(5000);
    assert.equal(stage.said, "silent silent_do");
  }));

test("a board that is starting is let alone", () =>
  follow(async ({ port, stage, pass }) => {
    port.say("ets Jul 29 2019 12:21:46");
    await pass(20_000);
    assert.deepEqual(port.written, []);
    assert.notEqual(stage.said, "silent silent_do");
  }));

test("a board that runs and measures nothing is told as such, and its network is not to blame", () =>
  follow(async ({ port, stage, pass }) => {
    port.say("# device: air-1", "# network: joined", "# broker: connected", "# clock: ntp");
    await pass(44_000);
    assert.equal(stage.ticks.cable, undefined);
    await pass(2000);
    assert.deepEqual(stage.ticks.cable.slice(0, 2), ["bad", "no_value no_value_do"]);
    assert.equal(stage.ticks.network[0], "wait");
  }));

test("a port that is lost is found again under another number, where the browser knows it", () =>
  follow(async ({ port, ports, stage, pass, ended }) => {
    port.lose();
    const other = new Port();
    ports.push(other);
    await pass(600);
    other.say("# device: air-1", 'V 7 1 {"temperature": 21.5}', "R 7 1 []");
    await pass(500);
    assert.equal(await ended, "stored");
    assert.ok(!stage.picking);
  }));

test("a cable that is pulled while the board runs is told, and plugged in again it goes on", () =>
  follow(async ({ port, ports, stage, pass, ended }) => {
    port.say("# device: air-1", 'V 7 1 {"temperature": 21.5}');
    await pass(300);
    port.lose();
    await pass(300);
    const again = new Port();
    ports[0] = again;
    await pass(600);
    again.say("# device: air-1", 'V 7 2 {"temperature": 21.6}');
    await pass(300);
    assert.equal(stage.said, "measuring");
    again.say("R 7 2 []");
    await pass(500);
    assert.equal(await ended, "stored");
  }));

test("somebody may stop it at any moment, and the port is given back", () =>
  follow(async ({ port, stop, pass, ended }) => {
    stop.abort();
    await pass(300);
    assert.equal(await ended, "stopped");
    assert.equal(port.readable, null);
  }));
