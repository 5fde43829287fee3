// Device records behind the events, the keys that signed them, and the times they tell.

// Public keys of devices by thumbprint; every one must be used.
class Keys {
  constructor(keys) {
    this.keys = new Map(keys.map((key) => [hex(thumbprint(key)), key]));
    this.unused = new Map(keys.map((key, number) => [hex(thumbprint(key)), number]));
  }

  use(signer) {
    const name = hex(signer);
    if (!this.keys.has(name)) {
      throw new Fault("keys", `the key ${name.slice(0, 16)} of a record is missing`);
    }
    this.unused.delete(name);
    return this.keys.get(name);
  }

  checkAllUsed() {
    for (const number of this.unused.values()) {
      throw new Fault(`keys[${number}]`, "no record is signed by it");
    }
  }
}

// The records of a passport, each found to be the one that its events name.
class Scans {
  constructor(passport, chains) {
    this.records = new Map(); // hex of the digest -> {field, record}
    this.signers = new Map(); // hex of the digest -> thumbprint, of those that an event names
    this.missing = 0; // events without the record of their device
    passport.records.forEach((data, number) => {
      const field = `records[${number}]`;
      const record = at(field, () => readRecord(data, passport.ledger));
      if (this.records.has(hex(record.digest))) throw new Fault(field, "it stands twice");
      this.records.set(hex(record.digest), { field, record });
    });
    for (const { event } of chains.allEvents()) this.match(event);
    for (const [digest, { field }] of this.records) {
      if (!this.signers.has(digest)) throw new Fault(field, "no event names it");
    }
  }

  match(event) {
    if (event.leaf === null) return; // a statement's, not a device's
    const digest = hex(event.digest);
    const held = this.records.get(digest);
    if (held === undefined) {
      this.missing += 1;
      return;
    }
    if (!this.signers.has(digest)) this.signers.set(digest, event.signer);
    if (!same(this.signers.get(digest), event.signer)) {
      throw new Fault(held.field, "two events name different signers of it");
    }
    at(held.field, () => checkScan(held.record, event));
  }

  absent() {
    return this.missing > 0 ? [`device records of ${this.missing} events`] : [];
  }

  // Each is signed by the key that its events name.
  async verify(keys, signatures) {
    for (const [digest, signer] of this.signers) {
      const { field, record } = this.records.get(digest);
      const key = keys.use(signer);
      await atAwaited(field, () => signatures.verify(key, record));
    }
  }

  // When an event happened: by the device that scanned, else by the ledger.
  unixMs(event) {
    const record = this.records.get(hex(event.digest))?.record;
    return record === undefined || record.unixMs === null || record.errorMs === null
      ? event.timeMs : record.unixMs;
  }
}

function checkScan(record, event) {
  if (!same(record.kid, event.signer.subarray(0, KID_BYTES))) {
    throw new WireError("its kid is not that of the signer that the event names");
  }
  if (record.kind !== RECORD_KIND.scan || readScanAction(record.body) !== event.action) {
    throw new WireError("it is no scan of the action that the event names");
  }
}
