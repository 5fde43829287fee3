// When a walk along a logger's records has left an attachment behind.
//
// Clocks are wrong at times; elapsed time within a timebase is not set back.  So a clock is held
// against all that the walk met in the timebase; of three or more the worst for stopping but one
// counts for all, else the worst.  Two records with readings in succession must both lie beyond the
// moment by it.  Whatever holds no readings, or no time of day, is passed over.

const ENOUGH = 2; // in succession: whichever one clock was wrong, the other record lies beyond
const CLOCKS = 3; // from so many on the worst is left out: of two it can be the only right one

// When those of one record were taken, from the first of them to the record's clock, in elapsed
// time of its timebase, which by that clock began at Unix time zeroMs; null: there are none, or no
// time of day.
function takenOf(record) {
  const first = record.kind === RECORD_KIND.telemetry && record.unixMs !== null
    ? firstReadingMs(record) : null;
  return first === null ? null : { epoch: record.epoch, timebase: record.timebase,
    zeroMs: record.unixMs - record.elapsedMs, firstMs: record.elapsedMs + first,
    lastMs: record.elapsedMs };
}

class Walk {
  // isBeyond(taken, zeroMs); order sorts zeroMs, the worst for stopping first
  constructor(isBeyond, order) {
    this.isBeyond = isBeyond;
    this.order = order;
    this.before = null;
    this.zeros = []; // the worst ones met in the timebase
    this.beyond = 0;
  }

  // Whether the attachment is behind, once this record was passed too.
  isOver(taken) {
    if (taken === null) return false;
    const goesOn = this.before !== null && this.before.epoch === taken.epoch
      && this.before.timebase === taken.timebase;
    this.zeros = [...goesOn ? this.zeros : [], taken.zeroMs].sort(this.order).slice(0, CLOCKS);
    this.before = taken;
    const zeroMs = this.zeros[this.zeros.length < CLOCKS ? 0 : 1];
    this.beyond = this.isBeyond(taken, zeroMs) ? this.beyond + 1 : 0;
    return this.beyond >= ENOUGH;
  }
}

// Both compare differences, which are exact where sums can pass 2^53.
const walkBack = (sinceMs) => new Walk(
  ({ firstMs }, zeroMs) => zeroMs <= sinceMs - firstMs, (one, other) => other - one);
const walkOn = (untilMs) => new Walk(
  ({ lastMs }, zeroMs) => untilMs !== null && zeroMs >= untilMs - lastMs,
  (one, other) => one - other);
