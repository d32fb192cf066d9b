"""What a verdict rests on, kept beside it: a folder for each file that was judged.

Circular 15/2025/TT-BTTTT has who verifies store the signer's certificate, the list or
answer current at signing, and the result of the check, and lets them be deleted. With
the folder and the root alone, the same file gets the same verdict again, offline.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pki.files import write_atomically
from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.timestamps import format_utc
from schemas.verdict import EvidenceItem, EvidenceKind, Verdict
from signing.errors import SigningError
from signing.reports.detailed import render
from signing.reports.report import Report
from signing.validation.found import EvidenceFound

MANIFEST = "manifest.json"
_VERDICT = "verdict.json"
_VERSION = 1
_PLACES = {
    EvidenceKind.CERTIFICATE: "certificates/{}.cer",
    EvidenceKind.REVOCATION_LIST: "revocation/{}.crl",
    EvidenceKind.OCSP_ANSWER: "revocation/{}.ors",
    EvidenceKind.TIME_STAMP: "stamps/{}.tst",
}
_Pool = Mapping[EvidenceItem, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A verdict on a file.

    Args:
        report: the verdict with its circumstances.
        material: what was trusted and at hand.
    """

    report: Report
    material: TrustMaterial


def keep(judged: Judged, carried: EvidenceFound, folder: Path) -> Path:
    """Write what a verdict rests on below `folder`; return the folder of this file.

    It is named by the digest of the file. What an earlier verdict left there is
    replaced; the manifest is gone meanwhile, and there again when all is durable.

    Args:
        judged: the file's verdict, and what it was judged by.
        carried: what the file carries.
        folder: of all files.

    Raises:
        PkiError: a file cannot be written (FILE_UNREADABLE).
        SigningError: a folder cannot be made (FILE_NOT_WRITTEN).
    """
    place = folder / judged.report.sha256[:16]
    members = _members(judged, carried)
    try:
        for path in {place, *(place / one for one in _folders(members))}:
            path.mkdir(parents=True, exist_ok=True)
        (place / MANIFEST).unlink(missing_ok=True)
    except OSError as error:
        raise SigningError(ErrorCode.FILE_NOT_WRITTEN, place=folder.name) from error
    for name, content in members.items():
        write_atomically(place / name, content)
    write_atomically(place / MANIFEST, _manifest(judged, members))
    return place


def _members(judged: Judged, carried: EvidenceFound) -> dict[str, bytes]:
    """Return what is kept by name, the verdict too."""
    pool = _pool(judged.material, carried)
    found = {
        _PLACES[one.kind].format(one.sha256[:16]): pool[one]
        for one in evidence_of(judged.report.verdict)
        if one in pool
    }
    return {_VERDICT: render(judged.report), **found}


def evidence_of(verdict: Verdict) -> tuple[EvidenceItem, ...]:
    """Return what a verdict and those on its parts rest on, each once."""
    return tuple(dict.fromkeys(_all_evidence(verdict)))


def _all_evidence(verdict: Verdict) -> Iterator[EvidenceItem]:
    for signature in verdict.signatures:
        yield from signature.evidence
    for part in verdict.parts:
        yield from _all_evidence(part)


def _folders(members: Mapping[str, bytes]) -> set[str]:
    return {str(Path(name).parent) for name in members}


def _pool(known: TrustMaterial, found: EvidenceFound) -> _Pool:
    """Return what is at hand by its digest: the operator's, and the file's own."""
    groups = {
        EvidenceKind.CERTIFICATE: (
            *known.roots,
            *known.intermediates,
            *found.certificates,
        ),
        EvidenceKind.REVOCATION_LIST: (*known.crls, *found.crls),
        EvidenceKind.OCSP_ANSWER: (*known.ocsps, *found.ocsps),
        EvidenceKind.TIME_STAMP: found.time_stamps,
    }
    return {
        EvidenceItem(kind, sha256(der).hexdigest()): der
        for kind, ders in groups.items()
        for der in ders
    }


def _manifest(judged: Judged, members: Mapping[str, bytes]) -> bytes:
    """List what is kept, and what the verdict names and nobody has any more."""
    evidence = evidence_of(judged.report.verdict)
    kept = {sha256(content).hexdigest() for content in members.values()}
    whole = {
        "version": _VERSION,
        "file": {"name": judged.report.name, "sha256": judged.report.sha256},
        "checked_at": format_utc(judged.report.checked_at),
        "members": [
            {
                "name": name,
                "sha256": sha256(content).hexdigest(),
                "size": len(content),
            }
            for name, content in sorted(members.items())
        ],
        "missing": [
            {"kind": str(one.kind), "sha256": one.sha256}
            for one in evidence
            if one.sha256 not in kept
        ],
    }
    text = json.dumps(whole, ensure_ascii=False, indent=2)
    return text.encode(errors="backslashreplace")
