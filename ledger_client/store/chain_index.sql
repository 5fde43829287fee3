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
