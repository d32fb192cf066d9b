"""`lienthong verify --keep`: what verdicts rest on, a folder for each file."""

from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from types import TracebackType

from exchange.commands.verify_report import digest_of
from pki.trust import TrustMaterial
from schemas.verdict import Verdict
from signing.api import read_file
from signing.carried import EvidenceFinder
from signing.errors import SigningError
from signing.keeping import Judged, keep
from signing.reports.report import Report
from signing.validation.found import EvidenceFound


class Keeper(AbstractContextManager["Keeper"]):
    """Keeps what verdicts rest on.

    Args:
        folder: of all files; None keeps nothing.
        material: what they were judged by.
        at: as of when.
    """

    def __init__(
        self, folder: Path | None, *, material: TrustMaterial, at: datetime
    ) -> None:
        self._folder = folder
        self._material = material
        self._at = at
        self._finder = EvidenceFinder()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the worker that looks into the files."""
        self._finder.__exit__(kind, error, traceback)

    def keep(self, path: Path, verdict: Verdict) -> None:
        """Keep what the verdict on a file rests on; a file that is gone has nothing.

        Raises:
            PkiError: it cannot be written (FILE_UNREADABLE).
            SigningError: a folder cannot be made (FILE_NOT_WRITTEN).
        """
        if self._folder is None:
            return
        try:
            data = read_file(path)
        except SigningError:
            return
        report = Report(
            verdict=verdict,
            name=path.name,
            sha256=digest_of(path, data),
            checked_at=self._at,
        )
        carried = EvidenceFound()
        if data is not None:
            carried = self._finder.find(data, material=self._material, now=self._at)
        keep(Judged(report=report, material=self._material), carried, self._folder)
