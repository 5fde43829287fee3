// Messages and signatures: COSE_Sign1 (RFC 9052 section 4.2), statements in the SCITT shape
// (RFC 9943), ES256 by WebCrypto.

const COSE_TAG = 0xd2; // tag 18
const COSE_ES256 = -7;
const COSE_HEADER = { alg: 1, contentType: 3, kid: 4, claims: 15 };
const CLAIM = { issuer: 1, subject: 2, audience: 3, issuedAt: 6 };
const KID_BYTES = 8;
const STATEMENT_BYTES = 64 * 1024;
const SUBJECT_CHARACTERS = 128;
const STATEMENT_TYPE = /^application\/coldseal\.([ -~]*)\+cbor$/;
const STATEMENT_ISSUER = /^urn:ietf:params:oauth:ckt:sha-256:([A-Za-z0-9_-]{43})$/; // RFC 9679
const STATEMENT_AUDIENCE = /^urn:coldseal:([0-9a-f]{64})$/;
const ORDER = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"; // of P-256
const HALF_ORDER = "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8";

// Exactly one COSE_Sign1 with an empty unprotected map; the signature's form is checked.
function readSign1(data) {
  if (data.length === 0 || data[0] !== COSE_TAG) {
    throw new WireError("no COSE_Sign1 (tag 18) at its beginning: another kind of file");
  }
  const parts = array(cborDecode(data.subarray(1)), 4);
  const [protectedHeader, unprotected, payload, signature] = parts;
  [protectedHeader, payload, signature].forEach(bytes);
  if (!(unprotected instanceof Map) || unprotected.size !== 0) {
    throw new WireError("the unprotected map is not empty");
  }
  checkSignatureForm(signature);
  return { protectedHeader, payload, signature };
}

// r and s in 1..n-1, s in the lower half: the other half would be a second form of the signature.
function checkSignatureForm(signature) {
  sized(signature, 64);
  const [r, s] = [hex(signature.subarray(0, 32)), hex(signature.subarray(32))];
  const zero = "0".repeat(64);
  if (r === zero || r >= ORDER || s === zero || s > HALF_ORDER) {
    throw new WireError("r or s is not in 1..n-1, or s is in the upper half");
  }
}

// What ECDSA signs the SHA-256 of (RFC 9052 section 4.4).
function toBeSigned({ protectedHeader, payload }, externalAad) {
  return cborEncode(["Signature1", protectedHeader, externalAad, payload]);
}

// A statement of good form; its signature is not verified.
function readStatement(data, limit = STATEMENT_BYTES) {
  if (data.length > limit) throw new WireError(`${data.length} bytes, more than ${limit}`);
  const message = readSign1(data);
  const header = cborDecode(message.protectedHeader);
  const fields = Object.values(COSE_HEADER);
  if (!(header instanceof Map) || header.size !== fields.length
      || !fields.every((field) => header.has(field))) {
    throw new WireError("the protected header is not {alg, content type, kid, claims}");
  }
  if (header.get(COSE_HEADER.alg) !== COSE_ES256) throw new WireError("alg is not ES256");
  const claims = readClaims(header.get(COSE_HEADER.claims));
  const kid = header.get(COSE_HEADER.kid);
  if (!(kid instanceof Uint8Array) || !same(kid, claims.issuer.subarray(0, KID_BYTES))) {
    throw new WireError("kid is not the beginning of the issuer's thumbprint");
  }
  const [, kind] = matched(header.get(COSE_HEADER.contentType), STATEMENT_TYPE,
    "the content type is not application/coldseal.<kind>+cbor");
  return { ...claims, kind, payload: message.payload, signature: message.signature,
    signedBytes: toBeSigned(message, new Uint8Array(0)) };
}

// {issuer, subject, ledger, issuedS}; the last two are null when they are absent.
function readClaims(claims) {
  const known = Object.values(CLAIM);
  if (!(claims instanceof Map) || !claims.has(CLAIM.issuer) || !claims.has(CLAIM.subject)
      || ![...claims.keys()].every((claim) => known.includes(claim))) {
    throw new WireError("the claims are not iss, sub, aud, iat");
  }
  const issuer = thumbprintOfUri(claims.get(CLAIM.issuer));
  const subject = text(claims.get(CLAIM.subject), SUBJECT_CHARACTERS);
  if (subject === "") throw new WireError("sub is empty");
  const ledger = claims.has(CLAIM.audience) ? ledgerOfUri(claims.get(CLAIM.audience)) : null;
  const issuedS = claims.has(CLAIM.issuedAt) ? uint(claims.get(CLAIM.issuedAt)) : null;
  return { issuer, subject, ledger, issuedS };
}

function matched(value, shape, otherwise) {
  const found = typeof value === "string" ? shape.exec(value) : null;
  if (found === null) throw new WireError(otherwise);
  return found;
}

function ledgerOfUri(value) {
  return bytesOfHex(matched(value, STATEMENT_AUDIENCE, "aud is not urn:coldseal:<ledger id>")[1]);
}

const bytesOfHex = (digits) => Uint8Array.from(digits.match(/../g), (two) => parseInt(two, 16));

function thumbprintOfUri(value) {
  const [, encoded] = matched(value, STATEMENT_ISSUER, "iss is no thumbprint URI (RFC 9679)");
  const base64 = encoded.replaceAll("-", "+").replaceAll("_", "/") + "=";
  const found = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
  if (btoa(String.fromCharCode(...found)) !== base64) {
    throw new WireError("iss is not in its only form");
  }
  return found;
}

// COSE Key Thumbprint (RFC 9679, SHA-256) of a P-256 key x || y: {1: 2, -1: 1, -2: x, -3: y}.
function thumbprint(key) {
  const coordinate = (label, part) => concat(cborEncode(label), cborEncode(part));
  return sha256(Uint8Array.of(0xa4, 0x01, 0x02, 0x20, 0x01),
    coordinate(-2, key.subarray(0, 32)), coordinate(-3, key.subarray(32)));
}

// Verifies ES256; a key is imported once.
class Signatures {
  constructor() {
    this.imported = new Map();
  }

  async load(key) {
    const name = hex(key);
    if (!this.imported.has(name)) {
      try { // WebCrypto refuses what is no point of the curve
        this.imported.set(name, await crypto.subtle.importKey("raw",
          concat(Uint8Array.of(4), publicKey(key)), { name: "ECDSA", namedCurve: "P-256" }, false,
          ["verify"]));
      } catch {
        throw new WireError("key: no point of P-256");
      }
    }
    return this.imported.get(name);
  }

  // WireError unless `key` made `signature`, whose form is checked, over `signedBytes`.
  async verify(key, { signedBytes, signature }) {
    const holds = await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" },
      await this.load(key), signature, signedBytes);
    if (!holds) throw new WireError("signature: it does not fit key and content");
  }

  // The issuer is `key`, and it signed.
  async verifyStatement(key, signed) {
    if (!same(thumbprint(key), signed.issuer)) {
      throw new WireError("signature: the statement names another key as its issuer");
    }
    await this.verify(key, signed);
  }
}
