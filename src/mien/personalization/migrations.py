"""The tables of the profiles' file, a step a version."""

_FIRST = """
CREATE TABLE profiles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again, so a deleted one is found by none
    name TEXT NOT NULL UNIQUE,
    created REAL NOT NULL
) STRICT;
CREATE TABLE corrections (  -- one that is undone stays, for a version before may come back
    profile INTEGER NOT NULL REFERENCES profiles ON DELETE CASCADE,
    number INTEGER NOT NULL,
    step INTEGER NOT NULL,  -- the version it came with: one undo takes back a whole step
    created REAL NOT NULL,
    label TEXT NOT NULL,
    embedding BLOB NOT NULL,      -- float32
    probabilities BLOB NOT NULL,  -- float32
    model TEXT NOT NULL,
    model_version TEXT NOT NULL,
    model_digest TEXT NOT NULL,
    picture BLOB,  -- PNG of the 48x48 crop, where the user wants it kept
    PRIMARY KEY (profile, number)
) STRICT;
CREATE TABLE versions (  -- only ever added to; the highest number holds
    profile INTEGER NOT NULL REFERENCES profiles ON DELETE CASCADE,
    number INTEGER NOT NULL,
    created REAL NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('teach', 'undo', 'rollback', 'upgrade')),
    members BLOB NOT NULL,  -- the numbers of its corrections, int64
    model TEXT,
    model_version TEXT,
    model_digest TEXT,
    figures TEXT,
    adapter BLOB,  -- of the version that holds
    PRIMARY KEY (profile, number)
) STRICT;
"""

MIGRATIONS: tuple[str, ...] = (_FIRST,)
"""What leads from each version, from 0, to the next one. Only ever added to."""
