"""Where evidence for levels B-LT and B-LTA comes from: at hand, or asked for.

Nothing goes into a file that was not judged here first, as of the time it is to prove
(EN 319 102-1 clause 5.5.4; what was said before a signature does not cover it).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.certificates import ReadCertificate
from pki.errors import PkiError
from pki.path.judging import ChainJudgement, judge_chain
from pki.revocation.ocsp_evidence import is_not_checked, read_ocsp_answers
from pki.trust import TrustMaterial, TrustStore
from schemas.errors import ErrorCode
from schemas.verdict import Indication
from signing.pades.levels import Evidence, EvidenceQuestion

_MISSING = frozenset(
    {
        ErrorCode.REVOCATION_UNCHECKED,
        ErrorCode.REVOCATION_STALE,
        ErrorCode.EVIDENCE_TOO_OLD,
    }
)
"""What a newer list or answer may cure."""


class RevocationFetcher(Protocol):
    """Asks for what is said about a certificate now; `RevocationClient` does."""

    def fetch(
        self, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        """Return revocation lists and OCSP answers; none if nobody may be asked."""


class StoredEvidence:
    """Evidence from files: an `EvidenceSource` that asks nobody.

    Args:
        material: roots, intermediates, revocation lists and OCSP answers.

    Raises:
        PkiError: a root is malformed or not a CA.
    """

    def __init__(self, material: TrustMaterial) -> None:
        self._store = TrustStore.from_material(material)
        # What the file holds is preferred, so that nothing enters it twice.
        bare = TrustMaterial(material.roots, material.intermediates)
        self._bare = TrustStore.from_material(bare)

    def collect(self, question: EvidenceQuestion) -> Evidence:
        """Return what shows that a certificate was good.

        Raises:
            PkiError: it was not, or nothing at hand shows it.
        """
        known = question.known
        if known.crls or known.ocsps:
            parts = (known.intermediates, known.crls, known.ocsps)
            store = self._bare.with_evidence(*parts)
            judgement = judge(question, store)
            if refusal(replace(question, now=None), judgement) is None:
                return evidence_of(judgement, store)
        store = self.store(question)
        judgement = judge(question, store)
        error = refusal(question, judgement)
        if error is not None:
            raise error
        return evidence_of(judgement, store)

    def store(self, question: EvidenceQuestion) -> TrustStore:
        """Return everything at hand; of the file, certificates alone."""
        return self._store.with_evidence(question.known.intermediates)


class FetchedEvidence:
    """Evidence at hand, and what is asked for where that will not do.

    Args:
        stored: what is at hand.
        fetcher: asks others.
    """

    def __init__(self, stored: StoredEvidence, fetcher: RevocationFetcher) -> None:
        self._stored = stored
        self._fetcher = fetcher

    def collect(self, question: EvidenceQuestion) -> Evidence:
        """Return what shows that a certificate was good.

        The end certificate is asked about first; its CAs only if they must be.

        Raises:
            PkiError: it was not, or nothing that can be had shows it.
        """
        try:
            return self._stored.collect(question)
        except PkiError as error:
            if error.code not in _MISSING:
                raise
        return self._ask(question, self._stored.store(question))

    def _ask(self, question: EvidenceQuestion, store: TrustStore) -> Evidence:
        judgement = judge(question, store)
        error = refusal(question, judgement)
        for certificate, issuer in pairwise(judgement.chain):
            if error is None or error.code not in _MISSING:
                break
            crls, ocsps = self._fetcher.fetch(certificate, issuer)
            store = store.with_evidence((), crls, ocsps)
            judgement = judge(question, store)
            error = refusal(question, judgement)
        if error is not None:
            raise error
        return evidence_of(judgement, store)


class OpenQuestions:
    """Evidence at hand; notes about whom others must be asked, and goes on.

    For a process that may open no connection. What comes of a file is worth nothing
    unless `chains` is empty.

    Args:
        stored: what is at hand.
    """

    def __init__(self, stored: StoredEvidence) -> None:
        self._stored = stored
        self._chains: dict[tuple[bytes, ...], None] = {}

    @property
    def chains(self) -> tuple[tuple[bytes, ...], ...]:
        """Chains up to a root, DER, end certificate first."""
        return tuple(self._chains)

    def collect(self, question: EvidenceQuestion) -> Evidence:
        """Return what shows that a certificate was good, or nothing for now.

        Raises:
            PkiError: it was not; asking others would not help.
        """
        try:
            return self._stored.collect(question)
        except PkiError as error:
            if error.code not in _MISSING:
                raise
        chain = judge(question, self._stored.store(question)).chain
        der = tuple(one.public_bytes(Encoding.DER) for one in chain)
        self._chains[der] = None
        return Evidence()


def judge(question: EvidenceQuestion, store: TrustStore) -> ChainJudgement:
    """Judge the certificate as of the time in question."""
    return judge_chain(
        question.certificate,
        intermediates=question.intermediates,
        trust=store,
        at=question.at,
        usage=question.usage,
        proven_at=question.at if question.is_past else None,
    )


def refusal(question: EvidenceQuestion, judgement: ChainJudgement) -> PkiError | None:
    """Say why a judgement will not do; None if it will."""
    if judgement.indication is not Indication.TOTAL_PASSED:
        reason = judgement.reasons[0]
        return PkiError(reason.code, place=reason.place)
    said, needed = judgement.status_as_of, question.at.replace(microsecond=0)
    if question.is_past and (said is None or said < needed):
        # Lists and answers count in whole seconds (RFC 5280 5.1.2.4).
        place = "" if said is None else said.isoformat()
        return PkiError(ErrorCode.EVIDENCE_TOO_OLD, place=place)
    until = judgement.fresh_until
    if question.now is not None and (until is None or until < question.now):
        place = "" if until is None else until.isoformat()
        return PkiError(ErrorCode.REVOCATION_STALE, place=place)
    return None


def evidence_of(judgement: ChainJudgement, store: TrustStore) -> Evidence:
    """Return what a judgement rests on, with what shows who answered over OCSP."""
    responders = tuple(_responders(judgement.ocsps))
    chain = (*judgement.chain, *(one.certificate for one in responders))
    lists = (*judgement.crls, *_lists_about(responders, store))
    return Evidence(
        certificates=tuple(
            dict.fromkeys(one.public_bytes(Encoding.DER) for one in chain)
        ),
        crls=tuple(dict.fromkeys(lists)),
        ocsps=tuple(dict.fromkeys(judgement.ocsps)),
    )


def _responders(answers: Iterable[bytes]) -> Iterator[ReadCertificate]:
    for answer in answers:
        for one in read_ocsp_answers(answer)[:1]:
            yield from one.signed.certificates


def _lists_about(
    responders: Iterable[ReadCertificate], store: TrustStore
) -> Iterator[bytes]:
    """Yield the lists that say whether a responder is revoked, where one must look."""
    for responder in responders:
        if not is_not_checked(responder):
            for one in store.lists_of(responder.issuer)[:1]:
                yield one.crl.public_bytes(Encoding.DER)
