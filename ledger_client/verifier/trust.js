// Trust file and finality: whose checkpoint it is, and which witnesses cosigned it.

const TRUST_BYTES = 64 * 1024; // 64 witnesses take 5 KB
const TRUST_WITNESSES = 64;
const TRUST_FIELDS = ["version", "name", "ledger", "ledger_key", "witnesses", "threshold"];
const WITNESS_LEVELS = [1, 2]; // append-only since last seen; the log was re-applied

// {name, ledger, ledgerKey, witnesses: [{key, level}], threshold, fingerprint}
async function readTrust(data, signatures) {
  if (data.length > TRUST_BYTES) throw new WireError(`more than ${TRUST_BYTES} bytes`);
  const value = cborDecode(data, true);
  if (!(value instanceof Map) || value.size !== TRUST_FIELDS.length
      || !TRUST_FIELDS.every((field) => value.has(field))) throw new WireError("not a trust file");
  version(value.get("version"));
  const given = list(value.get("witnesses"));
  if (given.length > TRUST_WITNESSES) throw new WireError(`more than ${TRUST_WITNESSES} witnesses`);
  const trust = {
    name: text(value.get("name"), TEXT_CHARACTERS), ledger: hash(value.get("ledger")),
    ledgerKey: publicKey(value.get("ledger_key")), witnesses: distinctWitnesses(given),
    threshold: uint(value.get("threshold")), fingerprint: hex(sha256(data)).slice(0, 32) };
  await signatures.load(trust.ledgerKey);
  for (const { key } of trust.witnesses) await signatures.load(key);
  return trust;
}

// A key that stands twice is one witness, with the level that stands last.
function distinctWitnesses(given) {
  const named = new Map();
  for (const witness of given) {
    const [key, level] = array(witness, 2);
    named.set(hex(publicKey(key)), { key, level: uint(level) });
  }
  return [...named.values()];
}

// {number, timeMs, size, logRoot, stateRoot, revoked, appHash}: signed by the trusted ledger key
// and cosigned by enough witnesses; without a trust file signed by the key that the passport names.
async function openCheckpoint(passport, trust, signatures) {
  if (trust !== null && !same(passport.ledger, trust.ledger)) {
    throw new Fault("ledger", "the trust file is for another ledger");
  }
  if (trust !== null && !same(passport.ledgerKey, trust.ledgerKey)) {
    throw new Fault("ledger_key", "not the ledger key of the trust file");
  }
  const checkpoint = await atAwaited("checkpoint", async () => {
    const signed = openStatement(passport.checkpoint, "checkpoint", passport.ledger);
    await signatures.verifyStatement(passport.ledgerKey, signed);
    return readCheckpoint(signed.payload, passport.ledger);
  });
  await checkCosignatures(passport, trust, checkpoint, signatures);
  const revoked = at("revoked", () => cborEncode(passport.revoked));
  if (!same(sha256(revoked), checkpoint.revoked)) {
    throw new Fault("revoked", "not the list that the checkpoint commits to");
  }
  return checkpoint;
}

function openStatement(data, kind, ledger) {
  const signed = readStatement(data);
  if (signed.kind !== kind || signed.subject !== "checkpoint" || signed.ledger === null
      || !same(signed.ledger, ledger)) throw new WireError(`not a ${kind} for this ledger`);
  return signed;
}

function readCheckpoint(payload, ledger) {
  const [format, named, number, prev, timeMs, size, logRoot, root, revoked] =
    array(cborDecode(payload), 9);
  version(format);
  if (!same(hash(named), ledger)) throw new WireError("it is another ledger's");
  hash(prev);
  return { number: uint(number), timeMs: uint(timeMs), size: uint(size), logRoot: hash(logRoot),
    stateRoot: hash(root), revoked: hash(revoked), appHash: sha256(payload) };
}

// Each is for this checkpoint; those of witnesses that the trust file names are verified, and reach
// its threshold.
async function checkCosignatures(passport, trust, checkpoint, signatures) {
  const witnesses = trust === null ? [] : trust.witnesses;
  const cosigned = new Set();
  for (const [number, data] of passport.cosignatures.entries()) {
    await atAwaited(`cosignatures[${number}]`, async () => {
      const signed = openStatement(data, "cosignature", passport.ledger);
      const level = readLevel(signed.payload, checkpoint.appHash);
      for (const witness of witnesses) {
        if (!same(thumbprint(witness.key), signed.issuer)) continue;
        await signatures.verifyStatement(witness.key, signed);
        if (level >= witness.level) cosigned.add(witness);
      }
    });
  }
  if (trust !== null && cosigned.size < trust.threshold) {
    throw new Fault("cosignatures", `${cosigned.size} witnesses of the trust file cosigned, `
      + `${trust.threshold} are needed`);
  }
}

function readLevel(payload, appHash) {
  const [format, named, level, timeMs] = array(cborDecode(payload), 4);
  version(format);
  if (!same(hash(named), appHash)) throw new WireError("it is for another checkpoint");
  uint(timeMs);
  if (!WITNESS_LEVELS.includes(level)) throw new WireError("level is 1 or 2");
  return level;
}
