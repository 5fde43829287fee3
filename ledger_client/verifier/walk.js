// When a walk along a logger's records has left an attachment behind.
//
// Clocks are wrong at times; elapsed time within a timebase is not set back.  So a clock is held
// against every other that the walk met in the timebase, and the one worst for stopping counts for
// all.  Two records with readings in succession must both lie beyond the moment by it.  Whatever
// holds no readings, or no time of day, is passed over.

const ENOUGH = 2; // in succession: whichever one clock was wrong, the other record lies beyond

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
  // isBeyond(taken, zeroMs); worst(one, other) of two zeroMs
  constructor(isBeyond, worst) {
    this.isBeyond = isBeyond;
    this.worst = worst;
    this.before = null;
    this.zeroMs = 0;
    this.beyond = 0;
  }

  // Whether the attachment is behind, once this record was passed too.
  isOver(taken) {
    if (taken === null) return false;
    const goesOn = this.before !== null && this.before.epoch === taken.epoch
      && this.before.timebase === taken.timebase;
    this.zeroMs = goesOn ? this.worst(this.zeroMs, taken.zeroMs) : taken.zeroMs;
    this.before = taken;
    this.beyond = this.isBeyond(taken, this.zeroMs) ? this.beyond + 1 : 0;
    return this.beyond >= ENOUGH;
  }
}

// Both compare differences, which are exact where sums can pass 2^53.
const walkBack = (sinceMs) =>
  new Walk(({ firstMs }, zeroMs) => zeroMs <= sinceMs - firstMs, Math.max);
const walkOn = (untilMs) =>
  new Walk(({ lastMs }, zeroMs) => untilMs !== null && zeroMs >= untilMs - lastMs, Math.min);
