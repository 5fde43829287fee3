// What the checkpoint's state root proves: keys and values as a passport needs them.

const STATE_GAPS = 64; // remembered of a device and epoch
const STATE_LOGGERS = 32; // on one carrier
const STATE_CERTIFICATES = 16; // kept of one logger
const LAST_STATUS = 14; // sampled
const ROLE_DEVICE = 3;

// Parts of values in order, each with its form; "?" means: or null.
const VALUE_FORM = {
  item: "status uri? uint hash? uri? uint hash uint uint text? text? uri? uri? flag status loggers "
    + "flag hash? uint? status",
  unpacked: "status hash? uri? uri? uint? uint hash flag",
  head: "uint hash gaps uint list uint list uint",
  record: "hash uint uint uint",
  device: "uint flag uint?",
  key: "uint hash key uint list hash? uint?",
  calibrations: "certificates",
  product: "uint hash uint map",
};

const PART_FORM = {
  uint: (part) => uint(part),
  hash: (part) => hash(part),
  key: (part) => publicKey(part),
  list: (part) => list(part),
  text: (part) => text(part, TEXT_CHARACTERS),
  uri: (part) => text(part, URI_CHARACTERS),
  flag: (part) => ensure(typeof part === "boolean", "neither true nor false"),
  map: (part) => ensure(part instanceof Map, "not a map"),
  status: (part) => ensure(uint(part) <= LAST_STATUS, `no status is above ${LAST_STATUS}`),
  loggers: (part) => upTo(part, STATE_LOGGERS).forEach((one) => text(one, URI_CHARACTERS)),
  gaps: (part) => upTo(part, STATE_GAPS).forEach((one) => formed(one, "uint uint")),
  certificates: (part) =>
    upTo(part, STATE_CERTIFICATES).forEach((one) => formed(one, "uint hash map")),
};

function ensure(holds, otherwise) {
  if (!holds) throw new WireError(otherwise);
}

function upTo(value, most) {
  ensure(list(value).length <= most, `more than ${most}`);
  return value;
}

// The parts of a value of this form; WireError for any other.
function formed(value, form) {
  const names = form.split(" ");
  array(value, names.length).forEach((part, number) => {
    const name = names[number];
    if (part !== null || !name.endsWith("?")) PART_FORM[name.replace("?", "")](part);
  });
  return value;
}

const firstHead = (uri) => sha256(utf8(uri));

class State {
  constructor(pairs, root) {
    this.values = new Map(); // hex of the key -> [field, value]
    this.unused = new Map();
    this.heads = new Map(); // read once a record beside a gap
    pairs.forEach((pair, number) => {
      const [field, name] = [`proofs[${number}]`, hex(pair.key)];
      if (this.values.has(name)) throw new Fault(field, "a key stands twice");
      if (!same(at(field, () => stateRoot(pair.key, pair.value, pair.proof)), root)) {
        throw new Fault(field, "the proof does not lead to the checkpoint's state root");
      }
      this.values.set(name, [field, pair.value]);
      this.unused.set(name, field);
    });
  }

  has(key) {
    return this.values.has(hex(key));
  }

  // What `read` makes of the value; null when it is proven absent.  Fault when there is no proof.
  value(key, read) {
    const name = hex(key);
    if (!this.values.has(name)) throw new Fault("proofs", `no proof of ${stateKeyWords(key)}`);
    this.unused.delete(name);
    const [field, encoded] = this.values.get(name);
    return at(field, () => {
      if (encoded === null) return null;
      const value = cborDecode(encoded, true);
      ensure(value !== null, "null is no value: what is absent has none");
      return read(value);
    });
  }

  checkAllUsed() {
    for (const field of this.unused.values()) {
      throw new Fault(field, "nothing in the passport asks for it");
    }
  }

  item(uri) {
    return this.value(concat(utf8("item/"), utf8(uri)), (value) => {
      const [status, parent, parentGeneration, , , length, head, , generation, lot, expiry, , , , ,
        , recalled] = formed(value, VALUE_FORM.item);
      return { status, parent, parentGeneration, length, head, generation, lot, expiry, recalled };
    });
  }

  // A parent was unpacked whole.  null when the state, as far as it is proven, has no such end: the
  // parent's own state decides.
  unpacked(parent, generation) {
    const key = concat(utf8(`unpacked/${parent}/`), cborEncode(generation));
    return !this.has(key) ? null : this.value(key, (value) => {
      const [status, , , , , length, head, recalled] = formed(value, VALUE_FORM.unpacked);
      return { status, length, head, recalled };
    });
  }

  // A device's newest record of an epoch, and what is missing before it.
  head(device, epoch) {
    const name = `${hex(device)}/${epoch}`;
    if (!this.heads.has(name)) {
      const key = concat(utf8("head/"), device, utf8("/"), cborEncode(epoch));
      this.heads.set(name, this.value(key, readHead));
    }
    return this.heads.get(name);
  }

  // Digest of the record that the ledger has in this place.
  taken(device, epoch, seq) {
    const key = concat(utf8("record/"), device, utf8("/"), cborEncode(epoch), cborEncode(seq));
    return this.value(key, (value) => formed(value, VALUE_FORM.record)[0]);
  }

  // The newest epoch of which the ledger has a record; 0: it has none.
  deviceEpoch(device) {
    return this.value(concat(utf8("device/"), device),
      (value) => formed(value, VALUE_FORM.device)[0]) ?? 0;
  }

  recalled(gtin, lot) {
    return this.value(utf8(`recall/${gtin}/${lot}`), () => true) !== null;
  }

  // It is a device that bears this label; what is known of its calibration is proven.
  checkLogger(device, label) {
    this.value(utf8(`calibrations/${label}`), (value) => formed(value, VALUE_FORM.calibrations));
    const enrolled = this.value(concat(utf8("key/"), device), (value) => {
      const [role, , , , details] = formed(value, VALUE_FORM.key);
      uint(details[1]); // drift of its oscillator
      return role === ROLE_DEVICE && details[0] === label;
    });
    if (enrolled !== true) {
      throw new Fault(this.fieldOf(concat(utf8("key/"), device)),
        "it is not enrolled as the device with this label");
    }
  }

  fieldOf(key) {
    return this.values.get(hex(key))[0];
  }
}

function readHead(value) {
  const [seq, digest, gaps] = formed(value, VALUE_FORM.head);
  let before = 0;
  for (const [low, high] of gaps) {
    ensure(before < low && low <= high && high < seq, "gaps are not in order");
    before = high;
  }
  return { seq, digest, gaps };
}

// Every key that is asked for begins with a word and a slash.
function stateKeyWords(key) {
  const slash = key.indexOf(0x2f);
  const ascii = (part) => part.every((byte) => byte >= 0x20 && byte < 0x7f)
    ? String.fromCharCode(...part) : hex(part);
  return `${ascii(key.subarray(0, slash))}/${ascii(key.subarray(slash + 1))}`;
}
