"""Bring the signatures of a file to a higher level; its bytes stay as they are.

B-T: what is not stamped on its own gets a document time stamp. B-LT: the evidence about
everybody who signed or stamped enters the security store. B-LTA: a document time stamp
over all of it. What is there already is not done again (EN 319 142-1 clause 6.3).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pki.errors import PkiError
from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.verdict import Reason
from signing.errors import SigningError
from signing.pades.acts import Act, read_acts
from signing.pades.existing import existing_signatures, require_outlived
from signing.pades.levels import (
    Evidence,
    EvidenceQuestion,
    SignedDocument,
    SigningServices,
)
from signing.pades.reading import open_pdf
from signing.pades.stamped import add_time_stamp
from signing.pades.store import add_evidence, read_store
from signing.profiles import SignatureLevel


def extend_pdf(
    source: bytes, *, level: SignatureLevel, services: SigningServices
) -> bytes:
    """Return `source` with all its signatures at `level` at least.

    Active content is no reason to refuse: whoever stamps says nothing about content.

    Args:
        source: a signed file.
        level: the level wanted; a file that is there is returned as it is.
        services: who stamps, and where evidence comes from.

    Raises:
        SigningError: NOT_SIGNED, PDF_ALREADY_BROKEN, PDF_ENCRYPTED and what else
            `open_pdf` refuses; TIME_STAMP_TOO_LARGE.
        PkiError: there is no time stamp now, or no evidence (EVIDENCE_UNAVAILABLE,
            EVIDENCE_TOO_OLD), or a signer was not good at the time.
    """
    require_intact(source)
    return extend_signed(source, level=level, services=services)


def extend_as_far(
    source: bytes, *, level: SignatureLevel, services: SigningServices
) -> SignedDocument:
    """Return `source` with its signatures as near to `level` as they can be now.

    What is reached is worth keeping: evidence must be newer than the time stamp it is
    about, so that a file which loses its stamp whenever there is none never gets on.

    Raises:
        SigningError: the file is refused, see `extend_pdf`.
        PkiError: a time stamp in it is not sound.
    """
    require_intact(source)
    begin = SignedDocument(data=source, level=SignatureLevel.B_B, wanted=level)
    return raised(begin, services)


def raised(signed: SignedDocument, services: SigningServices) -> SignedDocument:
    """Bring a file level by level to the one wanted, as far as that goes now."""
    for level in SignatureLevel:
        if signed.reason is not None or not signed.wanted.includes(level):
            break
        if signed.level.includes(level):
            continue
        try:
            data = extend_signed(signed.data, level=level, services=services)
        except (PkiError, SigningError) as error:
            reason = Reason(error.code, error.place)
            return replace(signed, reason=reason)
        signed = replace(signed, data=data, level=level)
    return signed


def require_intact(source: bytes) -> None:
    """Require that a file is signed, and that its signatures are intact.

    Raises:
        SigningError: see `extend_pdf`.
    """
    if not existing_signatures(open_pdf(source), source):
        raise SigningError(ErrorCode.NOT_SIGNED)


def extend_signed(
    source: bytes, *, level: SignatureLevel, services: SigningServices
) -> bytes:
    """Do what `extend_pdf` does, with a file whose signatures are known to be intact.

    Raises:
        SigningError: see `extend_pdf`.
        PkiError: see there.
    """
    known = KnownFile.read(source)
    if level.includes(SignatureLevel.B_T) and not known.is_stamped:
        known = KnownFile.read(add_time_stamp(known.data, services))
    if level.includes(SignatureLevel.B_LT):
        known = with_evidence(known, known.acts_to_prove, services)
    if level.includes(SignatureLevel.B_LTA) and not known.is_archived:
        return outlived(add_time_stamp(known.data, services))
    return known.data if known.data == source else outlived(known.data)


def outlived(extended: bytes) -> bytes:
    """Return a file with more than it had, in which its signatures count as before.

    Raises:
        SigningError: PDF_MALFORMED, PDF_SIGNING_FORBIDDEN, LIMIT_EXCEEDED.
    """
    require_outlived(open_pdf(extended))
    return extended


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A signed file and what was read from it.

    Args:
        data: the file.
        acts: who used a key when.
        material: what its security store holds.
    """

    data: bytes
    acts: tuple[Act, ...]
    material: TrustMaterial

    @classmethod
    def read(cls, data: bytes) -> "KnownFile":
        """Read a file.

        Raises:
            SigningError: PDF_ALREADY_BROKEN, PDF_MALFORMED.
            PkiError: a time stamp in it is not sound.
        """
        reader = open_pdf(data)
        return cls(data, read_acts(reader, data), read_store(reader).material)

    @property
    def is_stamped(self) -> bool:
        """Whether the time of every signature is proven."""
        return all(act.at is not None for act in self.acts)

    @property
    def is_archived(self) -> bool:
        """Whether a document time stamp over a security store ends the file."""
        if not self.acts or self.material == TrustMaterial():
            return False
        last = self.acts[-1]
        return last.is_document_stamp and last.end == len(self.data)

    @property
    def last_stamp(self) -> Act | None:
        """The last document time stamp."""
        stamps = [act for act in self.acts if act.is_document_stamp]
        return stamps[-1] if stamps else None

    @property
    def before_last_stamp(self) -> TrustMaterial:
        """What the store held before the last document time stamp.

        It says nothing about that: no stamp proves itself (EN 319 102-1 clause 5.6.3).
        """
        last = self.last_stamp
        if last is None or self.material == TrustMaterial():
            return TrustMaterial()
        return read_store(open_pdf(self.data[: last.end])).material

    @property
    def acts_to_prove(self) -> tuple[Act, ...]:
        """Whose evidence belongs into the file: an archive's last stamp must wait."""
        return self.acts[:-1] if self.is_archived else self.acts


