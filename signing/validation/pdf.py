"""The verdict on a PDF file: bytes, modifications and chains, all of which must hold.

Runs in a worker process (signing.workers): what it reads may be hostile, and pyHanko
was seen to raise nearly anything. Whatever happens, the answer is a verdict.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pyhanko.pdf_utils.reader import PdfFileReader

from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.verdict import Modifications, Verdict
from signing.errors import SigningError
from signing.pades.reading import refusing_malformed
from signing.validation.changed import changed_after
from signing.validation.content import content_of, covering_findings
from signing.validation.decision import UNHARMED, decide, refused
from signing.validation.document import (
    SignatureField,
    open_document,
    revisions,
    signature_fields,
)
from signing.validation.engine.file import judge_facts
from signing.validation.facts import Document, FileFacts, SignatureFacts, gather
from signing.validation.findings import NOT_SIGNED, Finding, format_failure, not_checked
from signing.validation.found import EvidenceFound
from signing.validation.layout import hidden_in_dictionary
from signing.validation.modifications import Comparison
from signing.validation.page_tree import Page, pages_of
from signing.validation.shared_trust import shared_chains
from signing.validation.store import gather_store
from signing.validation.structure import read_signature
from signing.validation.usage_rights import usage_rights

_LIMITS = {ErrorCode.LIMIT_EXCEEDED, ErrorCode.PDF_TOO_LARGE}
_BYTE_RANGE_KEY = re.compile(rb"/ByteRange")


def judge_pdf(
    data: bytes,
    *,
    material: TrustMaterial,
    at: datetime,
    proven_at: datetime | None = None,
) -> Verdict:
    """Judge every signature of a PDF file.

    Args:
        data: the whole file.
        material: what is trusted, and the revocation lists at hand; nothing is fetched.
        at: the control time.
        proven_at: a time at which the file is proven to have existed.

    Raises:
        PkiError: a root in `material` is malformed.
        MemoryError: the file needs more than the process may have.
    """
    chains = shared_chains(material)
    try:
        facts = read_facts(data)
    except SigningError as error:
        return refused(_refusal(error))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - pyHanko on hostile input raises anything
        return refused(format_failure(ErrorCode.PDF_MALFORMED, type(error).__name__))
    if not facts.signatures:
        return refused(facts.shared[0] if facts.shared else NOT_SIGNED)
    try:
        judged = judge_facts(
            facts, material=material, chains=chains, at=at, proven_at=proven_at
        )
        return decide(judged, facts.shared, facts.remarks)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a hostile certificate may do the same
        return refused(not_checked(ErrorCode.PARSER_FAILED, type(error).__name__))


def read_facts(data: bytes) -> FileFacts:
    """Find out all about a file that a verdict may rest on.

    Raises:
        SigningError: it cannot be read, or only in part.
        Exception: whatever a malformed file makes pyHanko raise.
    """
    reader = open_document(data)
    comparison = Comparison(reader)
    document = Document(data, reader, revisions(reader, data), comparison)
    fields = signature_fields(reader)
    hidden = _hidden_signatures(document, fields)
    if not fields:
        return FileFacts(signatures=(), shared=hidden)
    pages, broken = _pages(reader, data)
    found = tuple(
        _with_changes(gather(document, field), document, field, pages)
        for field in fields
    )
    content = content_of(reader, data)
    return FileFacts(
        signatures=found,
        store=gather_store(reader),
        shared=(
            *hidden,
            *broken,
            *content.findings,
            *(() if broken else _covering(data, pages, fields, found)),
        ),
        length=len(data),
        remarks=content.remarks,
    )


def evidence_in(data: bytes) -> EvidenceFound:
    """Return what a file carries that may count for or against its signatures.

    Raises:
        SigningError: it cannot be read.
        Exception: whatever a malformed file makes pyHanko raise.
    """
    facts = read_facts(data)
    stamps = [stamp for one in facts.signatures for stamp in one.stamps]
    own = [der for one in facts.signatures for der in one.embedded]
    stampers = [der for one in stamps for der in one.embedded]
    stored = [one.der for one in facts.store.certificates]
    return EvidenceFound(
        certificates=tuple(dict.fromkeys((*own, *stampers, *stored))),
        crls=tuple(dict.fromkeys(one.der for one in facts.store.crls)),
        ocsps=tuple(dict.fromkeys(one.der for one in facts.store.ocsps)),
        time_stamps=tuple(dict.fromkeys(one.token for one in stamps)),
    )


def _pages(
    reader: PdfFileReader, data: bytes
) -> tuple[tuple[Page, ...], tuple[Finding, ...]]:
    """Return the pages; none, and why, where their tree is broken."""
    try:
        with refusing_malformed():
            return tuple(pages_of(reader, data)), ()
    except SigningError as error:
        return (), (_refusal(error),)


def _with_changes(
    facts: SignatureFacts,
    document: Document,
    field: SignatureField,
    pages: Sequence[Page],
) -> SignatureFacts:
    """Say what later revisions touched, where anything did."""
    if facts.modifications is Modifications.NONE or facts.findings:
        return facts
    changed = changed_after(document.reader, field.revision, pages)
    return replace(facts, changed_objects=changed.objects, changed_pages=changed.pages)


def _covering(
    data: bytes,
    pages: Sequence[Page],
    fields: Sequence[SignatureField],
    found: Sequence[SignatureFacts],
) -> tuple[Finding, ...]:
    """Look at what shows where; a file that fails anyway is not drawn."""
    if any(one.findings or one.modifications not in UNHARMED for one in found):
        return ()
    return covering_findings(data, pages, fields, found[0].end)


def _refusal(error: SigningError) -> Finding:
    if error.code in _LIMITS:
        return not_checked(error.code, error.place)
    return format_failure(error.code, error.place)


def _hidden_signatures(
    document: Document, fields: Sequence[SignatureField]
) -> tuple[Finding, ...]:
    """Find signature dictionaries that no field shows: a damaged or removed field."""
    found = [one.start() for one in _BYTE_RANGE_KEY.finditer(document.data)]
    begin = [*(one.start for one in fields), *usage_rights(document.reader)]
    spans = [_span(document.data, start) for start in begin]
    starts = [start for one in document.revisions for start in one.object_starts]
    for position in found:
        shown = any(start <= position < end for start, end in spans)
        if not shown and hidden_in_dictionary(document.data, position, starts):
            code = ErrorCode.SIGNATURE_DICTIONARY_INVALID
            return (format_failure(code, f"byte {position}"),)
    return ()


def _span(data: bytes, start: int) -> tuple[int, int]:
    try:
        return start, read_signature(data, start).scanned.end
    except SigningError:
        return start, start
