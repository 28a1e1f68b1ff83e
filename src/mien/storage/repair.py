"""Saves what can be saved of a damaged database, as a new one of the newest version.

Nothing is destroyed: the damaged file is copied first, and stays beside the new one.
"""

import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from mien.files import flush
from mien.storage.database import Database
from mien.storage.errors import DamagedError, StoreError, is_sound
from mien.storage.migrate import read_schema, run_scripts, schema_of
from mien.storage.pages import Cell, Pages, Record
from mien.storage.privacy import create_private

_TYPES = {"INTEGER": (int,), "REAL": (int, float), "TEXT": (str,), "BLOB": (bytes,)}
_SQLITE_LOCKS = (0x40000000, 512)  # where SQLite locks bytes of a file, and how many
_MAGIC = b"SQLite format 3\0"
_SEQUENCE = "sqlite_sequence"


@dataclass
class Repair:
    """What became of a database.

    Attributes:
        file: that was repaired.
        copy: the damaged file, as it was.
        database: the new file, until it takes the place of the damaged one.
        saved: how many rows of each table are in the new file.
        lost: how many rows of each table were found and are damaged. Rows of pages that cannot be
            read are not known, and not counted.
        notes: what else was lost or is made up, as sentences.
        sound: whether SQLite finds no damage in the file.
    """

    file: Path
    copy: Path
    database: Path
    saved: dict[str, int] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    sound: bool = False

    @property
    def needed(self) -> bool:
        """Whether anything was damaged; if not, the file stays as it is, and there is no copy."""
        return not self.sound or bool(self.notes) or bool(self.lost.total())


@contextmanager
def repairing(
    path: Path, application: int, migrations: Sequence[str], leave_out: Sequence[str] = ()
) -> Iterator[Repair]:
    """Copies a database aside and yields a new one with its rows; then replaces it by that.

    Where nothing turns out to be damaged, the file stays, and the copy is removed.

    The block checks the rows, and removes what is damaged, from `Repair.database`. Where it raises,
    the file stays as it was.

    Args:
        path: of the file.
        application: the application id of this kind of file.
        migrations: as in `Database`.
        leave_out: tables that are made anew where they are missing.

    Raises:
        StoreError: there is no such file, a program has it open, or the folder cannot be written.
    """
    _demand_unused(path)
    try:
        copy = _copy_aside(path)
        folder = Path(tempfile.mkdtemp(prefix=".repair-", dir=path.parent))
    except OSError as error:
        raise StoreError(
            f"cannot be copied ({error.strerror})", subject=path, remedy="free disk space"
        ) from None
    try:
        pages = Pages(_settle(path, folder / "damaged.sqlite"))
        repair = Repair(path, copy, folder / path.name, sound=_is_sound(folder / "damaged.sqlite"))
        create_private(repair.database)
        with closing(sqlite3.connect(repair.database, isolation_level=None)) as connection:
            _rebuild(connection, pages, application, migrations, leave_out, repair)
        yield repair
        with closing(sqlite3.connect(repair.database, isolation_level=None)) as connection:
            remove_broken_links(connection, repair)
            repair.saved = _count(connection)
            connection.execute("PRAGMA journal_mode = DELETE")
        _install(repair) if repair.needed else _remove(repair.copy)
    except BaseException:
        _remove(copy)  # nothing has changed that it would be needed for
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def read_application(path: Path) -> int:
    """Returns the application id in the header of a file.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return Pages(file.read(100)).application
    except OSError as error:
        raise StoreError(
            f"cannot be read ({error.strerror})", subject=path, remedy="check the path"
        ) from None


def _demand_unused(path: Path) -> None:
    """Refuses a file that a program has open: SQLite locks it, also where it is damaged."""
    if not path.is_file():
        raise StoreError("no such file", subject=path, remedy="check the path")
    if sys.platform == "win32":  # which refuses to replace a file that is open
        return
    import fcntl  # noqa: PLC0415 - Unix alone has it

    start, length = _SQLITE_LOCKS
    try:
        with path.open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)
    except BlockingIOError:
        raise StoreError(
            "is in use by another program", subject=path, remedy="stop that program"
        ) from None
    except OSError as error:
        raise StoreError(
            f"cannot be locked ({error.strerror})", subject=path, remedy="copy it to a local disk"
        ) from None


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _copy_aside(path: Path) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    copy = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    for source, target in ((path, copy), (_log_of(path), _log_of(copy))):
        if source.exists():
            shutil.copy2(source, target)
            target.chmod(0o600)
            flush(target)
    flush(path.parent)
    return copy


def _settle(path: Path, scratch: Path) -> bytes:
    """Returns the content of a file with its log written into it, as far as SQLite can do that."""
    shutil.copy2(path, scratch)
    if _log_of(path).exists():
        shutil.copy2(_log_of(path), _log_of(scratch))
        with suppress(sqlite3.Error), closing(sqlite3.connect(scratch)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return scratch.read_bytes()


@dataclass(frozen=True, slots=True)
class _Table:
    """A table as its version has it.

    Attributes:
        name: of it.
        columns: their names and types.
        required: the places of those that are never empty, and have no default.
        key: the place of the column that is the rowid; None where there is none.
        rowid: whether its rows have one.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    required: frozenset[int]
    key: int | None
    rowid: bool

    def fits(self, record: Record) -> bool:
        """Tells whether a row can be one of this table."""
        cells = record.cells
        if len(cells) > len(self.columns):
            return False
        for place, (_, kind) in enumerate(self.columns):
            value = cells[place] if place < len(cells) else None
            if value is None and place in self.required:
                return False
            if value is not None and not isinstance(value, _TYPES[kind]):
                return False
        return True

    def row(self, record: Record) -> dict[str, Cell]:
        """Returns the values of a row by name; a column added later has its default."""
        row: dict[str, Cell] = {
            name: cell for (name, _), cell in zip(self.columns, record.cells, strict=False)
        }
        if self.key is not None:
            row[self.columns[self.key][0]] = record.rowid
        return row


