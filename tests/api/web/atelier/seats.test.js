import assert from "node:assert/strict";
import { test } from "node:test";
import { Seats } from "../../../../api/web/atelier_src/src/seats.js";

const BATCH = {
  expires_s: 2000,
  seats: 2,
  identities: [1, 1, 2].map((seat, n) => ({ seat, number: n, recipe: "air", device: `air-${n}`, page: "", nvs: "" })),
  micropython: {},
  vfs: {},
};
const shelf = () => {
  const kept = new Map();
  return { getItem: (name) => kept.get(name) ?? null, setItem: (name, text) => void kept.set(name, text) };
};
const at = (number, on = shelf(), locks = null) => {
  const seats = new Seats(BATCH, on, locks);
  return sit(seats, number);
};
const sit = (seats, number) => {
  assert.throws(() => seats.sit(number), { key: "seat_alone" });
  seats.sit(number);
  return seats;
};

test("the seat is asked once and kept; with one seat there is nothing to ask", () => {
  const on = shelf();
  assert.equal(new Seats(BATCH, on, null).seat, null);
  at(2, on);
  assert.equal(new Seats(BATCH, on, null).seat, 2);
  assert.equal(new Seats({ ...BATCH, seats: 1 }, shelf(), null).seat, 1);
  assert.throws(() => new Seats(BATCH, on, null).sit(3), { key: "no_such_seat" });
});

test("a seat is taken once its number was said twice, with what two tables of one number would do said between", () => {
  const on = shelf();
  const seats = new Seats(BATCH, on, null);
  for (const number of [1, 2]) assert.throws(() => seats.sit(number), { key: "seat_alone", values: { seat: number } });
  assert.equal(seats.seat, null);
  seats.sit(2);
  assert.equal(new Seats(BATCH, on, null).seat, 2);
});

test("each identity goes to one board, also after the page was loaded again in the middle", async () => {
  const on = shelf();
  const first = await at(1, on).take("aa", "air", 0);
  const second = await new Seats(BATCH, on, null).take("bb", "air", 0);
  assert.deepEqual([first.device, second.device], ["air-0", "air-1"]);
  await assert.rejects(new Seats(BATCH, on, null).take("cc", "air", 0), { key: "batch_spent" });
});

test("the same board gets the same identity again", async () => {
  const seats = at(1);
  assert.equal((await seats.take("aa", "air", 0)).device, (await seats.take("aa", "air", 0)).device);
  assert.equal((await seats.take("bb", "air", 0)).device, "air-1");
});

test("an identity is of one recipe: the same board is another device with another one", async () => {
  const noise = { ...BATCH.identities[0], recipe: "noise", device: "noise-0" };
  const seats = new Seats({ ...BATCH, identities: [...BATCH.identities, noise] }, shelf(), null);
  sit(seats, 1);
  assert.equal((await seats.take("aa", "air", 0)).device, "air-0");
  assert.equal((await seats.take("aa", "noise", 0)).device, "noise-0");
  await assert.rejects(seats.take("bb", "noise", 0), { key: "batch_spent" });
});

test("two seats never give one identity", async () => {
  const given = [await at(1).take("aa", "air", 0), await at(1).take("aa", "air", 0), await at(2).take("bb", "air", 0)].map((one) => one.device);
  assert.deepEqual(given, ["air-0", "air-0", "air-2"]);
});

test("a batch that is over gives nothing", async () => {
  await assert.rejects(at(1).take("aa", "air", 2001), { key: "batch_over" });
});

test("a browser that keeps nothing is told, before anything is given", async () => {
  const refuses = { getItem: () => null, setItem: () => { throw new Error("quota"); } };
  assert.throws(() => at(1, refuses), { key: "no_storage" });
  await assert.rejects(async () => new Seats({ ...BATCH, seats: 1 }, refuses, null).take("aa", "air", 0), { key: "no_storage" });
});

test("two windows of one PC take one after another", async () => {
  const on = shelf();
  let last = Promise.resolve();
  const locks = { request: (_, then) => (last = last.then(then)) };
  const [a, b] = await Promise.all([at(1, on, locks).take("aa", "air", 0), at(1, on, locks).take("bb", "air", 0)]);
  assert.notEqual(a.device, b.device);
});
