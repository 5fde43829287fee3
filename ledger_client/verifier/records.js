// Records: what devices sign.  [version, epoch, seq, prev, clock, kind, body]; the body of a scan
// is read whole, of telemetry only when its readings began.

const RECORD_BYTES = 8192;
const RECORD_KIND = { telemetry: 1, scan: 2 };
const RECORD_PURPOSE = 1;
const DEVICE_HEADER = Uint8Array.of(0xa2, 0x01, 0x26, 0x04, 0x48); // {1: -7, 4: 8 bytes}
const READINGS = 2048;
const RUNS = 64;
const SERIES = 8;
const QUANTITIES = 6;
const EXPONENT = 6;
const JITTER_MS = 500n; // a true reading lies this near to its decoded place
const VALUE_LIMIT = 2 ** 31;
const DELTA_BYTES = 5;
const SYMBOLS = 64;
const SYMBOL_BYTES = 256;
const SHOWN = 3;

// {kid, digest, signature, signedBytes, epoch, seq, prev, unixMs, errorMs, timebase, elapsedMs,
//  kind, body}
function readRecord(data, ledger) {
  if (data.length > RECORD_BYTES) throw new WireError(`more than ${RECORD_BYTES} bytes`);
  const message = readSign1(data);
  const header = message.protectedHeader;
  if (header.length !== DEVICE_HEADER.length + KID_BYTES
      || !same(header.subarray(0, DEVICE_HEADER.length), DEVICE_HEADER)) {
    throw new WireError("the protected header is not {1: -7, 4: kid}");
  }
  const signedBytes = toBeSigned(message, cborEncode(["coldseal", RECORD_PURPOSE, ledger]));
  return { kid: header.subarray(DEVICE_HEADER.length), signature: message.signature, signedBytes,
    digest: sha256(signedBytes), ...readFrame(message.payload) };
}

function readFrame(payload) {
  const reader = new CborReader(payload, 0, false);
  const [major, count] = reader.head();
  if (major !== CBOR_MAJOR.array || count !== 7) {
    throw new WireError("the payload is not an array of seven");
  }
  const [format, epoch, seq, prev, clock, kind] = Array.from({ length: 6 }, () => reader.item(1));
  if (reader.place >= payload.length) throw new WireError("the body is missing");
  const [unixMs, source, errorMs, timebase, elapsedMs] = array(clock, 5);
  [format, source, timebase, elapsedMs, kind].forEach(uint);
  [unixMs, errorMs].forEach(uintOrNull);
  if (uint(epoch) === 0 || uint(seq) === 0) throw new WireError("epoch and seq start at 1");
  return { epoch, seq, prev: hash(prev), unixMs, errorMs, timebase, elapsedMs, kind,
    body: payload.subarray(reader.place) };
}

// The action of a scan, every rule of its form checked.
function readScanAction(body) {
  const [action, symbols, parent, party, place, operator, ref, reason, shown] =
    array(cborDecode(body), 9);
  if (list(symbols).length > SYMBOLS) throw new WireError(`more than ${SYMBOLS} symbols`);
  symbols.forEach(checkSymbol);
  if (parent !== null) checkSymbol(parent);
  if (symbols.length === 0 && (parent === null || action !== ACTION.unpack)) {
    throw new WireError("only unpack of a whole parent has no symbols");
  }
  for (const uri of [party, place]) if (uri !== null) text(uri, TEXT_CHARACTERS);
  for (const pseudonym of [operator, ref]) sizedOrNull(pseudonym, 16);
  uintOrNull(reason);
  if (uint(shown) > SHOWN) throw new WireError("shown is not in 0..3");
  return uint(action);
}

function checkSymbol(symbol) {
  const [aim, data] = array(symbol, 2);
  if (typeof aim !== "string" || aim.length !== 3 || aim[0] !== "]") {
    throw new WireError("no AIM identifier such as ]d2");
  }
  if (bytes(data).length === 0 || data.length > SYMBOL_BYTES) {
    throw new WireError(`a symbol has 1 to ${SYMBOL_BYTES} bytes`);
  }
}

// Of the first reading, relative to the record's clock.  A broken body has none, as on the ledger:
// null.
function firstReadingMs(record) {
  try {
    const series = readSeries(record.body);
    series.forEach((one) => checkReadings(one, BigInt(record.elapsedMs)));
    return Math.min(...series.map((one) => one.runs[0][0])); // later runs start later
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function readSeries(body) {
  const series = list(cborDecode(body));
  if (series.length === 0 || series.length > SERIES) {
    throw new WireError(`not 1 to ${SERIES} series`);
  }
  const found = series.map(readOneSeries);
  found.slice(1).forEach((one, before) => {
    if (one.channel <= found[before].channel) throw new WireError("channels do not ascend");
  });
  const runs = found.flatMap((one) => one.runs);
  if (runs.length > RUNS) throw new WireError(`more than ${RUNS} runs`);
  if (countOf(runs) > READINGS) throw new WireError(`more than ${READINGS} readings`);
  return found;
}

const countOf = (runs) => runs.reduce((sum, [, , count]) => sum + count, 0);

function readOneSeries(value) {
  const [channel, quantity, exponent, runs, values] = array(value, 5);
  if (uint(quantity) === 0 || quantity > QUANTITIES) throw new WireError("unknown quantity");
  if (typeof exponent !== "number" || Math.abs(exponent) > EXPONENT) {
    throw new WireError("exponent is not in -6..6");
  }
  if (list(runs).length === 0 || runs.length > RUNS) throw new WireError(`not 1 to ${RUNS} runs`);
  runs.forEach(checkRun);
  return { channel: uint(channel), runs, values: bytes(values) };
}

function checkRun(run, number) {
  const [start, interval, count] = array(run, 3);
  if (typeof start !== "number") throw new WireError("start_ms is not an integer");
  if (uint(count) === 0) throw new WireError("a run has at least one reading");
  if ((uint(interval) === 0) !== (count === 1)) {
    throw new WireError("interval_ms is 0 exactly when count is 1");
  }
  if (number > 0 && start <= 0) throw new WireError("a later run starts after the one before");
}

// Places inside the timebase, exactly (sums can pass 2^53), and as many values as places.
function checkReadings({ runs, values }, elapsedMs) {
  let base = elapsedMs;
  for (const [start, interval, count] of runs) {
    const first = base + BigInt(start);
    base = first + BigInt(interval) * BigInt(count - 1);
    if (first < -JITTER_MS || base > elapsedMs + JITTER_MS) {
      throw new WireError("a reading lies outside its timebase");
    }
  }
  checkValues(values, countOf(runs));
}

// Zigzag LEB128 deltas in shortest form, the first against 0, exactly `count` of them.
function checkValues(data, count) {
  const ends = data.filter((byte) => byte < 128).length;
  if (ends !== count || data.at(-1) > 127) {
    throw new WireError(`${ends} values for ${count} readings`);
  }
  let value = 0;
  for (let place = 0; place < data.length;) {
    const start = place;
    let rest = 0;
    do rest += (data[place] % 128) * 2 ** (7 * (place - start)); while (data[place++] > 127);
    const size = place - start;
    if (size > DELTA_BYTES || (size > 1 && data[place - 1] === 0)) {
      throw new WireError("a delta is not in its shortest form");
    }
    value += rest % 2 === 1 ? -(rest + 1) / 2 : rest / 2;
    if (Math.abs(value) >= VALUE_LIMIT) throw new WireError("a value is not below 2^31");
  }
}
