// Telemetry of the loggers that travelled along: whole as far as an attachment reaches.
//
// Records of a logger stand in runs of consecutive seqs, each linked to the one before; the last of
// a run is proven to be in a block of the log, and the one that the ledger took of those with its
// seq, or else to be the newest of its epoch.  An attachment links (epoch, seq, digest) of the
// newest record that the ledger held when it took the scan.  Due are
// - that record, and those before it until the attaching is behind, since a scan can be late;
// - those after it until the detaching is, else to the newest of the newest epoch.
// Which record that is, walk.js says.  What is missing in between, the proven head of the epoch
// lists as a gap.

const EPOCHS = 256; // of a logger, from one to its newest
const STEPS = 2 ** 22; // records looked at; a way that needs more is made to keep a verifier busy

const epochName = (logger, epoch) => `${hex(logger)}/${epoch}`;

class Telemetry {
  constructor(passport, state, checkpoint) {
    this.ledger = passport.ledger;
    this.state = state;
    this.checkpoint = checkpoint;
    this.runs = passport.telemetry;
    this.held = new Map(); // epochName -> {logger, bySeq: seq -> {run, field, record, taken}}
    this.used = new Set(); // numbers of runs
    this.labels = new Map();
    this.absent = []; // loggers of which there is none
    this.steps = 0;
    this.runs.forEach((run, number) => this.add(run, number));
  }

  // Fault unless there is what each attachment needs, of a logger of which there is anything, and
  // nothing else.
  check(attachments) {
    const loggers = new Set(this.runs.map((run) => hex(run.logger)));
    for (const one of attachments) {
      if (!loggers.has(hex(one.logger))) {
        this.absent.push(`telemetry of ${one.label}`);
        continue;
      }
      this.state.checkLogger(one.logger, one.label);
      this.labels.set(hex(one.logger), one.label);
      if (one.epoch !== 0) this.checkBefore(one);
      this.checkAfter(one);
    }
    this.runs.forEach((_, number) => {
      if (!this.used.has(number)) {
        throw new Fault(`telemetry[${number}]`, "no attachment of the logger needs it");
      }
    });
  }

  async verify(keys, signatures) {
    for (const { logger, bySeq } of this.held.values()) {
      const key = keys.use(logger);
      for (const { field, record } of bySeq.values()) {
        await atAwaited(field, () => signatures.verify(key, record));
      }
    }
  }

  // [what, since which entry] of loggers not to be believed, as far as what proves a run can tell:
  // a record that a block of an entry before proves was there before, and so are those that it is
  // linked to.
  tainted(revoked) {
    const found = new Map();
    for (const { logger, end } of this.runs) {
      const since = revoked.get(hex(logger.subarray(0, KID_BYTES)));
      if (since !== undefined && !(end !== null && end.number < since)) {
        found.set(hex(logger), since);
      }
    }
    return [...found.keys()].sort().map((logger) =>
      [`telemetry of ${this.labels.get(logger)}`, found.get(logger)]);
  }

  add(run, number) {
    const name = epochName(run.logger, run.epoch);
    if (!this.held.has(name)) this.held.set(name, { logger: run.logger, bySeq: new Map() });
    const { bySeq } = this.held.get(name);
    const kid = run.logger.subarray(0, KID_BYTES);
    let last = null;
    run.records.forEach((data, place) => {
      const [field, seq] = [`telemetry[${number}].records[${place}]`, run.first + place];
      const record = at(field, () => readRecord(data, this.ledger));
      if (!same(record.kid, kid) || record.epoch !== run.epoch || record.seq !== seq) {
        throw new Fault(field, `it is not record ${seq} of epoch ${run.epoch} of this logger`);
      }
      if (last !== null && !same(record.prev, last.digest)) {
        throw new Fault(field, "its prev is not the digest of the record before");
      }
      if (bySeq.has(seq)) throw new Fault(field, "it stands in another run too");
      bySeq.set(seq, { run: number, field, record, taken: takenOf(record) });
      last = record;
    });
    this.checkEnd(run, `telemetry[${number}]`, last);
  }

