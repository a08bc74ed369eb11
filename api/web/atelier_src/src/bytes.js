/** Bytes: text to bytes and back, unpacked, hashed. */

/** @param {string} text base64 */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

/** @param {Uint8Array} bytes */
export function hex(bytes) {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {Uint8Array} bytes
 * @param {GenericTransformStream} through
 */
async function streamed(bytes, through) {
  const out = new Blob([/** @type {BlobPart} */ (bytes)]).stream().pipeThrough(through);
  return new Uint8Array(await new Response(out).arrayBuffer());
}

/** @param {Uint8Array} bytes gzip */
export function gunzip(bytes) {
  return streamed(bytes, new DecompressionStream("gzip"));
}

/**
 * As the chip's loader unpacks it: zlib's format.
 * @param {Uint8Array} bytes
 */
export function deflate(bytes) {
  return streamed(bytes, new CompressionStream("deflate"));
}

/** @param {Uint8Array} bytes */
export async function sha256(bytes) {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (bytes))));
}
