// Which loggers travelled with an item, from when until when, and what the ledger knew of them.

const ATTACHMENTS = 4096; // bounds the pairing with telemetry

// [{label, logger, sinceMs, untilMs, epoch, seq, digest}]: `logger`, a thumbprint, was near the
// item from sinceMs to before untilMs (null: still).  (epoch, seq, digest) was its newest record
// when the ledger took the event that says so; epoch 0: none was known.
function attachmentsOf(chains, scans) {
  const whole = { part: chains.whole, origin: null, sinceMs: null, untilMs: null };
  const found = [];
  for (const span of spansOf(whole, 0, chains, scans)) {
    for (const one of onCarrier(span, chains, scans)) found.push(one);
  }
  if (found.length > ATTACHMENTS) {
    throw new Fault("chains", `${found.length} attachments of loggers, more than ${ATTACHMENTS}`);
  }
  return found;
}

// Each {part, origin, sinceMs, untilMs}: carriers while the item was with them, itself included;
// `origin` is the event that began it.  One at a time: reading each is what bounds their number.
function* spansOf(span, depth, chains, scans) {
  yield span;
  if (depth === CONTAINMENT_DEPTH) return;
  for (const { part, since, until } of chains.staysOf(span.part)) {
    const during = cut(span, scans.unixMs(since), until === null ? null : scans.unixMs(until));
    if (during !== null) {
      yield* spansOf({ part, origin: since, ...during }, depth + 1, chains, scans);
    }
  }
}

// What of a time lies in the span; null: nothing.
function cut(span, sinceMs, untilMs) {
  const since = span.sinceMs === null ? sinceMs : Math.max(sinceMs, span.sinceMs);
  const until = Math.min(untilMs ?? Infinity, span.untilMs ?? Infinity);
  return until <= since ? null : { sinceMs: since, untilMs: until === Infinity ? null : until };
}

// Loggers that were on the carrier when the item came, and those attached since.
function onCarrier(span, chains, scans) {
  const found = [];
  const attached = new Map(); // label -> [link, event]
  const add = ([link, since], until) => {
    const during = cut(span, scans.unixMs(since), until === null ? null : scans.unixMs(until));
    const [epoch, seq] = link.where;
    if (during !== null) {
      found.push({ label: link.other, logger: link.logger, ...during, epoch, seq,
        digest: link.digest });
    }
  };
  for (const link of span.origin === null ? [] : linksOf(span.origin, LINK.logger)) {
    attached.set(link.other, [link, span.origin]);
  }
  for (const event of chains.read(span.part).filter((one) => one.effective)) {
    for (const link of linksOf(event, LINK.logger)) {
      if (event.action === ACTION.attach) {
        attached.set(link.other, [link, event]);
      } else if (event.action === ACTION.detach && attached.has(link.other)) {
        add(attached.get(link.other), event);
        attached.delete(link.other);
      }
    }
  }
  for (const one of attached.values()) add(one, null);
  return found;
}
