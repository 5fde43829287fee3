// Deterministic CBOR (RFC 8949 section 4.2.1), and only the part that Coldseal uses: integers of
// magnitude below 2^53, byte strings, text, arrays, maps with strictly ascending encoded keys that
// are integers or text, null, false, true.  Everything else is refused.
//
// Values: number, Uint8Array (a view into the data), string, Array, Map, null, boolean.

const CBOR_LEVELS = 8; // the outermost array or map is 1
const CBOR_STRINGS = [2, 3]; // major types whose content follows their head
const CBOR_MAJOR = { uint: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 };
const CBOR_CONSTANTS = new Map([[0xf4, false], [0xf5, true], [0xf6, null]]);

// Exactly one item.  Text is printable ASCII, or with `wide` UTF-8 without control characters.
function cborDecode(data, wide = false) {
  const reader = new CborReader(data, 0, wide);
  const value = reader.item(1);
  if (reader.place !== data.length) {
    throw new WireError(`${data.length - reader.place} bytes follow the item`);
  }
  return value;
}

class CborReader {
  constructor(data, place, wide) {
    this.data = data;
    this.place = place;
    this.wide = wide;
  }

  // [major type, argument], shortest form checked; leaves the place where the content starts.
  head() {
    const start = this.place;
    if (start >= this.data.length) throw new WireError(`the data ends at byte ${start}`);
    const first = this.data[start];
    const [major, low] = [first >> 5, first & 31];
    this.place = start + 1;
    if (low < 24) return [major, low];
    if (low > 27) throw new WireError(`indefinite or reserved head at byte ${start}`);
    const size = 1 << (low - 24);
    if (start + 1 + size > this.data.length) throw new WireError(`the data ends at byte ${start}`);
    let argument = 0; // above 2^53 inexact, and refused as a length and as an integer
    while (this.place <= start + size) argument = argument * 256 + this.data[this.place++];
    const least = low === 24 ? 24 : 2 ** (4 * size);
    if (major !== CBOR_MAJOR.simple && argument < least) {
      throw new WireError(`${argument} at byte ${start} is not in its shortest form`);
    }
    return [major, argument];
  }

  item(depth) {
    const start = this.place;
    const [major, argument] = this.head();
    switch (major) {
      case CBOR_MAJOR.uint: return this.integer(argument);
      case CBOR_MAJOR.negative: return this.integer(-1 - argument);
      case CBOR_MAJOR.bytes: return this.string(argument);
      case CBOR_MAJOR.text: return this.text(this.string(argument));
      case CBOR_MAJOR.array: return this.array(argument, depth);
      case CBOR_MAJOR.map: return this.map(argument, depth);
      case CBOR_MAJOR.tag: throw new WireError(`tag ${argument} at byte ${start}`);
      default: return this.constant(start);
    }
  }

  integer(value) {
    if (!Number.isSafeInteger(value)) throw new WireError("an integer is not below 2^53");
    return value;
  }

  string(length) {
    const start = this.place;
    if (length > this.data.length - start) {
      throw new WireError(`a string of ${length} bytes at byte ${start} runs past the end`);
    }
    this.place += length;
    return this.data.subarray(start, this.place);
  }

  text(encoded) {
    let decoded;
    try {
      decoded = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(encoded);
    } catch {
      throw new WireError("text is not UTF-8");
    }
    const allowed = this.wide ? /^[^\u0000-\u001f\u007f-\u009f]*$/ : /^[ -~]*$/;
    if (!allowed.test(decoded)) throw new WireError("text holds what may not stand in it");
    return decoded;
  }

  // Every element has at least one byte: no announced count makes a long loop.
  count(argument, depth) {
    if (depth > CBOR_LEVELS) throw new WireError(`more than ${CBOR_LEVELS} levels`);
    if (argument > this.data.length - this.place) {
      throw new WireError(`${argument} elements announced at byte ${this.place}`);
    }
    return argument;
  }

  array(argument, depth) {
    const values = [];
    const count = this.count(argument, depth);
    while (values.length < count) values.push(this.item(depth + 1));
    return values;
  }

  map(argument, depth) {
    const values = new Map();
    let before = "";
    for (let left = this.count(argument, depth); left > 0; left--) {
      const start = this.place;
      const key = this.item(depth + 1);
      if (!["number", "string"].includes(typeof key)) {
        throw new WireError(`a map key at byte ${start} is neither integer nor text`);
      }
      const encoded = hex(this.data.subarray(start, this.place));
      if (encoded <= before) throw new WireError(`map keys do not ascend at byte ${start}`);
      before = encoded;
      values.set(key, this.item(depth + 1));
    }
    return values;
  }

  constant(start) {
    const first = this.data[start];
    if (!CBOR_CONSTANTS.has(first)) throw new WireError(`value ${first} at byte ${start}`);
    return CBOR_CONSTANTS.get(first);
  }
}

// Of integers, bytes, ASCII text, null, and arrays of them.
function cborEncode(value) {
  if (value === null) return Uint8Array.of(0xf6);
  if (value instanceof Uint8Array) return concat(cborHead(CBOR_MAJOR.bytes, value.length), value);
  if (Array.isArray(value)) {
    return joined([cborHead(CBOR_MAJOR.array, value.length), ...value.map(cborEncode)]);
  }
  if (typeof value === "number") {
    return value < 0 ? cborHead(CBOR_MAJOR.negative, -1 - value) : cborHead(CBOR_MAJOR.uint, value);
  }
  if (!/^[ -~]*$/.test(value)) throw new WireError("text is not printable ASCII");
  return concat(cborHead(CBOR_MAJOR.text, value.length), utf8(value));
}

function cborHead(major, argument) {
  if (argument < 24) return Uint8Array.of(major << 5 | argument);
  const low = [2 ** 8, 2 ** 16, 2 ** 32].filter((limit) => argument >= limit).length;
  const head = [major << 5 | 24 + low];
  for (let byte = 2 ** low - 1; byte >= 0; byte--) {
    head.push(Math.floor(argument / 2 ** (8 * byte)) % 256);
  }
  return Uint8Array.from(head);
}
