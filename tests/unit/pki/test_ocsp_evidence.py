"""OCSP answers as evidence: which count, and what they say beside the lists."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.errors import PkiError
from pki.path.judging import ChainJudgement, KeyPurpose, judge_chain
from pki.revocation.ocsp_evidence import ANSWER_BYTES, UNSTATED_LIFE, read_ocsp_answers
from pki.trust import TrustMaterial, TrustStore, load_material
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SubIndication
from tests.support.certificates import (
    PrivateKey,
    Shape,
    authority,
    ca_shape,
    der,
    make,
    p256,
)
from tests.support.cpu import soon
from tests.support.keys import rsa_key
from tests.support.ocsp import OcspDesk
from tests.support.pki import NOW, HeldKey, TestCa, TestPki

HOUR = timedelta(hours=1)
HANDSHAKE = frozenset({"digital_signature"})
GOOD, REVOKED, UNKNOWN = (
    ocsp.OCSPCertStatus.GOOD,
    ocsp.OCSPCertStatus.REVOKED,
    ocsp.OCSPCertStatus.UNKNOWN,
)
RESPONDER = Shape(
    common_name="OCSP",
    key_usage=HANDSHAKE,
    eku=(ExtendedKeyUsageOID.OCSP_SIGNING,),
    extra=((x509.OCSPNoCheck(), False),),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an answer says; the defaults make a sound one."""

    status: ocsp.OCSPCertStatus = GOOD
    at: datetime = NOW - HOUR
    next_update: datetime | None = NOW + HOUR
    revoked_at: datetime | None = None
    digest: hashes.HashAlgorithm = field(default_factory=hashes.SHA1)
    signature: hashes.HashAlgorithm = field(default_factory=hashes.SHA256)
    by_key: bool = True
    embedded: bool = True


@dataclass(slots=True)
class Signer:
    """Whose key signs the answer, and the certificate that goes along."""

    key: PrivateKey
    certificate: x509.Certificate


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki.create()


def responder(ca: TestCa, shape: Shape = RESPONDER) -> Signer:
    credential = make(ca, shape)
    key = credential.key
    assert isinstance(key, HeldKey)
    return Signer(key.private, credential.certificate)


def answered(
    leaf: x509.Certificate,
    ca: TestCa,
    signer: Signer,
    answer: Answer | None = None,
    *extensions: tuple[x509.ExtensionType, bool],
) -> bytes:
    answer = answer or Answer()
    identifier = ocsp.OCSPResponderEncoding
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=leaf,
            issuer=ca.credential.certificate,
            algorithm=answer.digest,
            cert_status=answer.status,
            this_update=answer.at,
            next_update=answer.next_update,
            revocation_time=answer.revoked_at,
            revocation_reason=None,
        )
        .responder_id(
            identifier.HASH if answer.by_key else identifier.NAME, signer.certificate
        )
    )
    if answer.embedded:
        builder = builder.certificates([signer.certificate])
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(signer.key, answer.signature).public_bytes(Encoding.DER)


def judge(
    pki: TestPki,
    leaf: x509.Certificate,
    *answers: bytes,
    lists: tuple[bytes, ...] | None = None,
    at: datetime = NOW,
    proven_at: datetime | None = None,
    added: tuple[bytes, ...] = (),
) -> ChainJudgement:
    """Judge with these answers; unless told, only the root publishes a list."""
    known = pki.material()
    crls = (pki.root.crl(),) if lists is None else lists
    material = replace(known, crls=crls, ocsps=answers)
    return judge_chain(
        leaf,
        trust=TrustStore.from_material(material).with_evidence(ocsps=added),
        at=at,
        usage=KeyPurpose.DOCUMENT_ANY,
        proven_at=proven_at,
    )


def reasons(judgement: ChainJudgement) -> list[ErrorCode]:
    return [one.code for one in judgement.reasons]


@pytest.mark.parametrize(
    "digest", [hashes.SHA1(), hashes.SHA256()], ids=["sha1", "sha256"]
)
@pytest.mark.parametrize("by_key", [True, False])
def test_good_answer_of_a_responder_counts(
    pki: TestPki, digest: hashes.HashAlgorithm, by_key: bool
) -> None:
    leaf = pki.person().certificate
    told = Answer(digest=digest, by_key=by_key)
    answer = answered(leaf, pki.issuing, responder(pki.issuing), told)
    judgement = judge(pki, leaf, answer)
    assert judgement.indication is Indication.TOTAL_PASSED
    assert judgement.ocsps == (answer,)
    assert judgement.good_until == NOW + HOUR
    assert reasons(judge(pki, leaf)) == [ErrorCode.REVOCATION_UNCHECKED]


