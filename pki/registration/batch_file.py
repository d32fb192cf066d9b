"""The list of a batch: one certificate per row of a CSV file.

Columns: ``kind, name, request`` must be there; ``organisation, unit, agency, system,
dns, ip, days`` may be. Several host names or addresses are separated by spaces.
`request` names a file in the folder of requests.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pki.errors import PkiError
from pki.kinds import CertificateKind
from pki.names import SubjectFields, composed
from pki.registration.records import Application
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import parse_organ_id, parse_system_id

_REQUIRED = frozenset({"kind", "name", "request"})
_KNOWN = _REQUIRED | {"organisation", "unit", "agency", "system", "dns", "ip", "days"}
_MOST_ROWS = 50_000
_MOST_BYTES = 64 * 1024 * 1024
_REQUEST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """One row.

    Args:
        number: from 1, without the line of heads.
        application: what it orders; None where it cannot be read.
        refusal: why it cannot.
        digest: SHA-256 of the request as read; empty if there is none.
    """

    number: int
    application: Application | None
    refusal: PkiError | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """All rows, and what operators approve.

    Args:
        digest: SHA-256 over the list and all its requests.
        rows: in order.
    """

    digest: str
    rows: tuple[BatchRow, ...]

    @property
    def id(self) -> str:
        """Names the batch."""
        return f"batch-{self.digest[:16]}"

    @property
    def kinds(self) -> frozenset[CertificateKind]:
        """Kinds of certificate it orders."""
        return frozenset(one.application.kind for one in self.rows if one.application)


def read_batch(content: bytes, folder: Path) -> Batch:
    """Read a list and the requests it names; a bad row is kept with its refusal.

    Raises:
        PkiError: the list as a whole cannot be read (BATCH_INVALID).
    """
    lines = _lines(content)
    rows = tuple(_row(number, line, folder) for number, line in enumerate(lines, 1))
    if not rows:
        raise _invalid("rows: 0")
    digest = sha256(sha256(content).digest())
    for one in rows:
        digest.update(f"{one.number} {one.digest}\n".encode())
    return Batch(digest=digest.hexdigest(), rows=rows)


def _lines(content: bytes) -> list[Mapping[str, str]]:
    if len(content) > _MOST_BYTES:
        raise _invalid("size")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _invalid("UTF-8") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        heads = frozenset(reader.fieldnames or ())
        if not heads >= _REQUIRED or not heads <= _KNOWN:
            raise _invalid(", ".join(sorted(heads ^ _REQUIRED - _KNOWN))[:80])
        return list(_bounded(reader))
    except csv.Error as error:
        raise _invalid(f"line {reader.line_num}") from error


def _bounded(reader: "csv.DictReader[str]") -> Iterator[Mapping[str, str]]:
    for number, line in enumerate(reader, 1):
        if number > _MOST_ROWS:
            raise _invalid(f"rows: {_MOST_ROWS}")
        if None in line or None in line.values():
            raise _invalid(f"line {reader.line_num}")
        yield {name: value.strip() for name, value in line.items()}


def _row(number: int, line: Mapping[str, str], folder: Path) -> BatchRow:
    request = b""
    try:
        request = _request(folder, line["request"])
        application = _application(line, request)
    except CodedError as error:
        refusal = PkiError(error.code, place=error.place)
        digest = sha256(request).hexdigest() if request else ""
        return BatchRow(number=number, application=None, refusal=refusal, digest=digest)
    digest = sha256(request).hexdigest()
    return BatchRow(number=number, application=application, digest=digest)


def _request(folder: Path, name: str) -> bytes:
    """Read the file of a request; nothing outside the folder."""
    if not name or Path(name).name != name:
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=name[:80])
    try:
        with (folder / name).open("rb") as file:
            return file.read(_REQUEST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=name[:80]) from error


def _application(line: Mapping[str, str], request: bytes) -> Application:
    agency, system = line.get("agency"), line.get("system")
    names = SubjectFields(
        common_name=composed(line["name"]),
        organisation=composed(line.get("organisation", "")),
        unit=composed(line.get("unit", "")),
        organ_id=parse_organ_id(agency) if agency else None,
        system_id=parse_system_id(system) if system else None,
        dns_names=tuple(line.get("dns", "").split()),
        ip_addresses=tuple(line.get("ip", "").split()),
    )
    return Application(
        kind=_kind(line["kind"]), names=names, csr=request, days=_days(line.get("days"))
    )


def _kind(text: str) -> CertificateKind:
    try:
        return CertificateKind(text)
    except ValueError as error:
        raise PkiError(ErrorCode.BATCH_INVALID, place="kind") from error


def _days(text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise PkiError(ErrorCode.BATCH_INVALID, place="days")
    return int(text)


def _invalid(place: str) -> PkiError:
    return PkiError(ErrorCode.BATCH_INVALID, place=place)
