"""Files that may change under a running service, told apart by name, time and size."""

from collections.abc import Iterable, Iterator
from pathlib import Path

FileStamps = tuple[tuple[str, int, int], ...]


def stamps_of(named: Iterable[Path]) -> FileStamps:
    """Describe files, and those in folders; a vanished one by its absence."""
    return tuple(_stamp(path) for one in named for path in _expanded(one))


def _expanded(path: Path) -> Iterator[Path]:
    yield path
    if path.is_dir():
        yield from sorted(path.iterdir())


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), found.st_mtime_ns, found.st_size