def test_good_answer_of_the_ca_itself_counts(pki: TestPki) -> None:
    leaf = pki.person().certificate
    ca = Signer(pki.issuing.private, pki.issuing.credential.certificate)
    answer = answered(leaf, pki.issuing, ca, Answer(embedded=False))
    assert judge(pki, leaf, answer).indication is Indication.TOTAL_PASSED


def test_rsa_responder_counts(pki: TestPki) -> None:
    leaf = pki.person().certificate
    key = rsa_key(2048)
    certificate = make(pki.issuing, RESPONDER, key=key).certificate
    answer = answered(leaf, pki.issuing, Signer(key, certificate))
    assert judge(pki, leaf, answer).indication is Indication.TOTAL_PASSED


def test_answer_of_our_own_responder_counts() -> None:
    desk = OcspDesk()
    leaf = desk.person()
    # The certificate of its responder says nothing of no check: the list says it.
    answer = desk.ask(leaf).public_bytes(Encoding.DER)
    judgement = judge(desk.pki, leaf, answer, lists=desk.pki.crls())
    assert judgement.indication is Indication.TOTAL_PASSED
    assert judgement.ocsps or judgement.crls
    desk.revoke(leaf)
    told = desk.ask(leaf).public_bytes(Encoding.DER)
    before = (desk.pki.root.crl(),)
    assert desk.pki.issuing.revoked
    desk.pki.issuing.revoked.clear()
    lists = (*before, desk.pki.issuing.crl())
    assert reasons(judge(desk.pki, leaf, told, lists=lists)) == [
        ErrorCode.CERTIFICATE_REVOKED
    ]


def _other(pki: TestPki) -> TestCa:
    return authority(pki.root, ca_shape("CA khác"))


def _twin(pki: TestPki) -> TestCa:
    """Return a CA of the same name with another key."""
    own = pki.issuing.credential.certificate
    return authority(pki.root, ca_shape(subject=own.subject))


_UNKNOWN = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("1.3.6.1.4.1.99999.3"), b"\5\0"
)

NOT_HEARD: dict[str, Callable[[TestPki, x509.Certificate], bytes]] = {
    "another-serial": lambda pki, _leaf: answered(
        pki.person().certificate, pki.issuing, responder(pki.issuing)
    ),
    "named-by-a-sibling": lambda pki, leaf: answered(
        leaf, _other(pki), responder(pki.issuing)
    ),
    "named-by-a-twin": lambda pki, leaf: answered(
        leaf, _twin(pki), responder(pki.issuing)
    ),
    "responder-of-a-sibling": lambda pki, leaf: answered(
        leaf, pki.issuing, responder(_other(pki))
    ),
    "responder-of-a-twin": lambda pki, leaf: answered(
        leaf, pki.issuing, responder(_twin(pki))
    ),
    "responder-of-the-root": lambda pki, leaf: answered(
        leaf, pki.issuing, responder(pki.root)
    ),
    "no-responder-purpose": lambda pki, leaf: answered(
        leaf, pki.issuing, responder(pki.issuing, replace(RESPONDER, eku=()))
    ),
    "any-purpose-is-not-enough": lambda pki, leaf: answered(
        leaf,
        pki.issuing,
        responder(
            pki.issuing,
            replace(RESPONDER, eku=(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)),
        ),
    ),
    "key-does-not-sign": lambda pki, leaf: answered(
        leaf,
        pki.issuing,
        responder(
            pki.issuing, replace(RESPONDER, key_usage=frozenset({"key_agreement"}))
        ),
    ),
    "responder-unknown-critical": lambda pki, leaf: answered(
        leaf,
        pki.issuing,
        responder(
            pki.issuing, replace(RESPONDER, extra=(*RESPONDER.extra, (_UNKNOWN, True)))
        ),
    ),
    "responder-expired": lambda pki, leaf: answered(
        leaf,
        pki.issuing,
        responder(pki.issuing, replace(RESPONDER, not_after=NOW - HOUR)),
    ),
    "responder-not-checked": lambda pki, leaf: answered(
        leaf, pki.issuing, responder(pki.issuing, replace(RESPONDER, extra=()))
    ),
    "responder-with-a-weak-key": lambda pki, leaf: answered(
        leaf, pki.issuing, _weak(pki)
    ),
    "signed-by-another-key": lambda pki, leaf: _forged(
        answered(leaf, pki.issuing, responder(pki.issuing))
    ),
    "responder-left-out": lambda pki, leaf: answered(
        leaf, pki.issuing, responder(pki.issuing), Answer(embedded=False)
    ),
    "other-digest-in-the-id": lambda pki, leaf: answered(
        leaf, pki.issuing, responder(pki.issuing), Answer(digest=hashes.SHA384())
    ),
    "weak-signature": lambda pki, leaf: answered(
        leaf, pki.issuing, responder(pki.issuing), Answer(signature=hashes.SHA224())
    ),
    "critical-extension": lambda pki, leaf: answered(
        leaf, pki.issuing, responder(pki.issuing), None, (_UNKNOWN, True)
    ),
    "unknown": lambda pki, leaf: answered(
        leaf, pki.issuing, responder(pki.issuing), Answer(status=UNKNOWN)
    ),
    "refusal": lambda _pki, _leaf: ocsp.OCSPResponseBuilder.build_unsuccessful(
        ocsp.OCSPResponseStatus.TRY_LATER
    ).public_bytes(Encoding.DER),
    "garbage": lambda _pki, _leaf: b"\x30\x03\x0a\x01\x00",
}


