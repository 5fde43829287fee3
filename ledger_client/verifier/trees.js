// The two kinds of Merkle tree: RFC 9162's of log and block, and the state's compact sparse one.

const TREE_LEAF = Uint8Array.of(0);
const TREE_NODE = Uint8Array.of(1);
const TREE_EMPTY = new Uint8Array(32);

// Root of the tree of `size` entries whose entry `index` is `entry` (RFC 9162 section 2.1.3.2).
// Indexes can be above 2^32: no bit operators.
function listRoot(entry, index, size, path) {
  if (index >= size) throw new WireError(`${index} is not below the tree's size ${size}`);
  let [node, last] = [index, size - 1];
  let found = sha256(TREE_LEAF, entry);
  const up = () => { [node, last] = [Math.floor(node / 2), Math.floor(last / 2)]; };
  for (const sibling of path) {
    if (last === 0) throw new WireError("more hashes than the tree is high");
    if (node % 2 === 1 || node === last) {
      found = sha256(TREE_NODE, sibling, found);
      while (node !== 0 && node % 2 === 0) up();
    } else {
      found = sha256(TREE_NODE, found, sibling);
    }
    up();
  }
  if (last !== 0) throw new WireError("fewer hashes than the tree is high");
  return found;
}

const bitAt = (data, number) => data[number >> 3] >> (7 - (number & 7)) & 1;

// Root of the state in which `key` has `value` (null: no value), by {bitmap, siblings, other}.
// bitmap: one byte for the depth, then a bit a level from the root, set where the sibling is not
// empty; other: [path, value digest] of a leaf that stands in the way of an absent key.
function stateRoot(key, value, proof) {
  const path = sha256(key);
  const levels = stateLevels(proof);
  let found = stateLeaf(path, value, proof.other, levels.length);
  for (let depth = levels.length - 1; depth >= 0; depth--) {
    found = bitAt(path, depth) === 1 ? sha256(TREE_NODE, levels[depth], found)
      : sha256(TREE_NODE, found, levels[depth]);
  }
  return found;
}

function stateLeaf(path, value, other, depth) {
  if (value !== null) {
    if (other !== null) throw new WireError("a present key has no other leaf in its way");
    return sha256(TREE_LEAF, path, sha256(value));
  }
  if (other === null) return TREE_EMPTY;
  let inTheWay = !same(other[0], path);
  for (let bit = 0; bit < depth; bit++) {
    inTheWay = inTheWay && bitAt(path, bit) === bitAt(other[0], bit);
  }
  if (!inTheWay) throw new WireError("the other leaf is not in the key's way");
  return sha256(TREE_LEAF, ...other);
}

// Siblings from the root downwards, empty ones filled in; the proof in its only form.
function stateLevels({ bitmap, siblings }) {
  if (bitmap.length === 0) throw new WireError("the bitmap is empty");
  const [depth, bits] = [bitmap[0], bitmap.subarray(1)];
  if (bits.length !== Math.ceil(depth / 8)) {
    throw new WireError(`${bits.length} bytes of bits for ${depth} levels`);
  }
  const flags = Array.from({ length: 8 * bits.length }, (_, level) => bitAt(bits, level));
  if (flags.splice(depth).includes(1)) throw new WireError("bits below the last level are set");
  // A subtree with one leaf is that leaf: below an empty sibling there is no deeper level.
  if (depth > 0 && flags[depth - 1] === 0) throw new WireError("the lowest sibling is empty");
  const announced = flags.filter((flag) => flag === 1).length;
  if (announced !== siblings.length) {
    throw new WireError(`${siblings.length} siblings, ${announced} announced`);
  }
  if (siblings.some((sibling) => same(sibling, TREE_EMPTY))) {
    throw new WireError("an empty sibling is announced as a full one");
  }
  const given = siblings.values();
  return flags.map((flag) => flag === 1 ? given.next().value : TREE_EMPTY);
}
