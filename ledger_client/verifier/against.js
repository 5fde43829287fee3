// What speaks against using an item, of all that a passport proves.

const STATUS_HELD = 7;
const STATUS_AGAINST = { 1: "printed, and not commissioned", 8: "found illegitimate",
  9: "returned, and not verified saleable", 10: "dispensed already", 11: "decommissioned",
  12: "destroyed", 13: "reported stolen or lost", 14: "taken as a sample" };
const DAY_MS = 24 * 3600 * 1000;
// Ledger time of somebody's own ledger can be any; the other verifiers' calendar ends here.
const LAST_DAY_MS = Date.UTC(9899, 11, 31);
const YEARS_BACK = 49; // that two digits can mean; the other 50 are to come

// As of ledger time `nowMs`.
function againstIt(status, recalled, expiry, nowMs) {
  return [status === STATUS_HELD ? "on hold" : null, recalled ? "recalled" : null,
    expiry !== null && isExpired(expiry, nowMs) ? "expired" : null,
    STATUS_AGAINST[status] ?? null].filter((words) => words !== null);
}

// Whether the day of an AI (17) text is over; one that cannot be read is.
function isExpired(expiry, nowMs) {
  const dayMs = expiryDayMs(expiry, nowMs);
  return dayMs === null || dayMs + DAY_MS <= Math.min(nowMs, LAST_DAY_MS);
}

// When the last good day of YYMMDD begins, in the century that ledger time `nowMs` gives it (GS1
// General Specifications, determination of the century); day 00 is the last of its month.  null:
// that is no date.
function expiryDayMs(expiry, nowMs) {
  if (!/^[0-9]{6}$/.test(expiry)) return null;
  const first = new Date(Math.min(nowMs, LAST_DAY_MS)).getUTCFullYear() - YEARS_BACK;
  const [digits, month, day] = [0, 2, 4].map((at) => Number(expiry.slice(at, at + 2)));
  const year = first + (digits - first % 100 + 100) % 100;
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (month < 1 || month > 12 || day > last) return null;
  return Date.UTC(year, month - 1, day || last);
}

// Year first.
function expiryWords(expiry, nowMs) {
  const dayMs = expiryDayMs(expiry, nowMs);
  return dayMs === null ? `${expiry} (no date that can be read)`
    : new Date(dayMs).toISOString().slice(0, 10);
}
