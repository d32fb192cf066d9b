"""What a transcript tells of the CAs that were founded."""

from pathlib import Path

from pki.ca.founding import HierarchySettings
from pki.ca.hierarchy import Hierarchy
from pki.ca.key_place import read_place
from pki.ca.labels import CaLabel, parse_label
from pki.ca.layout import load_certificate, private_folder
from pki.journal.store import verify_journal
from pki.names import summary
from schemas.ceremony import FoundedCa


def transcript_of(
    directory: Path, hierarchy: Hierarchy, settings: HierarchySettings
) -> tuple[FoundedCa, ...]:
    """Describe every CA, from the root down.

    Raises:
        PkiError: a file is unreadable, or a journal is broken.
    """
    labels = map(parse_label, hierarchy.labels)
    return tuple(_founded(directory, hierarchy, settings, one) for one in labels)


def _founded(
    directory: Path, hierarchy: Hierarchy, settings: HierarchySettings, label: CaLabel
) -> FoundedCa:
    facts = summary(load_certificate(directory, label))
    return FoundedCa(
        label=str(label),
        subject=facts.subject,
        serial=facts.serial,
        sha256=facts.sha256,
        not_after=facts.not_after,
        key_kind=settings.key_of(label.kind).kind,
        custody=_custody(private_folder(directory, label)),
        journal_head=verify_journal(hierarchy.journal_of(str(label))),
    )


def _custody(folder: Path) -> str:
    place = read_place(folder)
    return f"{place.scheme}+operators" if place.lock else place.scheme
