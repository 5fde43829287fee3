// The page: two files in, what the verifier says out.  Data becomes text nodes, never markup.

const RECALLED = "RECALLED. Do not dispense it.";
const SIGNS = { valid: "✓", consistent: "≈", invalid: "✗", unknown: "?" };

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.flat());
  return made;
}

// Text of a file, kept from turning the text around it (Unicode can reverse reading order).
const quoted = (text) => element("bdi", {}, text);

const paragraph = (...children) => element("p", {}, ...children);

function section(title, ...children) {
  return element("section", {}, element("h3", {}, title), ...children);
}

const bullets = (lines) => element("ul", {}, lines.map((line) => element("li", {}, line)));

// [{kind, headline, under: elements}, ...parts of the report]
function reportOf(opinion, nowMs) {
  return opinion.valid ? goodReport(opinion, nowMs) : badReport(opinion);
}

function badReport({ field, detail }) {
  return [{ kind: "invalid", headline: "NOT VALID", under: [element("dl", {},
    pair("Field", field), pair("Reason", faultWords(field, detail)))] },
  section("What to do", paragraph(remedyWords(field)))];
}

const pair = (name, ...values) =>
  [element("dt", {}, name), element("dd", {}, values.map((value) =>
    typeof value === "string" ? quoted(value) : value))];

function goodReport(opinion, nowMs) {
  return [headOf(opinion, nowMs), packPart(opinion), warningPart(opinion), historyPart(opinion),
    absentPart(opinion), statedPart(opinion), provenPart(opinion)].filter((part) => part !== null);
}

function headOf({ trust, asOfMs, recalled, against, tainted, expiry }, nowMs) {
  const time = paragraph(`as of ${timeWords(asOfMs)}, ${ageWords(asOfMs, nowMs)}`);
  const alarms = [against.length > 0 ? `AGAINST USING IT: ${against.join("; ")}` : null,
    expiry !== null && !isExpired(expiry, asOfMs) && isExpired(expiry, nowMs)
      ? "EXPIRED SINCE by this device's clock: do not use it" : null,
    recalled === true ? RECALLED : null,
    tainted.length > 0 ? "Some of it rests on a revoked key: see below." : null]
    .filter((words) => words !== null).map((words) => element("p", { class: "alarm" }, words));
  const alarmed = alarms.length > 0;
  if (trust === null) {
    return { kind: "consistent", alarmed, headline: "SELF-CONSISTENT ONLY", under: [
      ...alarms, paragraph("Nothing in the file contradicts itself. Whether it is true, only a "
        + "trust file can say: anyone can found a ledger of their own."), time] };
  }
  return { kind: "valid", alarmed, headline: "VALID", under: [...alarms,
    paragraph("under ", quoted(trust.name), `, trust file ${trust.fingerprint}`), time] };
}

function packPart({ item, asOfMs, status, recalled, lot, expiry }) {
  const recall = recalled === null ? "not recalled; it has no lot that could be"
    : recalled ? RECALLED : "neither it nor its lot is recalled";
  return section("The pack", element("dl", {}, pair("Item", itemWords(item)),
    pair("Status", element("strong", {}, statusWords(status))),
    lot === null ? [] : pair("Lot", lot),
    expiry === null ? [] : pair("Expiry", expiryWords(expiry, asOfMs)),
    pair("Recall", element("strong", {}, recall))));
}

function warningPart({ tainted }) {
  if (tainted.length === 0) return null;
  return element("section", { class: "warning" }, element("h3", {}, "On a revoked key"),
    paragraph("These rest on a key that its owner declared not to be believed, from an entry of "
      + "the ledger on. Take them as not proven:"),
    bullets(tainted.map(([what, since]) => [quoted(what), `, from entry ${since} on`])));
}

function historyPart(opinion) {
  const names = new Map(opinion.parties.flatMap(({ name, signers }) =>
    signers.map((signer) => [signer, name])));
  const claim = "these events are on the ledger, and that none is left out";
  return section("History", paragraph(opinion.trust === null
    ? `Claimed by an unknown ledger: that ${claim}.` : `Proven: that ${claim}.`,
  " Names are as the passport's maker states them."),
  element("ol", { class: "history" }, opinion.told.map((event) =>
    eventLine(event, opinion.item, names.get(event.signer)))));
}

function eventLine(event, item, name) {
  const where = event.item === item ? [] : [" (with ", quoted(itemWords(event.item)), ")"];
  const place = event.leaf === null ? `entry ${event.entry}`
    : `entry ${event.entry}, leaf ${event.leaf}`;
  return element("li", { class: event.outcome === null ? "effective" : "denied" },
    element("time", {}, timeWords(event.unixMs)),
    paragraph(quoted(eventWords(event)), ...where),
    event.disbelievedFrom === null ? [] : [element("p", { class: "alarm" },
      `on a revoked key, not to be believed from entry ${event.disbelievedFrom} on`)],
    element("p", { class: "small" }, "by ", quoted(name), `, ${place}`));
}

