"""Reports of `lienthong verify` as files."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Protocol

from exchange.commands.arguments import UsageError
from exchange.commands.report_forms import FORMS
from pki.files import write_atomically
from signing.reports.report import Report


class ReportForm(Protocol):
    """What a module of `FORMS` offers."""

    def render(self, report: Report) -> bytes:
        """Return the whole file."""


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A report that was asked for.

    Args:
        module: what writes its form.
        path: where it goes.
    """

    module: str
    path: Path

    def write(self, report: Report) -> None:
        """Write the report; an existing file is replaced whole.

        Raises:
            PkiError: it cannot be written (FILE_NOT_WRITTEN).
        """
        form: ReportForm = importlib.import_module(self.module)
        write_atomically(self.path, form.render(report))


def parse_report(text: str) -> ReportFile:
    """Read ``FORM:FILE``.

    Raises:
        UsageError: there is no such form, or no file is named.
    """
    form, _, path = text.partition(":")
    if form not in FORMS or not path:
        raise UsageError(
            f"--report {text}: {', '.join(f'{one}:FILE' for one in FORMS)}"
        )
    return ReportFile(FORMS[form], Path(path))


def require_elsewhere(reports: Sequence[ReportFile], source: Path) -> None:
    """Refuse a report in the place of what is judged.

    Raises:
        UsageError: it would replace `source`.
    """
    for one in reports:
        if one.path.resolve() == source.resolve():
            raise UsageError(f"--report {one.path}")


def digest_of(path: Path, data: bytes | None) -> str:
    """Return SHA-256 of what was judged; of the file where it was not read whole."""
    if data is not None:
        return sha256(data).hexdigest()
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
