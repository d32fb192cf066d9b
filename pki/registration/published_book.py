"""A book whose journal is published: the digests of its entries, like those of the CAs.

What the desk did can then be held by somebody else, who sees no more than digests
(docs/adr/0020). The book comes first, the file follows it; what a crash left
unpublished is published at the next opening.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pki.ca.file_lock import file_lock
from pki.errors import PkiError
from pki.journal.file import JournalFile
from pki.journal.published import REGISTRATION
from pki.journal.store import Journal
from pki.registration.book import Page, RegistrationBook


class PublishedBook:
    """A book that publishes every entry before a change returns.

    Args:
        book: what is kept.
        directory: folder of the hierarchy.

    Raises:
        PkiError: what is published is more than the book knows, or something else
            (PUBLISHED_DIFFERS): it is an older copy, or was tampered with.
    """

    def __init__(self, book: RegistrationBook, directory: Path) -> None:
        self._book = book
        self._file = JournalFile(directory, REGISTRATION, book.journal)
        self._lock = directory / "private" / f"{REGISTRATION}.lock"
        try:
            self._publish()
        except PkiError:
            book.close()
            raise

    @property
    def journal(self) -> Journal:
        """What the desk did."""
        return self._book.journal

    @property
    def page(self) -> Page:
        """The book for reading."""
        return self._book.page

    @contextmanager
    def change(self) -> Iterator[Page]:
        """Change the book, and publish what was entered.

        Raises:
            PkiError: the book or the file cannot be written. What the book has is
                published by the next change or opening.
        """
        with self._book.change() as page:
            yield page
        self._publish()

    def close(self) -> None:
        """Let go of files."""
        self._book.close()

    def _publish(self) -> None:
        if not self._file.is_complete():
            with file_lock(self._lock):
                self._file.append_missing()
