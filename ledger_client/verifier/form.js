// The passport's parts as values, their form checked and nothing else (docs/coldseal.cddl).

const PASSPORT_BYTES = 16 * 1024 * 1024;
const PASSPORT_ITEMS = 2 ** 20; // of CBOR; a verifier's memory is bounded
const LINK = { parent: 1, place: 2, logger: 3 };
const LINK_WHERE = new Map([[LINK.parent, 2], [LINK.place, 1], [LINK.logger, 3]]); // values there
const URI_CHARACTERS = 128;
const TEXT_CHARACTERS = 64;
const PART = { version: 1, ledger_key: 2, checkpoint: 3, proofs: 4, signers: 5, chains: 6,
  parties: 7, maker_key: 8, cosignatures: 9, revoked: 10, verdict: 11, keys: 12, records: 13,
  telemetry: 14 };
const LAST_PART_DUE = PART.maker_key;

// What the maker's statement says.  Fault names the field whose form is wrong.
function readPassport(signed) {
  const parts = at("passport", () => {
    checkCount(signed.payload);
    return new Parts(cborDecode(signed.payload, true));
  });
  if (signed.kind !== "passport" || signed.ledger === null || signed.issuedS === null) {
    throw new Fault("passport", "not a dated statement of kind passport about an item of a ledger");
  }
  parts.one("version", version);
  const signers = parts.each("signers", hash);
  const items = parts.each("chains", (value) => readUri(array(value, 4)[0]));
  const chains = parts.each("chains", (value) => readChain(value, signers, items));
  checkSigners(signers, chains);
  return {
    item: signed.subject, ledger: signed.ledger, issuedS: signed.issuedS,
    ledgerKey: parts.one("ledger_key", publicKey), makerKey: parts.one("maker_key", publicKey),
    checkpoint: parts.one("checkpoint", bytes), cosignatures: parts.each("cosignatures", bytes),
    revoked: parts.each("revoked", readRevoked), proofs: parts.each("proofs", readPair), chains,
    parties: readParties(parts, signers), keys: parts.distinct("keys", publicKey),
    records: parts.distinct("records", bytes), telemetry: parts.each("telemetry", readRun),
    verdict: parts.has("verdict") ? parts.one("verdict", readVerdict) : null };
}

// Count what `data` holds before any of it is built.
function checkCount(data) {
  const reader = new CborReader(data, 0, true);
  for (let count = 0; count < PASSPORT_ITEMS; count++) {
    if (reader.place >= data.length) return;
    const [major, argument] = reader.head();
    if (CBOR_STRINGS.includes(major)) reader.place += argument;
  }
  throw new WireError(`more than ${PASSPORT_ITEMS} items`);
}

class Parts {
  constructor(content) {
    const names = Object.values(PART);
    if (!(content instanceof Map)
        || !names.every((part) => part > LAST_PART_DUE || content.has(part))
        || ![...content.keys()].every((part) => names.includes(part))) {
      throw new WireError("parts are missing or unknown");
    }
    this.content = content;
  }

  has(name) {
    return this.content.has(PART[name]);
  }

  one(name, read) {
    return at(name, () => read(this.content.get(PART[name])));
  }

  each(name, read) {
    if (!this.has(name)) return [];
    const values = this.one(name, list);
    if (values.length === 0 && PART[name] > LAST_PART_DUE) {
      throw new Fault(name, "what is empty is left out");
    }
    return values.map((value, number) => at(`${name}[${number}]`, () => read(value)));
  }

  distinct(name, read) {
    const found = this.each(name, read);
    if (new Set(found.map(hex)).size !== found.length) {
      throw new Fault(name, "an element stands twice");
    }
    return found;
  }
}

function checkSigners(signers, chains) {
  const given = signers.map(hex);
  const due = new Set(chains.flatMap((chain) => chain.events.map((event) => hex(event.signer))));
  if (given.join() !== [...due].sort().join()) {
    throw new Fault("signers", "not exactly those of the events, ascending, each once");
  }
}

const readUri = (value) => text(value, URI_CHARACTERS);

function readRevoked(value) {
  const [kid, entry] = array(value, 2);
  return [sized(kid, KID_BYTES), uint(entry)];
}

