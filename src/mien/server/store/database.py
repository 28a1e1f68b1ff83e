"""Studio's database, open in one process.

It is locked while it is open, so that a second server never treats the running work of the first
as abandoned.
"""

from pathlib import Path

from mien.storage import database
from mien.storage.database import HIGHEST, Value

_FIRST = """
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again, so that an old link shows nothing
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('live', 'film', 'photo')),
    status TEXT NOT NULL CHECK (status IN ('recording', 'done', 'interrupted')),
    started REAL NOT NULL,
    ended REAL,
    model TEXT NOT NULL,
    model_version TEXT NOT NULL,
    fps REAL,
    notes TEXT NOT NULL DEFAULT '',
    film TEXT,
    width INTEGER,
    height INTEGER,
    frames INTEGER NOT NULL DEFAULT 0,
    faces INTEGER NOT NULL DEFAULT 0,
    last_frame INTEGER NOT NULL DEFAULT -1,
    seconds REAL NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE faces (  -- one row a face a frame; one that is empty from person on for none
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    frame INTEGER NOT NULL,
    time REAL NOT NULL,
    source TEXT,
    person INTEGER,
    x REAL, y REAL, width REAL, height REAL,
    score REAL,
    unsure INTEGER,
    probabilities BLOB,  -- doubles, one per label
    smoothed BLOB        -- the same
) STRICT;
CREATE INDEX faces_of_session ON faces (session, frame);
CREATE TABLE embeddings (  -- apart, so that timelines need not read past them
    face INTEGER PRIMARY KEY REFERENCES faces ON DELETE CASCADE,
    vector BLOB NOT NULL  -- half floats: an hour of video has a hundred thousand
) STRICT;
CREATE TABLE people (
    session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    number INTEGER NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    merged_into INTEGER,
    PRIMARY KEY (session, number),
    FOREIGN KEY (session, merged_into) REFERENCES people (session, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE marks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    time REAL NOT NULL,
    note TEXT NOT NULL
) STRICT;
CREATE INDEX marks_of_session ON marks (session, time);
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session INTEGER REFERENCES sessions ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('analyze', 'annotate')),
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK
        (status IN ('queued', 'running', 'done', 'failed', 'cancelled', 'interrupted')),
    progress REAL NOT NULL DEFAULT 0,
    frames INTEGER NOT NULL DEFAULT 0,
    faces INTEGER NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT '',
    created REAL NOT NULL,
    ended REAL
) STRICT;
CREATE INDEX jobs_of_session ON jobs (session);
CREATE TABLE feedback (  -- outlives the session it came from: it was given to be learned from
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created REAL NOT NULL,
    label TEXT NOT NULL,
    embedding BLOB NOT NULL,      -- float32
    probabilities BLOB NOT NULL,  -- seven doubles
    model TEXT NOT NULL,
    model_version TEXT NOT NULL,
    session INTEGER REFERENCES sessions ON DELETE SET NULL,
    face INTEGER REFERENCES faces ON DELETE SET NULL,
    picture BLOB
) STRICT;
CREATE INDEX feedback_of_session ON feedback (session);
CREATE INDEX feedback_of_face ON feedback (face);
"""

_PROFILES = """
ALTER TABLE embeddings ADD COLUMN base BLOB;  -- seven doubles, before a profile changed them
ALTER TABLE feedback ADD COLUMN profile INTEGER;  -- its id in the profiles' file
ALTER TABLE feedback ADD COLUMN correction INTEGER;  -- its number there
"""

_ANSWERED_AS = """
ALTER TABLE sessions ADD COLUMN profile TEXT;  -- its name; NULL for the model's own answers
ALTER TABLE sessions ADD COLUMN model_digest TEXT NOT NULL DEFAULT '';  -- '' where none was noted
"""

_LABELS_AND_ATTRIBUTES = """
ALTER TABLE sessions ADD COLUMN labels TEXT;  -- JSON list; NULL for FER2013's seven
ALTER TABLE sessions ADD COLUMN attributes TEXT NOT NULL DEFAULT '[]';  -- JSON list of names
ALTER TABLE faces ADD COLUMN attributes TEXT;  -- JSON object of numbers; NULL where there are none
"""