  checkEnd(run, field, last) {
    if (run.end !== null) {
      at(`${field}.end`, () => this.checkInLog(run.end, run.records.at(-1)));
      const taken = this.state.taken(run.logger, run.epoch, last.seq);
      if (taken === null || !same(taken, last.digest)) {
        throw new Fault(field, "the ledger took another record in the place of its last");
      }
    } else if (!this.isNewest(run.logger, run.epoch, last)) {
      throw new Fault(field, "its last record is not proven");
    }
  }

  // The leaf is the last record's; leaf -> block -> log root.
  checkInLog(end, last) {
    if (!same(end.record, last)) throw new WireError("the leaf is not the last record's");
    const signed = readStatement(end.block);
    if (signed.kind !== "block" || signed.subject !== "block" || signed.ledger === null
        || !same(signed.ledger, this.ledger)) {
      throw new WireError("the statement is no block of this ledger");
    }
    const [format, , , root, count] = array(cborDecode(signed.payload), 7);
    version(format);
    const found = listRoot(sha256(end.leaf), end.index, uint(count), end.path);
    if (!(root instanceof Uint8Array) || !same(found, root)) {
      throw new WireError("the leaf is not in the block");
    }
    const logRoot = listRoot(sha256(end.block), end.number, this.checkpoint.size, end.blockPath);
    if (!same(logRoot, this.checkpoint.logRoot)) throw new WireError("the block is not in the log");
  }

  // The linked record, and back until the attaching is behind.
  checkBefore({ logger, epoch, seq: linked, digest, sinceMs }) {
    const walk = walkBack(sinceMs);
    for (let seq = linked; seq > 0; seq--) {
      const held = this.use(logger, epoch, seq);
      if (held === null) {
        [seq] = this.gap(logger, epoch, seq);
      } else if (seq === linked && !same(held.record.digest, digest)) {
        throw new Fault(held.field, "an event links another record with this seq");
      } else if (walk.isOver(held.taken)) {
        return;
      }
    }
  }

  // From the linked record on until the detaching is behind, else to the newest.
  checkAfter(attachment) {
    const walk = walkOn(attachment.untilMs);
    let { epoch, seq } = attachment;
    while (epoch === 0 || !this.endsIn(attachment.logger, epoch, seq, walk)) {
      epoch = this.nextEpoch(attachment.logger, epoch);
      if (epoch === null) return;
      seq = 1;
    }
  }

  // Whether a record of this epoch from `seq` on ends the walk; if not, the newest of the epoch is
  // there.
  endsIn(logger, epoch, from, walk) {
    let [seq, last] = [from, null];
    for (;;) {
      const held = this.use(logger, epoch, seq);
      if (held !== null) {
        [seq, last] = [seq + 1, held.record];
        if (walk.isOver(held.taken)) return true;
      } else if (last !== null && this.isNewest(logger, epoch, last)) {
        return false;
      } else {
        [seq, last] = [this.gap(logger, epoch, seq)[1] + 1, null];
      }
    }
  }

  // The next of which the ledger has a record.
  nextEpoch(logger, epoch) {
    const newest = this.state.deviceEpoch(logger);
    if (newest > epoch + EPOCHS) {
      throw new Fault("telemetry", `the logger began anew more than ${EPOCHS} times since epoch `
        + epoch);
    }
    for (let later = epoch + 1; later <= newest; later++) {
      if (this.state.head(logger, later) !== null) return later;
    }
    return null;
  }

  use(logger, epoch, seq) {
    this.steps += 1;
    if (this.steps > STEPS) throw new Fault("telemetry", `more than ${STEPS} records to look at`);
    const held = this.held.get(epochName(logger, epoch))?.bySeq.get(seq) ?? null;
    if (held !== null) this.used.add(held.run);
    return held;
  }

  isNewest(logger, epoch, last) {
    const head = this.state.head(logger, epoch);
    return head !== null && head.seq === last.seq && same(head.digest, last.digest);
  }

  // [first, last] of the gap that the state lists around `seq`.
  gap(logger, epoch, seq) {
    const gaps = this.state.head(logger, epoch)?.gaps ?? [];
    const found = gaps.find(([first, last]) => first <= seq && seq <= last);
    if (found === undefined) {
      throw new Fault("telemetry", `record ${seq} of epoch ${epoch} of the logger `
        + `${hex(logger).slice(0, 16)} is due`);
    }
    return found;
  }
}
