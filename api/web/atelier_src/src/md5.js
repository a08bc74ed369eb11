/** MD5 (RFC 1321): what a chip's loader answers when it is asked what lies in its flash; browsers have it no more. */
import { hex } from "./bytes.js";

const TURNS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const SINES = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);
const BLOCK = 64;

/**
 * The digest in hexadecimal.
 * @param {Uint8Array} bytes
 */
export function md5(bytes) {
  const sum = new Int32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]);
  const whole = bytes.length - (bytes.length % BLOCK);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < whole; at += BLOCK) mix(sum, view, at);
  const tail = ending(bytes.subarray(whole), bytes.length);
  for (let at = 0; at < tail.byteLength; at += BLOCK) mix(sum, tail, at);
  return hex(new Uint8Array(sum.buffer));
}

/**
 * The last bytes, a one, zeros, and how many bits there were in all.
 * @param {Uint8Array} rest
 * @param {number} length
 */
function ending(rest, length) {
  const padded = new Uint8Array(rest.length + 9 > BLOCK ? 2 * BLOCK : BLOCK);
  padded.set(rest);
  padded[rest.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, (length << 3) >>> 0, true);
  view.setUint32(padded.length - 4, Math.floor(length / 2 ** 29), true);
  return view;
}

/**
 * @param {Int32Array} sum
 * @param {DataView} view
 * @param {number} at
 */
function mix(sum, view, at) {
  let [a, b, c, d] = sum;
  for (let i = 0; i < BLOCK; i++) {
    const round = i >> 4;
    const chosen = [(b & c) | (~b & d), (d & b) | (~d & c), b ^ c ^ d, c ^ (b | ~d)][round];
    const word = [i, 5 * i + 1, 3 * i + 5, 7 * i][round] % 16;
    const turned = (a + chosen + SINES[i] + view.getInt32(at + 4 * word, true)) | 0;
    const by = TURNS[4 * round + (i % 4)];
    [a, d, c, b] = [d, c, b, (b + ((turned << by) | (turned >>> (32 - by)))) | 0];
  }
  sum[0] += a;
  sum[1] += b;
  sum[2] += c;
  sum[3] += d;
}