# A correction that a profile has is stored there; the row here only says where the face is from.
_CORRECTIONS_ONCE = """
CREATE TABLE feedback_4 (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created REAL NOT NULL,
    label TEXT,            -- NULL, as are those up to `model_version`, where a profile has them
    embedding BLOB,        -- float32
    probabilities BLOB,    -- doubles
    labels TEXT,           -- JSON list; NULL for FER2013's seven
    model TEXT,
    model_version TEXT,
    session INTEGER REFERENCES sessions ON DELETE SET NULL,
    face INTEGER REFERENCES faces ON DELETE SET NULL,
    picture BLOB,
    profile INTEGER,       -- its id in the profiles' file
    correction INTEGER     -- its number there
) STRICT;
INSERT INTO feedback_4 (id, created, label, embedding, probabilities, model, model_version, session,
    face, picture, profile, correction)
    SELECT id, created, label, embedding, probabilities, model, model_version, session, face,
    picture, profile, correction FROM feedback;
DELETE FROM sqlite_sequence WHERE name = 'feedback_4';
INSERT INTO sqlite_sequence (name, seq) SELECT 'feedback_4', seq FROM sqlite_sequence
    WHERE name = 'feedback';
DROP TABLE feedback;
ALTER TABLE feedback_4 RENAME TO feedback;
CREATE INDEX feedback_of_session ON feedback (session);
CREATE INDEX feedback_of_face ON feedback (face);
"""

_PRIOR_AND_HELD = """
ALTER TABLE sessions ADD COLUMN prior TEXT NOT NULL DEFAULT '';  -- '' for the model's own
ALTER TABLE faces ADD COLUMN held TEXT;  -- the label where it is not the most probable one
"""

_DETECTOR = """
ALTER TABLE sessions ADD COLUMN detector TEXT NOT NULL DEFAULT '';  -- '' for early versions
"""

_EVENTS = """
ALTER TABLE marks ADD COLUMN duration REAL NOT NULL DEFAULT 0;  -- seconds; 0 is a moment
ALTER TABLE marks ADD COLUMN person INTEGER;  -- NULL for everybody
ALTER TABLE marks ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE marks ADD COLUMN condition TEXT NOT NULL DEFAULT '';
ALTER TABLE marks ADD COLUMN code TEXT NOT NULL DEFAULT '';
ALTER TABLE marks ADD COLUMN author TEXT NOT NULL DEFAULT '';
ALTER TABLE marks ADD COLUMN excluded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN consent TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN clock REAL;  -- of time 0, seconds since 1970; NULL if unknown
ALTER TABLE sessions ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;
"""

_SERIES = """
ALTER TABLE sessions ADD COLUMN thumbnails INTEGER NOT NULL DEFAULT 0;
ALTER TABLE people ADD COLUMN split_from INTEGER;  -- whose faces these were before
CREATE TABLE series (  -- of sessions that have ended; made anew where they change
    session INTEGER PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
    last_frame INTEGER NOT NULL,
    strip TEXT NOT NULL,   -- JSON list of labels and nulls
    faces TEXT NOT NULL,   -- JSON object: how many faces each person id has
    columns BLOB NOT NULL  -- of the faces, as numpy's .npz
) STRICT;
CREATE TABLE thumbnails (
    session INTEGER NOT NULL,
    person INTEGER NOT NULL,
    image BLOB NOT NULL,  -- JPEG
    PRIMARY KEY (session, person),
    FOREIGN KEY (session, person) REFERENCES people (session, number) ON DELETE CASCADE
) STRICT;
CREATE TABLE preferences (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL  -- JSON
) STRICT;
"""

MIGRATIONS: tuple[str, ...] = (
    _FIRST,
    _PROFILES,
    _ANSWERED_AS,
    _LABELS_AND_ATTRIBUTES,
    _CORRECTIONS_ONCE,
    _PRIOR_AND_HELD,
    _DETECTOR,
    _EVENTS,
    _SERIES,
)
"""The SQL from each version, from 0, to the next one. Only ever added to."""


__all__ = ["APPLICATION", "FILE_NAME", "HIGHEST", "Database", "Value"]

FILE_NAME = "studio.sqlite"
APPLICATION = 0x4D69656E
"""SQLite's application id: "Mien"."""

_TIMEOUT = 2.0  # seconds to wait for another process, such as a server that is about to end


class Database(database.Database):
    """Studio's database, open; see `mien.storage.database.Database`.

    Args:
        path: the file; created if absent.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, APPLICATION, MIGRATIONS, True, _TIMEOUT)