def _forged(answer: bytes) -> bytes:
    """Put in a signature of a stranger, as long as the one that was there."""
    read = ocsp.load_der_ocsp_response(answer)
    value, stranger = b"", p256()
    while len(value) != len(read.signature):
        value = stranger.sign(read.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))
    return answer.replace(read.signature, value)


def _weak(pki: TestPki) -> Signer:
    key = ec.generate_private_key(ec.SECP224R1())
    return Signer(key, make(pki.issuing, RESPONDER, key=key).certificate)


@pytest.mark.parametrize("what", NOT_HEARD)
def test_answer_is_not_heard(pki: TestPki, what: str) -> None:
    leaf = pki.person().certificate
    judgement = judge(pki, leaf, NOT_HEARD[what](pki, leaf))
    assert reasons(judgement) == [ErrorCode.REVOCATION_UNCHECKED]
    assert judgement.ocsps == ()


def test_every_flip_of_an_answer_is_harmless(pki: TestPki) -> None:
    leaf = pki.person().certificate
    whole = answered(leaf, pki.issuing, responder(pki.issuing), Answer(status=UNKNOWN))
    for position in range(0, len(whole), 5):
        broken = bytearray(whole)
        broken[position] ^= 0x03
        judgement = judge(pki, leaf, bytes(broken))
        assert judgement.indication is Indication.INDETERMINATE


def test_responder_is_checked_by_the_list_unless_told_otherwise(pki: TestPki) -> None:
    leaf = make(pki.issuing, Shape()).certificate
    signer = responder(pki.issuing, replace(RESPONDER, extra=()))
    told = Answer(status=REVOKED, revoked_at=NOW - HOUR)
    answer = answered(leaf, pki.issuing, signer, told)
    for ca in (pki.issuing, replace_revoked(pki.issuing, signer.certificate)):
        judgement = judge(pki, leaf, answer, lists=(pki.root.crl(), ca.crl()))
        heard = ca is pki.issuing
        assert (reasons(judgement) == [ErrorCode.CERTIFICATE_REVOKED]) is heard


def replace_revoked(ca: TestCa, certificate: x509.Certificate) -> TestCa:
    return TestCa(ca.credential, ca.root, ca.now, {certificate.serial_number: NOW})


def test_old_good_is_stale(pki: TestPki) -> None:
    leaf = pki.person().certificate
    answer = answered(leaf, pki.issuing, responder(pki.issuing))
    assert judge(pki, leaf, answer, at=NOW + HOUR).indication is Indication.TOTAL_PASSED
    late = judge(pki, leaf, answer, at=NOW + HOUR + timedelta(seconds=1))
    assert reasons(late) == [ErrorCode.REVOCATION_STALE]
    assert late.sub_indication is SubIndication.TRY_LATER


def test_answer_without_an_end_is_fresh_for_a_while(pki: TestPki) -> None:
    leaf = pki.person().certificate
    told = Answer(at=NOW, next_update=None)
    answer = answered(leaf, pki.issuing, responder(pki.issuing), told)
    last = NOW + UNSTATED_LIFE
    assert judge(pki, leaf, answer, at=last).indication is Indication.TOTAL_PASSED
    assert reasons(judge(pki, leaf, answer, at=last + timedelta(seconds=1))) == [
        ErrorCode.REVOCATION_STALE
    ]


