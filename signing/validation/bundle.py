"""The verdict on an evidence bundle: a whole conversation, offline, by a root alone.

Order: the one spelling of the archive, the manifest's signature and chain, each
member's digest, then the parts. Certificates, revocation lists and OCSP answers in the
bundle help to reach the roots that were given; they are never trusted by themselves.
The control time is that of the manifest unless another is given. Manifest and head of
the log must pass at it; what the log proves to be older may pass as of then.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from math import inf

from pki.path.cache import ChainCache
from pki.purposes import KeyPurpose
from pki.trust import TrustMaterial, TrustStore
from schemas.errors import CodedError, ErrorCode
from schemas.evidence import BundleManifest, MemberRole, read_manifest
from schemas.verdict import FileKind, Verdict, worst
from schemas.xml import XmlLimits, parse
from signing.errors import SigningError
from signing.validation.archive import MANIFEST, Archive, read_bundle, write_bundle
from signing.validation.bundle_parts import Contents, Parts, judge_parts
from signing.validation.findings import Finding, conclusion, format_failure
from signing.validation.lasting import LastingJudge
from signing.validation.message import PdfJudge
from signing.validation.xml_signature import (
    JudgedXml,
    refusal,
    refused_file,
)
from signing.xmldsig.verify import VerifiedXml, verify_receipt

__all__ = ["judge_bundle", "write_bundle"]

_HELP = (
    MemberRole.CERTIFICATE,
    MemberRole.REVOCATION_LIST,
    MemberRole.OCSP_ANSWER,
)
_MANIFEST_LIMITS = XmlLimits(size=32 * 1024 * 1024, tags=1_000_000)
"""A member takes ten tags and about 280 bytes."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """A bundle whose manifest is signed, by whomever."""

    archive: Archive
    verified: VerifiedXml
    manifest: BundleManifest


def judge_bundle(
    data: bytes,
    *,
    material: TrustMaterial,
    at: datetime | None,
    judge_pdf: PdfJudge,
    deadline: float = inf,
) -> Verdict:
    """Judge an evidence bundle.

    Args:
        data: the whole file.
        material: what is trusted.
        at: the control time; None means that of the manifest.
        judge_pdf: judges one PDF; called for every attachment that is one.
        deadline: when judging has to end, on the monotonic clock.

    Raises:
        PkiError: a root in `material` is malformed.
    """
    try:
        opened = _open(data)
    except CodedError as error:
        return refused_file(FileKind.BUNDLE, refusal(error))
    own = _with_members(material, opened)
    control_time = at or opened.manifest.at
    trust = TrustStore.from_material(own)
    judge = LastingJudge(
        trust, control_time, chains=ChainCache(trust), deadline=deadline
    )
    signature = judge.judge(opened.verified, KeyPurpose.RECEIPT)
    findings = tuple(_member_findings(opened))
    if findings or signature.chain is None or not signature.chain.chain:
        return _verdict(signature, Parts((), findings))
    contents = Contents(opened.manifest, opened.archive.members)
    bound = partial(judge_pdf, material=own, at=judge.at)
    return _verdict(signature, judge_parts(contents, judge, bound))


def _open(data: bytes) -> _Opened:
    archive = read_bundle(data)
    content = archive.members.get(MANIFEST)
    if content is None:
        raise SigningError(ErrorCode.BUNDLE_STRUCTURE_INVALID, place=MANIFEST)
    try:
        verified = verify_receipt(parse(content, limits=_MANIFEST_LIMITS))
    except CodedError as error:
        raise type(error)(error.code, place=MANIFEST) from error
    return _Opened(archive, verified, read_manifest(verified.content))


def _with_members(material: TrustMaterial, opened: _Opened) -> TrustMaterial:
    """Add certificates, lists and answers of the bundle to what helps, not to roots."""
    members = opened.archive.members
    added = {
        role: tuple(
            members[one.name]
            for one in opened.manifest.members
            if one.role is role and one.name in members
        )
        for role in _HELP
    }
    return replace(
        material,
        intermediates=(*material.intermediates, *added[MemberRole.CERTIFICATE]),
        crls=(*material.crls, *added[MemberRole.REVOCATION_LIST]),
        ocsps=(*material.ocsps, *added[MemberRole.OCSP_ANSWER]),
    )


def _member_findings(opened: _Opened) -> Iterator[Finding]:
    """Find members that are not those of the manifest, and bytes between them."""
    members, departure = opened.archive.members, opened.archive.departure
    changed = set()
    for one in opened.manifest.members:
        content = members.get(one.name)
        if content is None:
            yield format_failure(ErrorCode.BUNDLE_INCOMPLETE, one.name)
        elif (sha256(content).hexdigest(), len(content)) != (one.sha256, one.size):
            changed.add(one.name)
            yield format_failure(ErrorCode.BUNDLE_MEMBER_MISMATCH, one.name)
    known = {MANIFEST, *(one.name for one in opened.manifest.members)}
    for name in members.keys() - known:
        yield format_failure(ErrorCode.BUNDLE_STRUCTURE_INVALID, name)
    if departure is not None and departure not in changed:
        yield format_failure(ErrorCode.BUNDLE_STRUCTURE_INVALID, departure)


def _verdict(signature: JudgedXml, parts: Parts) -> Verdict:
    """Return the worst of the manifest's signature, the parts and the findings."""
    judged = replace(signature.verdict, field=MANIFEST)
    indication, sub_indication = conclusion(parts.findings)
    own = Verdict(
        kind=FileKind.BUNDLE,
        indication=indication,
        sub_indication=sub_indication,
        signatures=(judged,),
        parts=parts.verdicts,
        reasons=tuple(
            dict.fromkeys((*(one.reason for one in parts.findings), *judged.reasons))
        ),
    )
    indication, sub_indication = worst((own, judged, *parts.verdicts))
    return replace(own, indication=indication, sub_indication=sub_indication)
