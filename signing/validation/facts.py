"""Gather the facts on one signature of an opened document.

A fact is a finding or a plain value; what follows from them is decided in
`signing.validation.decision`, without the file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from hashlib import new as new_digest
from io import BytesIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from schemas.errors import ErrorCode
from schemas.verdict import Modifications, Reason
from signing.errors import SigningError
from signing.validation.cms import CmsSignature, read_cms
from signing.validation.cms_rules import COMMON_RULES, PADES_RULES, broken_cms_rules
from signing.validation.crypto import digest_matches, range_digest, value_holds
from signing.validation.document import SignatureField
from signing.validation.findings import Finding, format_failure
from signing.validation.layout import Revision, require_accounted
from signing.validation.modifications import Comparison
from signing.validation.stamps import StampFacts, read_stamp
from signing.validation.store import NO_STORE, StoreFacts
from signing.validation.structure import (
    SignatureBytes,
    SignatureForm,
    broken_rule,
    read_signature,
    signature_value,
)
from signing.validation.unsigned import SIGNATURE_TIME_STAMP

_DATE = re.compile(
    r"D:([0-9]{14})(?:Z(?:00'?(?:00'?)?)?|([+-][0-9]{2})'([0-9]{2})'?)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Document:
    """An opened file."""

    data: bytes
    reader: PdfFileReader
    revisions: tuple[Revision, ...]
    comparison: Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureFacts:
    """What was found out about one signature.

    Args:
        findings: breaches of the rules on bytes, coverage and CMS.
        intact: the signed bytes have the signed digest; None if not compared.
        valid: the value is the signer's; None if not checked.
        digest: of the signed bytes, by its `hashlib` name; empty if it is not listed.
        certificate: the signer's, as named in the signature.
        changed_objects: numbers of the objects that later revisions wrote, the first
            of them.
        changed_pages: the pages that hold such an object, counted from 1.
        end: how far the bytes go that it covers.
        stamps: the time stamp on a signature; a document time stamp is its own.
    """

    field: str
    findings: tuple[Finding, ...] = ()
    form: SignatureForm | None = None
    signing_time: datetime | None = None
    covers_whole_document: bool = False
    intact: bool | None = None
    valid: bool | None = None
    modifications: Modifications = Modifications.NOT_ASSESSED
    changed_objects: tuple[int, ...] = ()
    changed_pages: tuple[int, ...] = ()
    digest: str = ""
    certificate: bytes | None = None
    embedded: tuple[bytes, ...] = ()
    end: int = 0
    stamps: tuple[StampFacts, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What was found out about one file: all that a decision may rest on.

    Args:
        signatures: in the order of the file, document time stamps too.
        store: what its security store holds.
        shared: findings on the whole file.
        length: of the file, in octets.
        remarks: what is to be told of it whatever the verdict.
    """

    signatures: tuple[SignatureFacts, ...]
    store: StoreFacts = NO_STORE
    shared: tuple[Finding, ...] = ()
    length: int = 0
    remarks: tuple[Reason, ...] = ()


def gather(document: Document, field: SignatureField) -> SignatureFacts:
    """Find out about the signature in `field`.

    Raises:
        SigningError: a later revision is malformed.
        Exception: whatever a malformed later revision makes pyHanko raise.
    """
    bare = SignatureFacts(field=field.name)
    try:
        signature = read_signature(document.data, field.start)
    except SigningError as error:
        return replace(bare, findings=(format_failure(error.code, field.name),))
    rule = broken_rule(signature)
    if rule is not None:
        return replace(bare, findings=(format_failure(rule.code, field.name),))
    uncovered = tuple(_coverage_findings(document, field, signature))
    described = replace(
        bare,
        findings=uncovered,
        form=signature.form,
        signing_time=claimed_time(signature.value(b"/M")),
        covers_whole_document=_signed_end(signature) == len(document.data),
        end=_signed_end(signature),
    )
    if not uncovered:
        described = replace(described, modifications=_modifications(document, field))
    return _with_cms(described, signature)


def claimed_time(value: bytes) -> datetime | None:
    """Read the date of /M (ISO 32000-2 7.9.4); None unless it names an instant."""
    if not value.startswith(b"("):
        return None
    found = _DATE.fullmatch(str(generic.read_string_from_stream(BytesIO(value))))
    if found is None:
        return None
    digits, hours, minutes = (one or "" for one in found.groups())
    try:
        moment = datetime.strptime(f"{digits}{hours}{minutes or 'Z'}", "%Y%m%d%H%M%S%z")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _signed_end(signature: SignatureBytes) -> int:
    return signature.byte_range.end if signature.byte_range else 0


def _coverage_findings(
    document: Document, field: SignatureField, signature: SignatureBytes
) -> Iterator[Finding]:
    """Check that the signature ends with its revision, and the file with the last."""
    revision = document.revisions[field.revision]
    later = document.revisions[field.revision + 1 :]
    try:
        end = require_accounted(document.data, revision, later)
    except SigningError as error:
        yield format_failure(error.code, error.place)
        return
    if not end.admits(_signed_end(signature)):
        yield format_failure(ErrorCode.BYTE_RANGE_INVALID, field.name)
    elif not later and _signed_end(signature) != len(document.data):
        yield format_failure(ErrorCode.TRAILING_BYTES, field.name)


def _modifications(document: Document, field: SignatureField) -> Modifications:
    if field.revision == len(document.revisions) - 1:
        return Modifications.NONE
    return document.comparison.modifications_after(field)


def _with_cms(facts: SignatureFacts, signature: SignatureBytes) -> SignatureFacts:
    if facts.form is SignatureForm.TIME_STAMP:
        return _with_token(facts, signature)
    try:
        cms = read_cms(signature_value(signature))
    except SigningError as error:
        broken = format_failure(error.code, facts.field)
        return replace(facts, findings=(*facts.findings, broken))
    return _with_signature(facts, signature, cms)


def _with_token(facts: SignatureFacts, signature: SignatureBytes) -> SignatureFacts:
    """Read a document time stamp (EN 319 142-1 clause 5.4.3)."""
    digest_of = partial(range_digest, signature)
    stamp = read_stamp(signature_value(signature), digest_of)
    return replace(
        facts,
        intact=stamp.intact,
        valid=stamp.valid,
        certificate=stamp.certificate,
        embedded=stamp.embedded,
        stamps=(stamp,),
    )


def _with_signature(
    facts: SignatureFacts, signature: SignatureBytes, cms: CmsSignature
) -> SignatureFacts:
    is_pades = facts.form is SignatureForm.PADES
    broken = broken_cms_rules(cms, PADES_RULES if is_pades else COMMON_RULES)
    expected = cms.attributes.message_digest if cms.attributes else b""
    return replace(
        facts,
        findings=(*facts.findings, *broken),
        intact=digest_matches(signature, cms.digest, expected) if expected else None,
        valid=value_holds(cms),
        digest=cms.digest or "",
        certificate=cms.certificate,
        embedded=cms.certificates,
        stamps=tuple(_stamps(cms)) if is_pades and not broken else (),
    )


def _stamps(cms: CmsSignature) -> Iterator[StampFacts]:
    """Read the time stamp on the signature value (EN 319 122-1 clause 5.3)."""
    for attribute in cms.unsigned or ():
        if attribute.kind == SIGNATURE_TIME_STAMP:
            (token,) = attribute.values
            yield read_stamp(token, lambda name: new_digest(name, cms.value).digest())