def test_answer_made_after_expiry_may_know_nothing(pki: TestPki) -> None:
    leaf = make(pki.issuing, Shape(not_after=NOW + HOUR)).certificate
    told = Answer(at=NOW + 2 * HOUR, next_update=NOW + 3 * HOUR)
    answer = answered(leaf, pki.issuing, responder(pki.issuing), told)
    assert reasons(judge(pki, leaf, answer)) == [ErrorCode.REVOCATION_UNCHECKED]


def test_revoked_answer_keeps_the_rule_of_the_proven_time(pki: TestPki) -> None:
    leaf = pki.person().certificate
    told = Answer(status=REVOKED, revoked_at=NOW - 2 * HOUR)
    answer = answered(leaf, pki.issuing, responder(pki.issuing), told)
    plain = judge(pki, leaf, answer)
    assert plain.sub_indication is SubIndication.REVOKED_NO_POE
    before = NOW - 2 * HOUR - timedelta(seconds=1)
    proven = judge(pki, leaf, answer, proven_at=before)
    assert proven.indication is Indication.TOTAL_PASSED
    final = judge(pki, leaf, answer, proven_at=NOW - 2 * HOUR)
    assert (final.indication, final.sub_indication) == (
        Indication.TOTAL_FAILED,
        SubIndication.REVOKED,
    )


@pytest.mark.parametrize("status", [GOOD, REVOKED], ids=str)
@pytest.mark.parametrize("is_listed", [True, False])
def test_revoked_wins_whoever_says_it(
    pki: TestPki, status: ocsp.OCSPCertStatus, is_listed: bool
) -> None:
    leaf = pki.person().certificate
    told = Answer(status=status, revoked_at=NOW - HOUR if status is REVOKED else None)
    answer = answered(leaf, pki.issuing, responder(pki.issuing), told)
    ca = replace_revoked(pki.issuing, leaf) if is_listed else pki.issuing
    judgement = judge(pki, leaf, answer, lists=(pki.root.crl(), ca.crl()))
    is_revoked = is_listed or status is REVOKED
    assert (judgement.indication is Indication.TOTAL_PASSED) is not is_revoked


def test_newest_good_evidence_is_the_one_used(pki: TestPki) -> None:
    leaf = pki.person().certificate
    for at, by_answer in ((NOW - 2 * HOUR, False), (NOW, True)):
        answer = answered(leaf, pki.issuing, responder(pki.issuing), Answer(at=at))
        lists = (pki.root.crl(), pki.issuing.crl(NOW - HOUR))
        judgement = judge(pki, leaf, answer, lists=lists)
        assert judgement.indication is Indication.TOTAL_PASSED
        assert bool(judgement.ocsps) is by_answer
        assert len(judgement.crls) == 2 - by_answer


def test_newest_answer_decides(pki: TestPki) -> None:
    leaf = pki.person().certificate
    signer = responder(pki.issuing)
    old = answered(leaf, pki.issuing, signer, Answer(at=NOW - 2 * HOUR))
    told = Answer(status=REVOKED, revoked_at=NOW - 2 * HOUR)
    new = answered(leaf, pki.issuing, signer, told)
    for answers in ((old, new), (new, old)):
        judgement = judge(pki, leaf, *answers)
        assert reasons(judgement) == [ErrorCode.CERTIFICATE_REVOKED]


def test_fresh_list_counts_beside_a_stale_answer(pki: TestPki) -> None:
    leaf = pki.person().certificate
    answer = answered(leaf, pki.issuing, responder(pki.issuing))
    judgement = judge(pki, leaf, answer, lists=pki.crls(), at=NOW + 2 * HOUR)
    assert judgement.indication is Indication.TOTAL_PASSED
    assert judgement.ocsps == ()


def test_answer_at_the_end_of_all_time_is_refused(pki: TestPki) -> None:
    told = Answer(at=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), next_update=None)
    leaf = pki.person().certificate
    with pytest.raises(PkiError):
        read_ocsp_answers(answered(leaf, pki.issuing, responder(pki.issuing), told))


def test_huge_answer_is_refused_unread() -> None:
    with pytest.raises(PkiError) as refused:
        read_ocsp_answers(bytes(ANSWER_BYTES + 1))
    assert refused.value.code is ErrorCode.OCSP_ANSWER_INVALID


