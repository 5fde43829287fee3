-- A ledger file.  The log (entry, node, checkpoint) is what is replayed; state, bucket and chain
-- follow from it and are checked against it by `coldseal ledger verify`.
CREATE TABLE entry (
    number INTEGER PRIMARY KEY,
    statement BLOB NOT NULL,
    body BLOB
) STRICT;
CREATE TABLE node (
    level INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE state (
    path BLOB PRIMARY KEY,
    key BLOB NOT NULL,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX state_key ON state (key);
CREATE TABLE bucket (
    prefix INTEGER PRIMARY KEY,
    digest BLOB NOT NULL,
    count INTEGER NOT NULL
) STRICT;
CREATE TABLE chain (
    item TEXT NOT NULL,
    number INTEGER NOT NULL,
    event BLOB NOT NULL,
    PRIMARY KEY (item, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint (
    number INTEGER PRIMARY KEY,
    size INTEGER NOT NULL UNIQUE,
    checkpoint BLOB NOT NULL,
    statement BLOB NOT NULL,
    receipt_signature BLOB NOT NULL
) STRICT;
CREATE TABLE cosignature (
    number INTEGER NOT NULL,
    witness BLOB NOT NULL,
    statement BLOB NOT NULL,
    PRIMARY KEY (number, witness)
) STRICT, WITHOUT ROWID;
-- An index over the chains, for questions: events by what they link and by their entry.
CREATE TABLE name (
    id INTEGER PRIMARY KEY,
    uri TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE link (
    other INTEGER NOT NULL,
    item INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (other, item, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE happened (
    entry INTEGER NOT NULL,
    item INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (entry, item, number)
) STRICT, WITHOUT ROWID;