function absentPart({ absent }) {
  return section("Evidence that is not in the file", absent.length === 0
    ? paragraph("None: every device record and all telemetry that belongs to it is here.")
    : bullets(absent.map(quoted)));
}

function statedPart({ parties, verdict, maker }) {
  const said = verdict === null ? "No storage verdict is stated." : [
    "Storage verdict ", element("strong", {}, quoted(verdict.outcome)),
    ` up to ${timeWords(verdict.untilMs)}, by the storage profile of entry `
    + `${verdict.profileEntry}. The command coldseal verify recomputes it when its evidence is in `
    + "the file; this page does not."];
  return section("Only stated, by the passport's maker", paragraph(said),
    bullets(parties.map(({ name, uri, signers }) => [quoted(name), ", ", quoted(itemWords(uri)),
      `: ${signers.length} signing key${signers.length === 1 ? "" : "s"}`])),
    paragraph(`The maker's key: ${maker.slice(0, 16)}`));
}

function provenPart({ ledger, number, size, item }) {
  return element("details", {}, element("summary", {}, "Ledger and checkpoint"),
    element("dl", {}, pair("Item", item), pair("Ledger", ledger),
      pair("Checkpoint", String(number)), pair("Entries that it covers", String(size))));
}

// One file of the two: chosen or dropped; `changed` is called after either.
class FileInput {
  constructor(name, limit, changed) {
    this.file = null;
    this.limit = limit;
    this.changed = changed;
    this.input = document.getElementById(name);
    this.shown = document.getElementById(`${name}-name`);
    const zone = document.getElementById(`${name}-zone`);
    this.input.addEventListener("change", () => this.take(this.input.files[0] ?? null));
    zone.addEventListener("dragover", () => zone.classList.add("over"));
    zone.addEventListener("dragleave", () => zone.classList.remove("over"));
    zone.addEventListener("drop", (event) => {
      zone.classList.remove("over");
      this.take(event.dataTransfer.files[0] ?? null);
    });
  }

  take(file) {
    this.file = file;
    this.shown.replaceChildren(file === null ? "no file yet" : quoted(file.name));
    this.changed();
  }

  forget() {
    this.input.value = "";
    this.take(null);
  }

  // null: there is no file.  Of one that is too large, enough to see that.
  async bytes() {
    return this.file === null ? null
      : new Uint8Array(await this.file.slice(0, this.limit + 1).arrayBuffer());
  }
}

class VerifierPage {
  constructor() {
    this.runs = 0;
    const changed = () => this.check();
    this.passport = new FileInput("passport", PASSPORT_BYTES, changed);
    this.trust = new FileInput("trust", TRUST_BYTES, changed);
    document.getElementById("forget").addEventListener("click", () => this.trust.forget());
    for (const name of ["dragover", "drop"]) { // else the browser opens what misses a zone
      document.addEventListener(name, (event) => event.preventDefault());
    }
  }

  async check() {
    const run = ++this.runs;
    document.getElementById("forget").hidden = this.trust.file === null;
    if (this.passport.file === null) return this.show(null, []);
    this.show({ kind: "unknown", headline: "Checking …", under: [] }, []);
    const [head, ...parts] = await this.outcome();
    if (run === this.runs) this.show(head, parts); // else another file was chosen meanwhile
  }

  async outcome() {
    try {
      if (globalThis.crypto?.subtle === undefined) {
        throw new Error("this browser checks signatures only for pages from disk or https");
      }
      const files = [await this.passport.bytes(), await this.trust.bytes()];
      return reportOf(await judge(...files), Date.now());
    } catch (error) {
      return [{ kind: "unknown", headline: "NOT CHECKED", under: [paragraph("It is unknown whether "
        + `the file holds: ${error.message}`)] }];
    }
  }

  show(head, parts) {
    const result = document.getElementById("result");
    result.hidden = head === null;
    result.className = `${head?.kind ?? ""} ${head?.alarmed ? "alarmed" : ""}`;
    document.getElementById("headline").replaceChildren(...head === null ? [] : [
      element("span", { "aria-hidden": "true" }, SIGNS[head.kind]), ` ${head.headline}`]);
    document.getElementById("under").replaceChildren(...head?.under ?? []);
    document.getElementById("report").replaceChildren(...parts);
  }
}

new VerifierPage();