// A state key, its value (null: absent) and the proof.
function readPair(value) {
  const [key, stored, proof] = array(value, 3);
  const [bitmap, siblings, other] = array(proof, 3);
  return { key: bytes(key), value: stored === null ? null : bytes(stored), proof: {
    bitmap: bytes(bitmap), siblings: list(siblings).map(hash),
    other: other === null ? null : array(other, 2).map(hash) } };
}

// [{name, uri, signers: their hex}]
function readParties(parts, signers) {
  const found = parts.each("parties", (value) => {
    const [name, uri, places] = array(value, 3);
    return { name: readUri(name), uri: readUri(uri), places: list(places).map(uint) };
  });
  const places = found.flatMap((party) => party.places).sort((one, other) => one - other);
  if (places.length !== signers.length || places.some((place, number) => place !== number)) {
    throw new Fault("parties", "not every signer is one party's");
  }
  return found.map(({ name, uri, places: own }) => (
    { name, uri, signers: own.map((place) => hex(signers[place])) }));
}

// What the maker says of the storage.
function readVerdict(value) {
  const [outcome, profileEntry, calibrationEntries, untilMs, digest] = array(value, 5);
  list(calibrationEntries).forEach(uint);
  hash(digest);
  return { outcome: text(outcome, TEXT_CHARACTERS), profileEntry: uint(profileEntry),
    untilMs: uint(untilMs) };
}

// Events of `item` from number `first` on; `head` is the one before them.
function readChain(value, signers, items) {
  const [item, first, head, events] = array(value, 4);
  return { item: readUri(item), first: uint(first), head: hash(head),
    events: list(events).map((event) => readEvent(event, signers, items)) };
}

// `encoded` is what the chain hashes: with the signer's thumbprint and the items' names.
function readEvent(value, signers, items) {
  const [entry, leaf, timeMs, digest, place, action, outcome, links] = array(value, 8);
  const signer = numbered(place, signers);
  const found = list(links).map((link) => readLink(link, items));
  uint(entry);
  uintOrNull(leaf);
  uint(timeMs);
  hash(digest);
  uint(action);
  if (outcome !== null) text(outcome, TEXT_CHARACTERS);
  return { entry, leaf, timeMs, digest, signer, action, outcome, links: found,
    effective: outcome === null, encoded: cborEncode([entry, leaf, timeMs, digest, signer, action,
      outcome, found.map((link) => link.written)]) };
}

// `where` is a parent's [length, generation], a place's [length], a logger's [epoch, seq].
function readLink(value, items) {
  const [kind, other, where, digest] = array(value, 4);
  if (!LINK_WHERE.has(kind)) throw new WireError("a link of an unknown kind");
  const uri = typeof other === "string" ? readUri(other) : numbered(other, items);
  const places = kind === LINK.place ? [where] : array(where, LINK_WHERE.get(kind));
  const [logger, numbers] = kind === LINK.logger ? [hash(places[0]), places.slice(1)]
    : [null, places];
  return { kind, other: uri, logger, where: numbers.map(uint), digest: hash(digest),
    written: [kind, uri, where, digest] };
}

function numbered(place, values) {
  if (uint(place) >= values.length) {
    throw new WireError(`number ${place} of a list of ${values.length}`);
  }
  return values[place];
}

const linksOf = (event, kind) => event.links.filter((link) => link.kind === kind);

// A logger's records of one epoch with consecutive seqs.
function readRun(value) {
  const [logger, epoch, first, records, end] = array(value, 5);
  if (list(records).length === 0) throw new WireError("a run without records");
  return { logger: hash(logger), epoch: uint(epoch), first: uint(first),
    records: records.map(bytes), end: end === null ? null : readEnd(end) };
}

// Proof that `record` stands at `index` of a block that is entry `number` of the log.
function readEnd(value) {
  const [leaf, place, log] = array(value, 3);
  const [index, path] = array(place, 2);
  const [number, block, blockPath] = array(log, 3);
  const [receivedMs, record] = array(cborDecode(bytes(leaf)), 2);
  uintOrNull(receivedMs);
  return { leaf, record: bytes(record), index: uint(index), path: list(path).map(hash),
    number: uint(number), block: bytes(block), blockPath: list(blockPath).map(hash) };
}
