-- A gateway's journal: what was accepted from devices, in order, and the blocks made of it.
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE row (
    number INTEGER PRIMARY KEY,
    kid BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    received_ms INTEGER,
    record BLOB NOT NULL
) STRICT;
CREATE INDEX row_place ON row (kid, epoch, seq);
CREATE TABLE block (
    height INTEGER PRIMARY KEY,
    first_row INTEGER NOT NULL,
    last_row INTEGER NOT NULL,
    statement BLOB NOT NULL,
    entry INTEGER,
    receipt BLOB
) STRICT;
CREATE TABLE duplicate (
    kid BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (kid, epoch, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE refused (
    number INTEGER PRIMARY KEY,
    received_ms INTEGER NOT NULL,
    topic TEXT NOT NULL,
    rule TEXT NOT NULL,
    detail TEXT NOT NULL,
    data BLOB NOT NULL
) STRICT;
CREATE TABLE refused_count (
    rule TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
