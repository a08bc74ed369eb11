// The official SDK of Improv (npm improv-wifi-serial-sdk, bundled by the test that runs this) talks to a board behind a terminal.
//
// node <this bundle> PORT, then one JSON list a line on stdin: ["give", "hall", "a key"]; one JSON answer a line on stdout.
import { createReadStream, createWriteStream, openSync } from "node:fs";
import { createInterface } from "node:readline";
import { Readable, Writable } from "node:stream";
import { ImprovSerial } from "improv-wifi-serial-sdk/dist/serial.js";

const port = openSync(process.argv[2], "r+");
const quiet = { log() {}, debug() {}, error: (...words) => console.error(...words) };
const board = new ImprovSerial(
  {
    readable: Readable.toWeb(createReadStream(null, { fd: port, autoClose: false })),
    writable: Writable.toWeb(createWriteStream(null, { fd: port, autoClose: false })),
  },
  quiet,
);

const asked = {
  initialize: (timeout) => board.initialize(timeout),
  state: async () => {
    await board.requestCurrentState();
    return { state: board.state, url: board.nextUrl ?? null };
  },
  scan: () => board.scan(),
  give: async (ssid, password) => {
    await board.provision(ssid, password, 30000);
    return { state: board.state, url: board.nextUrl ?? null };
  },
  network: () => board.requestNetworkState(),
  name: () => board.getDeviceName(),
  rename: (name) => board.setDeviceName(name),
  hostname: () => board.getHostname(),
  rehost: (name) => board.setHostname(name),
  unknown: () => board._sendRPCWithResponse(42, [], 5000),
  raw: async (bytes) => {
    const writer = board.port.writable.getWriter();
    await writer.write(new Uint8Array(bytes));
    writer.releaseLock();
    return null;
  },
  error: async () => board.error,
};

for await (const line of createInterface({ input: process.stdin })) {
  const [what, ...rest] = JSON.parse(line);
  let told;
  try {
    told = { answer: (await asked[what](...rest)) ?? null };
  } catch (error) {
    told = { refused: String(error.message ?? error) };
  }
  process.stdout.write(JSON.stringify(told) + "\n");
}
process.exit(0);
