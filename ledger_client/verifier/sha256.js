// SHA-256 (FIPS 180-4).  WebCrypto has it too, but only asynchronously: with this one every check
// that verifies no signature is a plain function.

const SHA256_ROUNDS = Uint32Array.of(
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2);
const SHA256_START = Uint32Array.of(
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19);

function sha256(...parts) {
  const data = sha256Padded(concat(...parts));
  const state = SHA256_START.slice();
  const words = new Uint32Array(64);
  for (let at = 0; at < data.byteLength; at += 64) {
    for (let word = 0; word < 16; word++) words[word] = data.getUint32(at + 4 * word);
    sha256Block(state, words);
  }
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, number) => digest.setUint32(4 * number, word));
  return new Uint8Array(digest.buffer);
}

// A one bit, zeros, and the length in bits as the last 8 bytes of a block (section 5.1.1).
function sha256Padded(data) {
  const padded = new DataView(new ArrayBuffer(64 * Math.ceil((data.length + 9) / 64)));
  new Uint8Array(padded.buffer).set(data);
  padded.setUint8(data.length, 0x80);
  padded.setUint32(padded.byteLength - 8, Math.floor(data.length / 0x20000000));
  padded.setUint32(padded.byteLength - 4, data.length << 3);
  return padded;
}

// Section 6.2.2; arithmetic is modulo 2^32.
function sha256Block(state, words) {
  const turned = (word, by) => (word >>> by) | (word << (32 - by));
  for (let at = 16; at < 64; at++) {
    const early = words[at - 15];
    const late = words[at - 2];
    words[at] = words[at - 16] + (turned(early, 7) ^ turned(early, 18) ^ (early >>> 3))
      + words[at - 7] + (turned(late, 17) ^ turned(late, 19) ^ (late >>> 10));
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let at = 0; at < 64; at++) {
    const first = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g))
      + SHA256_ROUNDS[at] + words[at];
    const second = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, number) => { state[number] += word; });
}