def with_evidence(
    known: KnownFile, acts: Iterable[Act], services: SigningServices
) -> KnownFile:
    """Return the file with the evidence about `acts` in its store.

    Raises:
        PkiError: there is none, or it speaks against them.
        SigningError: PDF_MALFORMED, LIMIT_EXCEEDED.
    """
    material, unproven = known.material, known.before_last_stamp
    for act in acts:
        useful = _without(material, unproven) if act is known.last_stamp else material
        material = _joined(material, _evidence(act, useful, services))
    if material == known.material:
        return known
    added = Evidence(material.intermediates, material.crls, material.ocsps)
    return KnownFile(add_evidence(known.data, added), known.acts, material)


def _evidence(act: Act, known: TrustMaterial, services: SigningServices) -> Evidence:
    if services.evidence is None:
        raise PkiError(ErrorCode.EVIDENCE_UNAVAILABLE)
    if act.at is None:
        raise PkiError(ErrorCode.TIME_STAMP_UNAVAILABLE, place=act.field)
    question = EvidenceQuestion(
        certificate=act.certificate,
        intermediates=act.certificates,
        usage=act.usage,
        at=act.at,
        known=known,
        now=services.clock(),
    )
    return services.evidence.collect(question)


def _joined(material: TrustMaterial, more: Evidence) -> TrustMaterial:
    return TrustMaterial(
        intermediates=_both(material.intermediates, more.certificates),
        crls=_both(material.crls, more.crls),
        ocsps=_both(material.ocsps, more.ocsps),
    )


def _without(material: TrustMaterial, less: TrustMaterial) -> TrustMaterial:
    """Leave out lists and answers; certificates do no harm."""
    return TrustMaterial(
        intermediates=material.intermediates,
        crls=tuple(one for one in material.crls if one not in less.crls),
        ocsps=tuple(one for one in material.ocsps if one not in less.ocsps),
    )


def _both(first: tuple[bytes, ...], second: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys((*first, *second)))