def _read_tables(connection: sqlite3.Connection) -> dict[str, _Table]:
    found = {}
    for name, sql in connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall():
        info = connection.execute(f"PRAGMA table_info({name})").fetchall()
        rowid = "WITHOUT ROWID" not in sql
        keys = [place for place, _, kind, _, _, key in info if key and kind == "INTEGER"]
        primary = [place for place, _, _, _, _, key in info if key]
        key = primary[0] if rowid and len(primary) == 1 and primary == keys else None
        required = {place for place, _, _, strict, default, _ in info if strict and default is None}
        columns = tuple((row[1], row[2]) for row in info)
        found[name] = _Table(name, columns, frozenset(required - {key}), key, rowid)
    return found


def _rebuild(
    connection: sqlite3.Connection,
    pages: Pages,
    application: int,
    migrations: Sequence[str],
    leave_out: Sequence[str],
    repair: Repair,
) -> None:
    rows = [record for record in _rows_of(pages, 1) if record is not None]
    schema = [record for record in rows if len(record.cells) == 5]
    found = read_schema([text for *_, text in (it.cells for it in schema) if isinstance(text, str)])
    if pages.application != application and found and not found & schema_of(tuple(migrations)):
        raise StoreError(
            "holds another program's data", subject=repair.file, remedy="choose another file"
        )
    version = _find_version(found, pages.version, migrations)
    repair.sound &= version == pages.version and schema_of(tuple(migrations[:version])) <= found
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("BEGIN")
    run_scripts(connection, migrations[:version])
    tables = _read_tables(connection)
    roots = _find_roots(schema)
    for name, record in _assign(pages, tables, roots, repair):
        if name not in leave_out:
            _insert(connection, tables[name], record, repair)
    _restore_sequence(connection, pages, roots)
    run_scripts(connection, migrations[version:])
    connection.execute(f"PRAGMA application_id = {application}")
    connection.execute(f"PRAGMA user_version = {len(migrations)}")
    connection.execute("COMMIT")


def _rows_of(pages: Pages, root: int) -> Iterator[Record | None]:
    for page in pages.tree(root):
        yield from pages.records(page)


def _find_version(found: frozenset[str], stated: int, migrations: Sequence[str]) -> int:
    """Returns the version whose tables the file has; the newest where these are lost, too."""

    def likeness(version: int) -> tuple[int, bool, int]:
        expected = schema_of(tuple(migrations[:version]))
        return -len(expected ^ found), version == stated, version

    return max(range(1, len(migrations) + 1), key=likeness) if found else len(migrations)


def _find_roots(schema: Sequence[Record]) -> dict[str, int]:
    """Returns the first page of each table and index, as far as the schema is intact."""
    roots = {}
    for record in schema:
        _, name, _, root, _ = record.cells
        if isinstance(name, str) and isinstance(root, int) and root > 1:
            roots[name] = root
    return roots


def _assign(
    pages: Pages, tables: Mapping[str, _Table], roots: Mapping[str, int], repair: Repair
) -> Iterator[tuple[str, Record]]:
    """Yields every row with the name of its table: from the roots, then from leaves beyond them."""
    known = set(pages.tree(1))
    for name, root in roots.items():
        for page in pages.tree(root):
            if page not in known and name in tables:
                yield from _intact(name, tables[name], pages.records(page), repair)
            known.add(page)
    for page in range(1, pages.count + 1):
        if page not in known and pages.is_leaf(page):
            records = list(pages.records(page))
            table = _guess(tables.values(), records, pages.kind(page))
            if table is not None:
                yield from _intact(table.name, table, iter(records), repair)


def _intact(
    name: str, table: _Table, records: Iterator[Record | None], repair: Repair
) -> Iterator[tuple[str, Record]]:
    for record in records:
        if record is not None and table.fits(record):
            yield name, record
        else:
            repair.lost[name] += 1


