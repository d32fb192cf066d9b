"""Finding the ways from an end certificate to an anchor, within a budget.

Certificates that come with a file are hostile until proven otherwise: many with the
same subject must not make the search explode.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from pki.certificates import ReadCertificate
from pki.names import UNREADABLE_CERTIFICATE
from pki.trust import ReadAnchor, TrustStore

_MAX_LENGTH = 8
_MAX_PATHS = 8
_MAX_STEPS = 128  # each costs at most two signature checks


@dataclass(frozen=True, slots=True)
class CandidatePath:
    """One way: every signature on it holds.

    Args:
        certificates: end certificate first, without the anchor.
        anchor: where it ends.
    """

    certificates: tuple[ReadCertificate, ...]
    anchor: ReadAnchor

    @property
    def all(self) -> tuple[ReadCertificate, ...]:
        """End certificate first, anchor last."""
        return (*self.certificates, self.anchor.read)


class PathSearch:
    """One search; it remembers what it stumbled over.

    Args:
        trust: anchors and known intermediates.
        embedded: intermediates that came with the file.
    """

    def __init__(self, trust: TrustStore, embedded: Sequence[ReadCertificate]) -> None:
        self._trust = trust
        self._embedded = embedded
        self._checked: dict[tuple[bytes, bytes], bool] = {}
        self._steps = 0
        self.met_bad_signature = False
        self.met_weak_algorithm = False
        self.met_limit = False

    def paths(self, leaf: ReadCertificate) -> Iterator[CandidatePath]:
        """Yield the paths from `leaf`, anchors before intermediates at every step."""
        for found, path in enumerate(self._from((leaf,)), start=1):
            yield path
            if found >= _MAX_PATHS:
                return

    def _from(self, way: tuple[ReadCertificate, ...]) -> Iterator[CandidatePath]:
        last = way[-1]
        for anchor in self._trust.anchors_named(last.issuer):
            if self._issued(anchor.read, last):
                yield CandidatePath(way, anchor)
        if len(way) >= _MAX_LENGTH:
            return
        for candidate in self._candidates(last):
            met = any(candidate.fingerprint == one.fingerprint for one in way)
            if not met and self._issued(candidate, last):
                yield from self._from((*way, candidate))

    def _candidates(self, last: ReadCertificate) -> Iterator[ReadCertificate]:
        yield from self._trust.intermediates_named(last.issuer)
        yield from (one for one in self._embedded if one.subject == last.issuer)

    def _issued(self, issuer: ReadCertificate, child: ReadCertificate) -> bool:
        self._steps += 1
        self.met_limit = self._steps > _MAX_STEPS
        if self.met_limit or not issuer.may_have_issued(child):
            return False
        if not (child.strong_signature and issuer.strong_key):
            self.met_weak_algorithm = True
            return False
        holds = self._holds(issuer, child)
        self.met_bad_signature |= not holds and not self._is_root(child)
        return holds

    def _is_root(self, certificate: ReadCertificate) -> bool:
        """Tell whether a certificate signed itself, as roots do.

        A namesake that did not sign it is another root: the way ends at no anchor
        (EN 319 102-1 5.2.6.4), and nothing on it is forged.
        """
        same_name = certificate.subject == certificate.issuer
        return same_name and self._holds(certificate, certificate)

    def _holds(self, issuer: ReadCertificate, child: ReadCertificate) -> bool:
        pair = (issuer.fingerprint, child.fingerprint)
        if pair not in self._checked:
            self._checked[pair] = _signature_holds(issuer, child)
        return self._checked[pair]


def _signature_holds(issuer: ReadCertificate, child: ReadCertificate) -> bool:
    try:
        child.certificate.verify_directly_issued_by(issuer.certificate)
    except (InvalidSignature, UnsupportedAlgorithm, *UNREADABLE_CERTIFICATE):
        return False
    return True
