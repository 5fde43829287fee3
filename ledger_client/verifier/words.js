// What codes and times are called.

const STATUS_WORDS = { 1: "encoded", 2: "active", 3: "packed", 4: "in transit", 5: "received",
  6: "in stock", 7: "on hold", 8: "illegitimate", 9: "returned", 10: "dispensed",
  11: "decommissioned", 12: "destroyed", 13: "stolen or lost", 14: "sampled" };
const ACTION_WORDS = { 1: "commissioned", 2: "packed", 3: "unpacked", 4: "shipped",
  5: "shipment cancelled", 6: "received", 7: "refused", 8: "put away", 9: "put on hold",
  10: "released", 11: "found illegitimate", 12: "recalled", 13: "returned",
  14: "verified saleable", 15: "dispensed", 16: "decommissioned", 17: "destroyed",
  18: "reported stolen or lost", 19: "sampled", 20: "undone", 21: "allocated", 22: "checked",
  23: "logger attached", 24: "logger detached" };
const GONE_ALREADY = "C0.5"; // the rule that denies effect to what was done before
const LAST_MS = 253402300800000; // the end of the year 9999

const statusWords = (status) => STATUS_WORDS[status] ?? `of status ${status}`;

// "packed into X"; what had no effect says so, with the rule that denied it.
function eventWords({ action, outcome, links }) {
  const done = ACTION_WORDS[action] ?? `action ${action}`;
  if (outcome === GONE_ALREADY) return `${done} again, without effect`;
  if (outcome !== null) return `${done}, without effect (rule ${outcome})`;
  const [link] = links;
  if (link === undefined) return done;
  const into = action === ACTION.pack ? "into" : "from";
  const how = { [LINK.parent]: ` ${into}`, [LINK.place]: " at", [LINK.logger]: "" }[link.kind];
  return `${done}${how} ${itemWords(link.other)}`;
}

// GS1 Digital Link as its label prints it: (01)09506000134352 (21)S001; anything else as it is.
function itemWords(uri) {
  const found = /^https:\/\/id\.gs1\.org((?:\/\d{2,4}\/[^/?#]+)+)$/.exec(uri);
  if (found === null) return uri;
  const pairs = found[1].match(/\/\d{2,4}\/[^/]+/g).map((pair) => pair.split("/"));
  return pairs.map(([, identifier, value]) => `(${identifier})${unescapedWords(value)}`).join(" ");
}

function unescapedWords(value) {
  try {
    return decodeURIComponent(value);
  } catch { // not every text is percent-encoded
    return value;
  }
}

const twoDigits = (number) => String(number).padStart(2, "0");

// UTC, and local when that is another.
function timeWords(unixMs) {
  if (unixMs >= LAST_MS) return `${unixMs} ms after 1970`;
  const time = new Date(unixMs);
  const utc = time.toISOString();
  const words = `${utc.slice(0, 10)} ${utc.slice(11, 19)} UTC`;
  if (time.getTimezoneOffset() === 0) return words;
  const day = [time.getFullYear(), twoDigits(time.getMonth() + 1), twoDigits(time.getDate())]
    .join("-");
  const local = `${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())} local`;
  return `${words} (${day === utc.slice(0, 10) ? local : `${day} ${local}`})`;
}

// How old what holds at a time is, by this device's clock.
function ageWords(unixMs, nowMs) {
  if (unixMs > nowMs) return "later than this device's clock";
  const days = Math.floor((nowMs - unixMs) / DAY_MS);
  return days === 0 ? "less than a day ago" : `${days} day${days === 1 ? "" : "s"} ago`;
}

const NO_PASSPORT = "passport"; // the field of a file that is none
const OTHER_LEDGER = "The passport is of another ledger than the trust file. Take the trust file "
  + "of the passport's ledger, from a source that you trust.";
const REMEDY_WORDS = {
  trust: "The trust file is damaged or is no trust file. Get it again from whom you have it.",
  [NO_PASSPORT]: "Look whether it is the file that you mean, and get it again from its sender. "
    + "Rely on nothing that it says.",
  ledger: OTHER_LEDGER, ledger_key: OTHER_LEDGER,
  cosignatures: "Fewer witnesses stand behind it than your trust file asks for. Ask for a "
    + "passport with their cosignatures." };

// What to do about a field that does not hold.
function remedyWords(field) {
  return REMEDY_WORDS[field] ?? "Rely on nothing that this file says. Keep it, ask its sender for "
    + "a new one, and hold the pack until one is valid.";
}

// What is wrong there.
const faultWords = (field, detail) =>
  field === NO_PASSPORT ? `this is no passport, or a damaged one (${detail})` : detail;
