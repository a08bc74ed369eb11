import assert from "node:assert/strict";
import { test } from "node:test";
import { Splitter } from "../../../../api/web/atelier_src/src/console.js";
import { ERROR, HEAD, Improv, RPC, STATE, TYPE, frame, request, result, sumOf } from "../../../../api/web/atelier_src/src/improv.js";
import * as sdk from "../../../../api/web/atelier_src/node_modules/improv-wifi-serial-sdk/dist/const.js";

const told = (command, ...texts) => {
  const data = texts.map((text) => [...new TextEncoder().encode(text)]).flatMap((b) => [b.length, ...b]);
  return frame(TYPE.result, [command, data.length, ...data]);
};

/** A board that answers each command by what is scripted for it. */
function board(script) {
  const asked = [];
  const splitter = new Splitter();
  const improv = new Improv(async (bytes) => {
    const [{ data }] = splitter.push(bytes);
    asked.push([...data]);
    const answers = script[data[0]] ?? [];
    setTimeout(() => answers.forEach((answer) => splitter.push(answer).forEach((part) => improv.take(part))));
  });
  return { improv, asked };
}

test("head, types, states and errors are those of the official SDK", () => {
  assert.deepEqual(HEAD, sdk.SERIAL_PACKET_HEADER);
  const types = sdk.ImprovSerialMessageType;
  assert.deepEqual(TYPE, { state: types.CURRENT_STATE, error: types.ERROR_STATE, rpc: types.RPC, result: types.RPC_RESULT });
  const states = sdk.ImprovSerialCurrentState;
  assert.deepEqual(STATE, { ready: states.READY, joining: states.PROVISIONING, joined: states.PROVISIONED });
  const known = Object.keys(sdk.ERROR_MSGS).map(Number).filter((code) => code !== 0 && code !== 5);
  assert.deepEqual(Object.keys(ERROR).map(Number).sort(), known.sort());
});

test("a frame ends with its sum and a line feed", () => {
  const bytes = [...frame(TYPE.state, [2])];
  assert.deepEqual(bytes.slice(0, 9), [...HEAD, 1, 1]);
  assert.equal(bytes.at(-2), sumOf(bytes.slice(0, -2)));
  assert.equal(bytes.at(-1), 10);
});

test("name and password go as bytes with their lengths, accents too", () => {
  const bytes = [...request(RPC.settings, ["é", "pw"])].slice(9, -2);
  assert.deepEqual(bytes, [1, 6, 2, 0xc3, 0xa9, 2, 112, 119]);
  assert.deepEqual(result(Uint8Array.from([4, 6, 2, 0xc3, 0xa9, 2, 112, 119])), { command: 4, texts: ["é", "pw"] });
});

test("how it stands is asked again until the board has started", async () => {
  const { improv, asked } = board({});
  const standing = improv.standing(5000, 40);
  setTimeout(() => improv.take({ type: TYPE.state, data: Uint8Array.of(STATE.ready) }), 60);
  assert.equal(await standing, STATE.ready);
  assert.deepEqual(asked, [[RPC.state, 0], [RPC.state, 0]]);
});

test("a board without Improv is given up with a name", async () => {
  await assert.rejects(board({}).improv.standing(30), { key: "improv_silent" });
});

test("networks: the loudest first, each once, none without a name", async () => {
  const { improv } = board({
    [RPC.scan]: [told(4, "Mairie", "-80", "WPA2"), told(4, "Invités", "-50", "NO"), told(4, "", "-20", "NO"), told(4, "Mairie", "-60", "WPA2"), told(4)],
  });
  assert.deepEqual(await improv.scan(), [{ name: "Invités", dbm: -50, open: true }, { name: "Mairie", dbm: -60, open: false }]);
});

test("a network that is joined answers with the page; a refused one is a fault", async () => {
  const joins = board({ [RPC.settings]: [frame(TYPE.state, [3]), frame(TYPE.error, [0]), frame(TYPE.state, [4]), told(1, "https://page.example/d/x")] });
  assert.equal(await joins.improv.settings("Mairie", "secret"), "https://page.example/d/x");
  const refuses = board({ [RPC.settings]: [frame(TYPE.state, [3]), frame(TYPE.error, [3])] });
  await assert.rejects(refuses.improv.settings("Mairie", "wrong"), { key: "wifi_refused" });
});
