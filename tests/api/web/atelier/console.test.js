import assert from "node:assert/strict";
import { test } from "node:test";
import { Splitter, told } from "../../../../api/web/atelier_src/src/console.js";
import { covers, hear, nothing, obstacle } from "../../../../api/web/atelier_src/src/follow.js";
import { TYPE, frame } from "../../../../api/web/atelier_src/src/improv.js";

const bytes = (text) => new TextEncoder().encode(text);
const heardOf = (...lines) => lines.map(told).filter(Boolean).reduce(hear, nothing());

test("lines come whole, however the bytes are cut", () => {
  const splitter = new Splitter();
  const found = ["# dev", "ice: air-1\r", "\nN 7 1\nV 7", ' 1 {"a": 1}\n'].flatMap((part) => splitter.push(bytes(part)));
  assert.deepEqual(found.map((line) => line.text), ["# device: air-1", "N 7 1", 'V 7 1 {"a": 1}']);
});

test("a frame of Improv is taken out of the text around it, even where its length or sum is a line feed", () => {
  const states = [...Array(256).keys()];
  for (const state of states) {
    const splitter = new Splitter();
    const mixed = [...bytes("# ep 3\n# half"), ...frame(TYPE.state, [state]), ...bytes(" a line\n")];
    const parts = mixed.flatMap((byte) => splitter.push(Uint8Array.of(byte)));
    const frames = parts.filter((part) => part.kind === "frame");
    assert.deepEqual(frames, [{ kind: "frame", type: TYPE.state, data: Uint8Array.of(state) }], `state ${state}`);
    assert.equal(parts[0].text, "# ep 3");
    assert.equal(parts.filter((part) => part.kind === "line").map((line) => line.text).join(" "), "# ep 3 # half  a line");
  }
  const splitter = new Splitter();
  const long = splitter.push(frame(TYPE.result, [4, ...Array(9).fill(10)]));
  assert.equal(long.length, 1);
});

test("a frame whose sum does not fit is dropped, and what follows is read", () => {
  const splitter = new Splitter();
  const broken = frame(TYPE.state, [2]);
  broken[broken.length - 2] ^= 1;
  assert.deepEqual(splitter.push(Uint8Array.from([...broken, ...bytes("N 1 1\n")])), [{ kind: "line", text: "N 1 1" }]);
});

test("noise without an end is not held for ever", () => {
  const splitter = new Splitter();
  splitter.push(new Uint8Array(10_000).fill(65));
  assert.ok(splitter.held.length < 5000);
});

test("the board's lines are understood, others are not", () => {
  assert.deepEqual(told('S 7 2 1795615200 {"temperature": 21.5}'), { kind: "sample", ep: 7, sq: 2, values: { temperature: 21.5 } });
  assert.deepEqual(told('V 7 1 {"pm2_5": 3}'), { kind: "sample", ep: 7, sq: 1, values: { pm2_5: 3 } });
  assert.deepEqual(told("R 7 2 [[4, 5]]"), { kind: "receipt", ep: 7, sq: 2, also: [[4, 5]] });
  assert.deepEqual(told("# broker: tls (expired), again in 300 ms"), { kind: "word", part: "broker", word: "tls" });
  assert.deepEqual(told("# improv: La Box wrong-password"), { kind: "word", part: "network", word: "wrong-password" });
  for (const other of ["# improv: La Box", "N 7 1", "# ep 7 boot 1", "ets Jul 29 2019", 'S 7 2 17956 {"temp', "R 7 x []", "# network"]) assert.equal(told(other), null);
});

test("two ticks: a value over the cable, then a receipt that covers it", () => {
  const first = heardOf("# device: air-1", 'V 7 1 {"temperature": 21.5}');
  assert.deepEqual([first.device, first.values, first.stored], ["air-1", { temperature: 21.5 }, false]);
  assert.equal(hear(first, told("R 7 0 []")).stored, false);
  assert.equal(hear(first, told("R 8 5 []")).stored, false);
  assert.equal(hear(first, told("R 7 1 []")).stored, true);
});

test("a receipt covers what it says, ranges too", () => {
  const receipt = { kind: "receipt", ep: 1, sq: 3, also: [[6, 8]] };
  assert.deepEqual([3, 4, 6, 8, 9].map((number) => covers(receipt, [1, number])), [true, false, true, true, false]);
  assert.equal(covers(receipt, [2, 1]), false);
});

test("a board that starts again begins anew", () => {
  const again = heardOf("# device: air-1", "# network: joined", 'V 7 1 {"a": 1}', "# device: air-1");
  assert.deepEqual(again, { ...nothing(), device: "air-1" });
});

test("what stands in the way is told, the nearest first", () => {
  assert.equal(obstacle(heardOf("# network: wrong-password", "# broker: unreachable (x)", "# clock: none")), "network_wrong_password");
  assert.equal(obstacle(heardOf("# network: joined", "# broker: unknown-host (x)", "# clock: none")), "broker_unknown_host");
  assert.equal(obstacle(heardOf("# network: joined", "# broker: connected", "# clock: none")), "clock_none");
  assert.equal(obstacle(heardOf("# network: joined", "# broker: connected", "# clock: ntp")), null);
});
