"""Publishing what a CA says about its certificates: list, serial numbers, journal.

The registry comes first, the files follow it; what a crash left unpublished is
published at the next opening, or by the next look of a CA process. One process at a
time publishes for a CA, so that an older list never takes the place of a newer one.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.ca.authority import Authority
from pki.ca.file_lock import file_lock
from pki.ca.layout import list_path, private_folder, serials_path
from pki.ca.line_file import LineFile, LinesAfter
from pki.ca.serials import serial_line, serials_file
from pki.files import write_atomically
from pki.journal.file import JournalFile
from pki.journal.store import Act, CaAction
from pki.kinds import CertificateKind
from pki.names import UNREADABLE_CERTIFICATE
from pki.registry.records import STATE_CHANGES, digest_of


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes for one CA.

    Args:
        directory: folder of the hierarchy.
        authority: the CA.
    """

    directory: Path
    authority: Authority

    @property
    def list_path(self) -> Path:
        """Where the list is."""
        return list_path(self.directory, self.authority.label)

    def publish_list(self, act: Act) -> Path:
        """Sign and publish a new list, and what else is not published yet.

        Raises:
            PkiError: it cannot be signed, recorded or written.
        """
        with self._alone():
            self._write_list(act)
            self._append_records()
        return self.list_path

    def publish_records(self) -> None:
        """Publish serial numbers and digests that are not published yet.

        Raises:
            PkiError: a file cannot be written, or what is published is not what the
                registry holds (PUBLISHED_DIFFERS).
        """
        with self._alone():
            self._append_records()

    def repair(self, act: Act) -> bool:
        """Publish what is recorded and not published; tell whether anything was so.

        Raises:
            PkiError: as `publish_list` and `publish_records`.
        """
        if self._is_whole():
            return False
        with self._alone():
            if not self._is_list_current():
                self._write_list(act)
            self._append_records()
        return True

    def rewrite_serials(self) -> None:
        """Write the record of serial numbers anew.

        Raises:
            PkiError: it cannot be written.
        """
        with self._alone():
            if self._has_serials:
                file, lines_after = self._serials
                file.write(lines_after(0))

    def is_list_due(self, now: datetime) -> bool:
        """Tell whether the list is past half of its life, or cannot be read."""
        try:
            found = x509.load_der_x509_crl(self.list_path.read_bytes())
        except (OSError, *UNREADABLE_CERTIFICATE):
            return True
        begin, end = found.last_update_utc, found.next_update_utc
        # One that begins later was made by a wrong clock, and counts for nobody yet.
        is_young = end is not None and begin <= now < begin + (end - begin) / 2
        return not is_young

    def _alone(self) -> AbstractContextManager[None]:
        folder = private_folder(self.directory, self.authority.label)
        return file_lock(folder / "publication.lock")

    def _is_whole(self) -> bool:
        return (
            self._is_list_current()
            and (not self._has_serials or self._holds_serials())
            and self._journal_file.is_complete()
        )

    def _is_list_current(self) -> bool:
        """Tell whether the list in the folder is the last one and says everything."""
        journal = self.authority.registry.journal
        listed = journal.last((CaAction.LIST_PUBLISHED,))
        change = journal.last(STATE_CHANGES)
        if listed is None or (change and change.number > listed.number):
            return False
        try:
            published = self.list_path.read_bytes()
        except OSError:
            return False
        return digest_of(published) == listed.facts.get("sha256")

    def _write_list(self, act: Act) -> None:
        crl = self.authority.crl(act)
        write_atomically(self.list_path, crl.public_bytes(Encoding.DER))

    def _append_records(self) -> None:
        if self._has_serials:
            file, lines_after = self._serials
            if not file.append_missing(lines_after):
                file.write(lines_after(0))
        self._journal_file.append_missing()

    def _holds_serials(self) -> bool:
        file, lines_after = self._serials
        return file.holds_all(lines_after)

    @property
    def _has_serials(self) -> bool:
        """Nobody answers for the root, so that nobody needs what it issued."""
        return self.authority.kind is not CertificateKind.ROOT

    @property
    def _serials(self) -> tuple[LineFile, LinesAfter]:
        path = serials_path(self.directory, self.authority.label)
        return serials_file(path), self._serials_after

    @property
    def _journal_file(self) -> JournalFile:
        journal = self.authority.registry.journal
        return JournalFile(self.directory, self.authority.label, journal)

    def _serials_after(self, count: int) -> Sequence[bytes]:
        return [*map(serial_line, self.authority.registry.serials(count))]
