"""The job that finds what a file carries to judge it by; loaded in a worker only."""

import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import fields, replace

from schemas.errors import CodedError, ErrorCode
from schemas.verdict import FileKind, Verdict
from signing.errors import SigningError
from signing.validation.archive import read_bundle
from signing.validation.files import judge_file
from signing.validation.findings import not_checked
from signing.validation.found import EvidenceFound
from signing.validation.xml_signature import refused_file
from signing.workers.judging import evidence_in
from signing.workers.judging_files import question_of
from signing.workers.protocol import Request

_MOST_CERTIFICATES = 1000
_XML_CERTIFICATE = re.compile(
    rb"X509Certificate[^<>]{0,200}>([A-Za-z0-9+/=\s]{4,65536})<"
)
_FOLDERS = {"certificates/": "certificates", "crls/": "crls", "ocsps/": "ocsps"}
_IGNORED = not_checked(ErrorCode.NOT_SIGNED)


def find_evidence(request: Request) -> EvidenceFound:
    """Return the certificates, lists, answers and time stamps in a file.

    Those of the PDF files inside it too. They are candidates: what counts is named by
    digest in the verdict.

    Raises:
        SigningError: REQUEST_INVALID, no time was given.
    """
    inside = _Inside()
    judge_file(request.payload, replace(question_of(request), judge_pdf=inside))
    found = [_in_xml(request.payload), _in_bundle(request.payload), *inside.found]
    return EvidenceFound(
        **{
            field.name: tuple(
                dict.fromkeys(der for one in found for der in getattr(one, field.name))
            )
            for field in fields(EvidenceFound)
        }
    )


class _Inside:
    """Stands where PDF files are judged, and looks for what they carry instead."""

    def __init__(self) -> None:
        self.found: list[EvidenceFound] = []

    def __call__(self, data: bytes, **_asked: object) -> Verdict:
        """Take what one file carries; a file that cannot be read carries nothing."""
        try:
            self.found.append(evidence_in(data))
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - pyHanko on hostile input raises anything
            self.found.append(EvidenceFound())
        return refused_file(FileKind.PDF, _IGNORED)


def _in_xml(data: bytes) -> EvidenceFound:
    return EvidenceFound(certificates=tuple(_certificates(data)))


def _certificates(data: bytes) -> Iterator[bytes]:
    for number, one in enumerate(_XML_CERTIFICATE.finditer(data)):
        if number >= _MOST_CERTIFICATES:
            raise SigningError(ErrorCode.LIMIT_EXCEEDED, place="certificates")
        try:
            yield b64decode(b"".join(one[1].split()), validate=True)
        except ValueError:
            continue


def _in_bundle(data: bytes) -> EvidenceFound:
    try:
        members = read_bundle(data).members
    except CodedError:
        return EvidenceFound()
    return EvidenceFound(
        **{
            name: tuple(der for path, der in members.items() if path.startswith(folder))
            for folder, name in _FOLDERS.items()
        }
    )