def test_a_thousand_answers_about_one_certificate_cost_little(pki: TestPki) -> None:
    leaf = pki.person().certificate
    wrong = answered(leaf, pki.issuing, responder(_other(pki)))
    with soon(3):
        judgement = judge(pki, leaf, added=(wrong,) * 1000)
    assert reasons(judgement) == [ErrorCode.REVOCATION_UNCHECKED]


def _of_strangers(
    pki: TestPki, leaf: x509.Certificate, count: int
) -> tuple[bytes, ...]:
    """Forge answers that are newer than what any genuine one says."""
    return tuple(
        answered(leaf, pki.issuing, responder(_other(pki)), Answer(at=NOW + minute))
        for minute in (timedelta(minutes=one) for one in range(1, count + 1))
    )


@pytest.mark.parametrize("count", [1, 16, 17, 40])
def test_forged_answers_do_not_silence_the_operators(pki: TestPki, count: int) -> None:
    leaf = pki.person().certificate
    told = Answer(status=REVOKED, revoked_at=NOW - HOUR)
    revoked = answered(leaf, pki.issuing, responder(pki.issuing), told)
    forged = _of_strangers(pki, leaf, count)
    before = (pki.root.crl(), pki.issuing.crl(NOW - 2 * HOUR))
    added = judge(pki, leaf, revoked, lists=before, added=forged)
    assert reasons(added) == [ErrorCode.CERTIFICATE_REVOKED]
    given = judge(pki, leaf, revoked, *forged, lists=before)
    assert reasons(given) == [ErrorCode.CERTIFICATE_REVOKED]


@pytest.mark.parametrize(("count", "heard"), [(15, True), (16, False)])
def test_answer_that_forged_ones_hide_leaves_the_status_open(
    pki: TestPki, count: int, heard: bool
) -> None:
    leaf = pki.person().certificate
    told = Answer(status=REVOKED, revoked_at=NOW - HOUR)
    revoked = answered(leaf, pki.issuing, responder(pki.issuing), told)
    added = (revoked, *_of_strangers(pki, leaf, count))
    before = (pki.root.crl(), pki.issuing.crl(NOW - 2 * HOUR))
    code = ErrorCode.CERTIFICATE_REVOKED if heard else ErrorCode.REVOCATION_UNCHECKED
    assert reasons(judge(pki, leaf, lists=before, added=added)) == [code]
    good = answered(leaf, pki.issuing, responder(pki.issuing))
    beside = judge(pki, leaf, good, lists=before, added=added)
    assert reasons(beside) == [code]
    listed = replace_revoked(pki.issuing, leaf).crl()
    told_by_list = judge(pki, leaf, lists=(pki.root.crl(), listed), added=added)
    assert reasons(told_by_list) == [ErrorCode.CERTIFICATE_REVOKED]


def test_newest_of_given_and_added_answers_decides(pki: TestPki) -> None:
    leaf = pki.person().certificate
    signer = responder(pki.issuing)
    held = Answer(status=REVOKED, revoked_at=NOW - 2 * HOUR, at=NOW - 2 * HOUR)
    old = answered(leaf, pki.issuing, signer, held)
    released = answered(leaf, pki.issuing, signer)
    judgement = judge(pki, leaf, old, added=(released,))
    assert judgement.indication is Indication.TOTAL_PASSED
    assert judge(pki, leaf, released, added=(old,)).ocsps == (released,)


@pytest.mark.parametrize("name", ["one.ors", "one.OCSP"])
def test_answers_are_read_from_files_and_folders(
    pki: TestPki, tmp_path: Path, name: str
) -> None:
    leaf = pki.person().certificate
    answer = answered(leaf, pki.issuing, responder(pki.issuing))
    (tmp_path / name).write_bytes(answer)
    (tmp_path / "a.crl").write_bytes(pki.root.crl())
    wanted = TrustMaterial(crls=(pki.root.crl(),), ocsps=(answer,))
    files = [tmp_path / name, tmp_path / "a.crl"]
    for paths in (files, [tmp_path]):
        found = load_material(revocation=paths)
        assert found.ocsps == wanted.ocsps
        assert len(found.crls) == 1
    (tmp_path / name).write_bytes(der(leaf))
    with pytest.raises(PkiError) as refused:
        load_material(revocation=[tmp_path])
    assert refused.value.code is ErrorCode.OCSP_ANSWER_INVALID
    assert refused.value.place == name
