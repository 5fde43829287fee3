// Bytes are Uint8Array everywhere; where they are keys of a Map or sorted, their hex is.

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hex(bytes) {
  let digits = "";
  for (const byte of bytes) digits += HEX[byte];
  return digits;
}

const utf8 = (text) => new TextEncoder().encode(text);

function same(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

const concat = (...parts) => joined(parts);

function joined(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

// Characters as Unicode counts them, not UTF-16 units.
const characters = (text) => Array.from(text).length;
