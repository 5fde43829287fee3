// How a check fails, and checks of decoded values that many formats share.

// Bytes or values that are not what the format says.
class WireError extends Error {}

// Something does not hold; `field` is its path in the passport, or "trust".
class Fault extends Error {
  constructor(field, detail) {
    super(detail);
    this.field = field;
  }
}

// Checks that know no field throw WireError; here it gets one.
function at(field, check) {
  try {
    return check();
  } catch (error) {
    throw named(field, error);
  }
}

async function atAwaited(field, check) {
  try {
    return await check();
  } catch (error) {
    throw named(field, error);
  }
}

function named(field, error) {
  return error instanceof WireError ? new Fault(field, error.message) : error;
}

function bool(value) {
  if (typeof value !== "boolean") throw new WireError("neither true nor false");
  return value;
}

function uint(value) {
  if (typeof value !== "number" || value < 0) throw new WireError("not an unsigned integer");
  return value;
}

const uintOrNull = (value) => value === null ? null : uint(value);

function bytes(value) {
  if (!(value instanceof Uint8Array)) throw new WireError("not a byte string");
  return value;
}

function sized(value, size) {
  if (bytes(value).length !== size) throw new WireError(`not ${size} bytes`);
  return value;
}

const sizedOrNull = (value, size) => value === null ? null : sized(value, size);
const hash = (value) => sized(value, 32);
const publicKey = (value) => sized(value, 64);

function list(value) {
  if (!Array.isArray(value)) throw new WireError("not an array");
  return value;
}

function array(value, size) {
  if (list(value).length !== size) throw new WireError(`not an array of ${size}`);
  return value;
}

// The parts that are needed here; the ledger may know more, and all of it is proven.
function firstOf(value, count) {
  if (list(value).length < count) throw new WireError(`not an array of at least ${count}`);
  return value;
}

function text(value, limit) {
  if (typeof value !== "string" || characters(value) > limit) {
    throw new WireError(`not text of at most ${limit} characters`);
  }
  return value;
}

function version(value) {
  if (value !== 1) throw new WireError("not version 1");
}
