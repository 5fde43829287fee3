// Chains of items: what the item's own chain and the links in it make necessary, no less, no more.
//
// An item's chain ends at (length, head) of its proven state.  An event that packs an item or puts
// it away links (length, head) of the carrier's chain; from there its events are due until
// - a parent's: the link of the event that unpacks the item; else, proven by the state, the end of
//   the parent's generation; else the parent's own state, still of that generation;
// - a place's: the link of the event that leaves it; else the place's own state.
// What those events say of the carrier's carriers makes parts of their chains due in the same way.

const CONTAINMENT_DEPTH = 8;
const EVENTS_READ = 2 ** 20; // a way that needs more is made to keep a verifier busy
const ACTION = { pack: 2, unpack: 3, ship: 4, putAway: 8, attach: 23, detach: 24 };

// Events first <= number < last of an item's chain.  No control character stands in an item.
const partName = ({ item, first, last }) => `${item}\n${first}\n${last}`;

// Proven when it is made; Fault when not.  `whole` is the item's own part.
class Chains {
  constructor(item, chains, state) {
    this.state = state;
    this.given = new Map(); // name of a part -> {part, field, chain, headAfter}
    this.stays = new Map(); // name of a part -> [{part, since, until}]
    this.left = EVENTS_READ;
    chains.forEach((chain, number) => this.take(chain, `chains[${number}]`));
    this.whole = this.part(item, 0, firstHead(item), this.ownEnd(item));
    this.follow();
    for (const { part, field } of this.given.values()) {
      const empty = part.first === part.last && partName(part) !== partName(this.whole);
      if (!this.stays.has(partName(part)) || empty) throw new Fault(field, "nothing makes it due");
    }
  }

  take(chain, field) {
    const part = { item: chain.item, first: chain.first, last: chain.first + chain.events.length };
    if (this.given.has(partName(part))) throw new Fault(field, "it stands twice");
    const headAfter = chain.events.reduce(
      (head, event) => sha256(head, sha256(event.encoded)), chain.head);
    this.given.set(partName(part), { part, field, chain, headAfter });
  }

  // The events of a part that is proven.
  read(part) {
    const events = this.given.get(partName(part))?.chain.events ?? [];
    this.left -= 1 + events.length;
    if (this.left < 0) {
      throw new Fault("chains", `the way takes more than ${EVENTS_READ} events to follow`);
    }
    return events;
  }

  // With whom the item was during a part of its chain: [{part, since, until}], `since` and `until`
  // the events that began and ended it; null: it lasts.
  staysOf(part) {
    return this.stays.get(partName(part)) ?? [];
  }

  // [{item, number, event}] of all chains: two of them can overlap.
  allEvents() {
    const found = new Map();
    for (const { part, chain } of this.given.values()) {
      chain.events.forEach((event, at_) => {
        const number = part.first + at_;
        found.set(`${part.item}\n${number}`, { item: part.item, number, event });
      });
    }
    return [...found.values()];
  }

  // Prove what the item's chain makes due, level by level of containment.
  follow() {
    let level = [this.whole];
    for (let depth = 0; depth < CONTAINMENT_DEPTH; depth++) {
      const inner = [];
      for (const part of level) {
        if (this.stays.has(partName(part))) continue;
        const events = this.read(part).filter((event) => event.effective);
        const stays = this.inParents(events).concat(this.atPlaces(events));
        this.stays.set(partName(part), stays);
        for (const stay of stays) inner.push(stay.part);
      }
      level = inner;
    }
    for (const part of level) {
      if (!this.stays.has(partName(part))) this.stays.set(partName(part), []);
    }
  }

  inParents(events) {
    const stays = [];
    let since = null;
    for (const event of events) {
      for (const link of linksOf(event, LINK.parent)) {
        const packed = event.action === ACTION.pack;
        if (since !== null) {
          stays.push(packed ? this.unended(since) : this.unpackedBy(since, event, link));
        }
        since = packed ? { event, link } : null;
      }
    }
    return since === null ? stays : [...stays, this.unended(since)];
  }

  unpackedBy({ event, link }, until, left) {
    if (left.other !== link.other) {
      throw new Fault("chains", `an item in ${link.other} was unpacked from another carrier`);
    }
    return { part: this.from(link, [left.where[0], left.digest]), since: event, until };
  }

  // No event of the item ends it: its parent was unpacked whole, or it is there still.
  unended({ event, link }) {
    const generation = link.where[1];
    const end = this.state.unpacked(link.other, generation);
    if (end !== null) {
      const part = this.from(link, [end.length, end.head]);
      if (part.first === part.last) {
        throw new Fault("chains", `${link.other} was unpacked before it was packed`);
      }
      return { part, since: event, until: this.read(part).at(-1) };
    }
    const known = this.state.item(link.other);
    if (known === null || known.generation !== generation) {
      throw new Fault("proofs", `${link.other} was unpacked whole since, and its chain's end then `
        + "is not proven");
    }
    return { part: this.from(link, [known.length, known.head]), since: event, until: null };
  }

  // Put-away begins a stay.  A link to where the item is ends it; one to where no put-away brought
  // it ends nothing: it was in stock there by another way.
  atPlaces(events) {
    const stays = [];
    let since = null;
    for (const event of events) {
      for (const link of linksOf(event, LINK.place)) {
        if (since !== null && since.link.other === link.other) {
          const part = this.from(since.link, [link.where[0], link.digest]);
          stays.push({ part, since: since.event, until: event });
          since = null;
        } else if (event.action === ACTION.putAway) {
          if (since !== null) stays.push(this.stillAt(since));
          since = { event, link };
        }
      }
    }
    return since === null ? stays : [...stays, this.stillAt(since)];
  }

  stillAt({ event, link }) {
    return { part: this.from(link, this.ownEnd(link.other)), since: event, until: null };
  }

  // [length, head] of the item's chain as the state has it.
  ownEnd(uri) {
    const known = this.state.item(uri);
    return known === null ? [0, firstHead(uri)] : [known.length, known.head];
  }

  from(link, end) {
    return this.part(link.other, link.where[0], link.digest, end);
  }

  // A part whose events lead from `head` to `end`.
  part(item, first, head, [last, endHead]) {
    const part = { item, first, last };
    const given = this.given.get(partName(part));
    if (given === undefined && first !== last) {
      throw new Fault("chains", `${item}: events ${first} to before ${last} are due`);
    }
    const [before, after] = [given?.chain.head ?? head, given?.headAfter ?? head];
    if (!same(before, head) || !same(after, endHead)) {
      throw new Fault(given?.field ?? "chains", `${item}: the events ${first} to before ${last} do `
        + "not lead from head to head");
    }
    return part;
  }
}
