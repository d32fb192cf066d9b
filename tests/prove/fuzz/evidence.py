"""Signatures, certificates, revocation lists, OCSP answers and time stamps."""

from collections.abc import Callable
from functools import cache
from random import Random

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from pki.path.judging import ChainJudgement, judge_chain
from pki.purposes import KeyPurpose
from pki.revocation.lists import read_revocation_list
from pki.revocation.ocsp_evidence import read_ocsp_answers
from pki.trust import TrustMaterial, TrustStore
from pki.tsa.client import AskedStamp, check_response
from schemas.verdict import Indication
from signing.validation.cms import read_cms
from signing.validation.stamps import read_stamp
from tests.prove.fuzz.target import Target, coded, require
from tests.support.cms import cut_signatures
from tests.support.judged_pdf import PKI, person_signed, sealed
from tests.support.mutating_der import changed_der
from tests.support.ocsp import OcspDesk
from tests.support.pki import NOW
from tests.support.time_stamps import DIGEST, NONCE, authority, request, tsa_credential

_ASKED = AskedStamp(digest=DIGEST, hash_name="sha256", nonce=NONCE)
_SAME = "passed, same content"


@cache
def _material() -> TrustMaterial:
    return PKI.material()


@cache
def _trust() -> TrustStore:
    return TrustStore.from_material(_material())


def _outcome(judged: ChainJudgement, is_same: Callable[[], bool]) -> str:
    if judged.indication is Indication.TOTAL_PASSED:
        require(holds=is_same(), rule="changed evidence counts")
        return _SAME
    require(holds=bool(judged.reasons), rule="no reason")
    return str(judged.reasons[0].code)


def _signatures() -> tuple[bytes, ...]:
    signed = (person_signed(), sealed())
    return tuple(cut.cms for one in signed for cut in cut_signatures(one))


def _read_signature(_seed: bytes, data: bytes, _chance: Random) -> str:
    def work() -> str:
        read_cms(data)
        return "read"

    return coded(work)


@cache
def _leaf() -> bytes:
    return PKI.system().certificate.public_bytes(Encoding.DER)


def _judge_certificate(seed: bytes, data: bytes, _chance: Random) -> str:
    judged = judge_chain(data, trust=_trust(), at=NOW, usage=KeyPurpose.ENVELOPE)
    return _outcome(judged, lambda: data == seed)


def _judge_list(seed: bytes, data: bytes, _chance: Random) -> str:
    """Judge a chain with a changed list among good ones."""

    def work() -> str:
        read_revocation_list(data).revoked_at(1)
        lists = tuple(data if one == seed else one for one in _material().crls)
        trust = TrustMaterial(_material().roots, _material().intermediates, lists)
        return _outcome(_judged_leaf(trust), lambda: data == seed)

    return coded(work)


def _judged_leaf(material: TrustMaterial) -> ChainJudgement:
    return judge_chain(
        _leaf(),
        trust=TrustStore.from_material(material),
        at=NOW,
        usage=KeyPurpose.ENVELOPE,
    )


@cache
def _desk() -> OcspDesk:
    return OcspDesk(pki=PKI)


@cache
def _asked_about() -> bytes:
    return _desk().person().public_bytes(Encoding.DER)


@cache
def _answers() -> tuple[bytes, ...]:
    asked = _desk().person()
    good = _desk().ask(asked).public_bytes(Encoding.DER)
    _desk().revoke(asked)
    return good, _desk().ask(asked).public_bytes(Encoding.DER)


def _judge_answer(_seed: bytes, data: bytes, _chance: Random) -> str:
    """Judge a chain by a changed answer: it says what it said, or is not heard."""

    def work() -> str:
        for one in read_ocsp_answers(data):
            issuer = _responding_issuer(one.signed.signer_for)
            if issuer is not None:
                said = ocsp.load_der_ocsp_response(data).tbs_response_bytes
                require(holds=said in _said(), rule="changed answer counts")
                return "heard, says the same"
        return "read, not heard"

    return coded(work)


def _responding_issuer(signer_for: Callable[..., object | None]) -> object | None:
    (issuing,) = _trust().intermediates_named(
        PKI.issuing.credential.certificate.subject.public_bytes()
    )
    return signer_for(issuing)


@cache
def _said() -> frozenset[bytes]:
    read = map(ocsp.load_der_ocsp_response, _answers())
    return frozenset(one.tbs_response_bytes for one in read)


@cache
def _stamp() -> bytes:
    return authority(tsa_credential(PKI)).answer(request()).response


def _judge_stamp(_seed: bytes, data: bytes, _chance: Random) -> str:
    """Judge an answer of an authority, and read it as a token too."""
    read_stamp(data, lambda _: DIGEST)

    def work() -> str:
        stamp = check_response(data, _ASKED, trust=_trust(), at=NOW)
        require(holds=stamp.at == NOW, rule="another time")
        return _SAME

    return coded(work)


TARGETS = {
    "cms": Target(seeds=_signatures, judge=_read_signature, change=changed_der),
    "certificate": Target(
        seeds=lambda: (_leaf(),), judge=_judge_certificate, change=changed_der
    ),
    "revocation-list": Target(
        seeds=lambda: _material().crls, judge=_judge_list, change=changed_der
    ),
    "ocsp-answer": Target(seeds=_answers, judge=_judge_answer, change=changed_der),
    "time-stamp": Target(
        seeds=lambda: (_stamp(),), judge=_judge_stamp, change=changed_der
    ),
}