def _guess(tables: Iterable[_Table], records: Sequence[Record | None], kind: int) -> _Table | None:
    """Returns the one table that all rows of a page fit; None where there is none, or several."""
    intact = [record for record in records if record is not None]
    fitting = [
        table
        for table in tables
        if intact and table.rowid == (kind == 13) and all(map(table.fits, intact))
    ]
    whole = [it for it in fitting if all(len(it.columns) == len(row.cells) for row in intact)]
    found = whole or fitting
    return found[0] if len(found) == 1 else None


def _insert(connection: sqlite3.Connection, table: _Table, record: Record, repair: Repair) -> None:
    row = table.row(record)
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    try:
        connection.execute(
            f"INSERT INTO {table.name} ({names}) VALUES ({marks})",  # noqa: S608
            tuple(row.values()),
        )
    except (sqlite3.IntegrityError, OverflowError):  # a value that the table refuses, or twice
        repair.lost[table.name] += 1


def _restore_sequence(
    connection: sqlite3.Connection, pages: Pages, roots: Mapping[str, int]
) -> None:
    """Keeps the numbers of deleted rows from being used again."""
    for record in _rows_of(pages, roots.get(_SEQUENCE, 0)):
        match record:
            case Record(cells=(str(name), int(last))) if 0 < last <= 2**53:
                connection.execute(
                    f"UPDATE {_SEQUENCE} SET seq = max(seq, ?) WHERE name = ?",  # noqa: S608
                    (last, name),
                )


def drop_damaged(
    database: Database,
    table: str,
    key: Sequence[str],
    parse: Callable[[sqlite3.Row], object],
    repair: Repair,
) -> None:
    """Removes the rows of a table that do not contain what they should.

    Args:
        database: the new file, open.
        table: its name.
        key: the columns that tell a row.
        parse: reads a row; it raises DamagedError of one that is to be removed.
        repair: counts them.
    """
    damaged = []
    for row in database.rows(f"SELECT * FROM {table}"):  # noqa: S608
        try:
            parse(row)
        except DamagedError:
            damaged.append(tuple(row[name] for name in key))
    which = " AND ".join(f"{name} = ?" for name in key)
    with database.unconstrained() as write:  # what belongs to a removed row may be saved
        write.executemany(f"DELETE FROM {table} WHERE {which}", damaged)  # noqa: S608
    repair.lost[table] += len(damaged)


def remove_broken_links(connection: sqlite3.Connection, repair: Repair) -> None:
    """Removes what belongs to a lost row, as its deletion would have: rows, or links to it."""
    tables, changed = list(_read_tables(connection)), True
    while changed:  # a removed row may have had rows of its own
        changed = False
        for table in tables:
            for link in _links(connection, table):
                count = connection.execute(link.removal).rowcount
                changed |= count > 0
                repair.lost[table] += count if link.cascades else 0


@dataclass
class _Link:
    """A foreign key: pairs of columns, of a table and of the one that it refers to."""

    table: str
    parent: str
    cascades: bool
    columns: list[tuple[str, str]] = field(default_factory=list)

    @property
    def removal(self) -> str:
        """The SQL that removes the rows, or the links, to which nothing is left."""
        pairs = " AND ".join(f"parent.{to} = {self.table}.{own}" for own, to in self.columns)
        own = " AND ".join(f"{own} IS NOT NULL" for own, _ in self.columns)
        clear = f"UPDATE {self.table} SET {self.columns[-1][0]} = NULL"  # noqa: S608
        start = f"DELETE FROM {self.table}" if self.cascades else clear  # noqa: S608
        found = f"SELECT 1 FROM {self.parent} AS parent WHERE {pairs}"  # noqa: S608
        return f"{start} WHERE {own} AND NOT EXISTS ({found})"


def _links(connection: sqlite3.Connection, table: str) -> list[_Link]:
    links = dict[int, _Link]()
    for number, _, parent, own, to, _, action, _ in connection.execute(
        f"PRAGMA foreign_key_list({table})"
    ).fetchall():
        link = links.setdefault(number, _Link(table, parent, action == "CASCADE"))
        link.columns.append((own, to or "rowid"))
    return list(links.values())


def _count(connection: sqlite3.Connection) -> dict[str, int]:
    return {
        name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
        for name in _read_tables(connection)
    }


def _is_sound(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as connection:
            return is_sound(connection)
    except sqlite3.Error:
        return False


def _remove(copy: Path) -> None:
    for path in (copy, _log_of(copy)):
        path.unlink(missing_ok=True)


def _install(repair: Repair) -> None:
    """Puts the new file in place of the damaged one, whose log must not be read into it."""
    repair.database.chmod(0o600)
    flush(repair.database)
    for ending in ("-wal", "-shm"):
        repair.file.with_name(repair.file.name + ending).unlink(missing_ok=True)
    flush(repair.file.parent)
    repair.database.replace(repair.file)
    flush(repair.file.parent)
