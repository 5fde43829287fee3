// The opinion on a passport: every check in its order.

const GTIN_START = "https://id.gs1.org/01/";
const PROFILE_CHARACTERS = 64;
const PRODUCT_NAME_CHARACTERS = 128;
const STATUS_PACKED = 3; // in a parent

// The opinion on the file `passportFile` under the file `trustFile` (null: none; then the ledger
// key is the one that the passport names, and the passport is self-consistent at best).
// {valid: false, field, detail}, or {valid: true, and what holds}.  Never throws on any bytes.
async function judge(passportFile, trustFile) {
  try {
    return await judged(passportFile, trustFile);
  } catch (error) {
    if (error instanceof Fault) return { valid: false, field: error.field, detail: error.message };
    throw error;
  }
}

async function judged(passportFile, trustFile) {
  const signatures = new Signatures();
  const trust = trustFile === null ? null
    : await atAwaited("trust", () => readTrust(trustFile, signatures));
  const signed = at("passport", () => readStatement(passportFile, PASSPORT_BYTES));
  const passport = readPassport(signed);
  await atAwaited("maker_key", () => signatures.verifyStatement(passport.makerKey, signed));
  const checkpoint = await openCheckpoint(passport, trust, signatures);
  const state = new State(passport.proofs, checkpoint.stateRoot);
  const chains = new Chains(passport.item, passport.chains, state);
  const known = state.item(passport.item);
  if (known === null) throw new Fault("item", `the ledger knows no ${passport.item}`);
  const path = outwardsOf(passport.item, known, state);
  const scans = new Scans(passport, chains);
  const telemetry = new Telemetry(passport, state, checkpoint);
  telemetry.check(attachmentsOf(chains, scans));
  checkProfile(passport.item, state);
  state.checkAllUsed();
  await checkSignatures(passport, scans, telemetry, signatures);
  const revoked = new Map(passport.revoked.map(([kid, entry]) => [hex(kid), entry]));
  return {
    valid: true, field: "", detail: "", item: passport.item, asOfMs: checkpoint.timeMs, trust,
    ledger: hex(passport.ledger), number: checkpoint.number, size: checkpoint.size,
    maker: hex(signed.issuer), status: path[0].status, recalled: isRecalled(path), lot: known.lot,
    expiry: known.expiry, against: againstAll(path, checkpoint.timeMs),
    told: tell(chains, scans, revoked), absent: [...scans.absent(), ...telemetry.absent],
    tainted: [...taintedEvents(chains, revoked), ...telemetry.tainted(revoked)],
    parties: passport.parties, verdict: passport.verdict };
}

const gtinOf = (item) =>
  item.startsWith(GTIN_START) ? item.slice(GTIN_START.length).split("/")[0] : null;

// The item and what it is in, however deep, the outermost last: [{uri, status, recalled, expiry}].
// What a parent that was unpacked whole left to it counts as its own.
function outwardsOf(item, itself, state) {
  const found = [];
  let [uri, known] = [item, itself];
  for (let depth = 0; depth < CONTAINMENT_DEPTH; depth++) {
    const left = known.parent === null ? null
      : state.unpacked(known.parent, known.parentGeneration);
    const own = isRecalledItself(uri, known, state);
    found.push({ uri, expiry: known.expiry,
      status: left !== null && known.status === STATUS_PACKED ? left.status : known.status,
      recalled: left === null ? own : left.recalled || own });
    if (known.parent === null || left !== null) return found;
    [uri, known] = [known.parent, parentOf(known.parent, known.parentGeneration, state)];
  }
  throw new Fault("proofs", `${uri} lies too deep in others`);
}

// By itself, with its lot, or with what it is or was in; null for what is not and has no lot.
function isRecalled(path) {
  return path.some((one) => one.recalled) || (path[0].recalled === null ? null : false);
}

// That it is in something recalled is its own recall.
function againstAll(path, nowMs) {
  const [itself, ...carriers] = path;
  return [...againstIt(itself.status, isRecalled(path), itself.expiry, nowMs),
    ...carriers.flatMap(({ uri, status, expiry }) => againstIt(status, null, expiry, nowMs)
      .map((what) => `${what} (${uri}, which it is in)`))];
}

// A carrier that was not unpacked whole since something was packed into it.
function parentOf(uri, generation, state) {
  const known = state.item(uri);
  if (known === null || known.generation !== generation) {
    throw new Fault("proofs", `${uri} was unpacked whole since, and what it left is not proven`);
  }
  return known;
}

// Of a lot the value, or the proof that there is none, is due; null: it has no lot.
function isRecalledItself(item, known, state) {
  const gtin = gtinOf(item);
  if (gtin === null || known.lot === null) return known.recalled || null;
  return state.recalled(gtin, known.lot) || known.recalled;
}

// Product and profile may be proven, for whoever recomputes the verdict.
function checkProfile(item, state) {
  const gtin = gtinOf(item);
  const product = utf8(`product/${GTIN_START}${gtin}`);
  if (gtin === null || !state.has(product)) return;
  const name = state.value(product, (value) => {
    const content = formed(value, VALUE_FORM.product)[3];
    ensure(content.size === 2 && content.has("name") && content.has("profile"),
      "it is not its name and its profile's");
    text(content.get("name"), PRODUCT_NAME_CHARACTERS);
    return text(content.get("profile"), PROFILE_CHARACTERS);
  });
  const profile = utf8(`profile/profile/${name}`);
  if (name !== null && state.has(profile)) state.value(profile, () => true);
}

// Last, because signatures are what costs time.
async function checkSignatures(passport, scans, telemetry, signatures) {
  const keys = new Keys(passport.keys);
  await scans.verify(keys, signatures);
  await telemetry.verify(keys, signatures);
  keys.checkAllUsed();
}

// [{item, unixMs, action, signer, outcome, entry, leaf, links, disbelievedFrom}] by time, then as
// the log has them.
function tell(chains, scans, revoked) {
  return chains.allEvents().map(({ item, event }) => (
    { item, unixMs: scans.unixMs(event), action: event.action, signer: hex(event.signer),
      outcome: event.outcome, entry: event.entry, leaf: event.leaf, links: event.links,
      disbelievedFrom: disbelievedFrom(event, revoked) }))
    .sort((one, other) => one.unixMs - other.unixMs || one.entry - other.entry
      || (one.leaf ?? 0) - (other.leaf ?? 0));
}

// The entry from which on an event's signer is not to be believed; null when the event was before.
function disbelievedFrom({ entry, signer }, revoked) {
  const since = revoked.get(hex(signer.subarray(0, KID_BYTES))) ?? Infinity;
  return entry >= since ? since : null;
}

function taintedEvents(chains, revoked) {
  return chains.allEvents().map(({ item, number, event }) =>
    [`${item} event ${number}`, disbelievedFrom(event, revoked)])
    .filter(([, since]) => since !== null);
}
