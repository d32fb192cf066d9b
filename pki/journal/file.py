"""Publishing the digests of a journal, beside the certificates of the CAs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pki.ca.labels import AnyLabel
from pki.ca.line_file import LineFile
from pki.errors import PkiError
from pki.journal.published import LINE_BYTES, published_journal_path
from pki.journal.store import Journal
from schemas.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class JournalFile:
    """The published digests of one journal; who writes holds a lock.

    Args:
        directory: folder of the hierarchy.
        label: the CA, or the registration desk.
        journal: what is published.
    """

    directory: Path
    label: AnyLabel | str
    journal: Journal

    def is_complete(self) -> bool:
        """Tell whether every entry is published.

        Raises:
            PkiError: the file is unreadable.
        """
        return self._file.holds_all(self._lines_after)

    def append_missing(self) -> None:
        """Publish the entries that are not published yet.

        Raises:
            PkiError: it cannot be written, or what is published is not what the journal
                holds (PUBLISHED_DIFFERS).
        """
        file = self._file
        if not file.append_missing(self._lines_after):
            # Never written anew: what others keep would not agree with it any more.
            raise PkiError(ErrorCode.PUBLISHED_DIFFERS, place=file.path.name)

    @property
    def _file(self) -> LineFile:
        path = published_journal_path(self.directory, self.label)
        return LineFile(path, LINE_BYTES)

    def _lines_after(self, count: int) -> Sequence[bytes]:
        return [f"{one}\n".encode() for one in self.journal.digests(count)]
