"""Evidence that is asked for: from whom, how new, and what is not believed."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import PkiError
from pki.http_fetch import HttpFetcher, Question
from pki.keys.api import Credential
from pki.purposes import KeyPurpose
from schemas.errors import ErrorCode
from signing.evidence_sources import FetchedEvidence, StoredEvidence
from signing.pades.levels import Evidence, EvidenceQuestion
from signing.profiles import SignatureLevel
from tests.support.levels import LevelDesk, stored, subjects
from tests.support.ocsp import request_for
from tests.support.revocation_service import RevocationService, is_reachable
from tests.support.signed_pdf import LETTER


@pytest.fixture
def desk() -> LevelDesk:
    """A desk whose lists were published an hour ago."""
    made = LevelDesk()
    made.published = made.now
    made.later(hours=1)
    return made


@pytest.fixture
def service(desk: LevelDesk) -> Iterator[RevocationService]:
    """Lists were published an hour ago; the responder knows what is true now."""
    with RevocationService(desk).serving() as serving:
        yield serving


def collected(service: RevocationService, signer: Credential, *hosts: str) -> Evidence:
    source = FetchedEvidence(
        StoredEvidence(service.desk.material()), service.client(*hosts)
    )
    question = EvidenceQuestion(
        certificate=signer.certificate.public_bytes(Encoding.DER),
        intermediates=(),
        usage=KeyPurpose.DOCUMENT_ANY,
        at=service.desk.now,
    )
    return source.collect(question)


def test_answer_over_ocsp_is_new_where_the_list_is_not(
    service: RevocationService,
) -> None:
    evidence = collected(service, service.person())
    assert len(evidence.ocsps) == 1
    assert "CN=OCSP" in " ".join(subjects(evidence.certificates))
    assert service.heard == ["POST"]


def test_list_of_the_issuer_shows_that_the_responder_is_good(
    service: RevocationService,
) -> None:
    evidence = collected(service, service.person())
    assert len(evidence.crls) == 2


def test_list_is_fetched_where_nobody_answers(service: RevocationService) -> None:
    service.mute = True
    evidence = collected(service, service.person())
    assert not evidence.ocsps
    assert service.heard[-1] == "GET"


def test_host_that_is_not_named_is_not_asked(service: RevocationService) -> None:
    with pytest.raises(PkiError, match=ErrorCode.EVIDENCE_TOO_OLD):
        collected(service, service.person(), "127.0.0.1", "ocsp.example:80")
    assert service.heard == []


@pytest.mark.parametrize(
    ("called", "named"),
    [("LocalHost", "localhost"), ("localhost", "LOCALHOST"), ("[::1]", "[::1]")],
    ids=["capitals of a certificate", "capitals of the list", "IPv6"],
)
def test_host_is_named_as_addresses_are_read(
    desk: LevelDesk, called: str, named: str
) -> None:
    if called == "[::1]" and not is_reachable("::1"):
        pytest.skip("no IPv6 here")
    with RevocationService(desk, name=called).serving() as service:
        evidence = collected(service, service.person(), f"{named}:{service.port}")
    assert len(evidence.ocsps) == 1


@pytest.mark.parametrize("host", ["a/b", "a?b", "u@a", "a#b", "::1", "a:0", ""])
def test_what_is_no_host_is_refused(desk: LevelDesk, host: str) -> None:
    with pytest.raises(PkiError, match=ErrorCode.CONFIGURATION_INVALID):
        RevocationService(desk).client(host)


def test_address_that_names_no_port_is_asked_at_the_usual_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], *_: object) -> None:
        asked.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.create_connection", connect)
    for host in ("::1", "::1:8101", "::ffff"):
        server = urlsplit(f"http://[{host}]/crl")
        question = Question(server=server, takes=(), limit=1)
        with pytest.raises(ConnectionRefusedError):
            HttpFetcher(seconds=1).ask(question)

    assert asked == [("::1", 80), ("::1:8101", 80), ("::ffff", 80)]


def test_revoked_is_heard(service: RevocationService) -> None:
    signer = service.person()
    service.desk.pki.issuing.revoke(signer.certificate, service.desk.now)
    with pytest.raises(PkiError, match=ErrorCode.CERTIFICATE_REVOKED):
        collected(service, signer)


def test_old_answer_given_again_does_not_count(service: RevocationService) -> None:
    signer = service.person()
    (old,) = collected(service, signer).ocsps
    service.replayed = old
    service.desk.later(minutes=1)
    fetched, answers = service.client().fetch(
        signer.certificate, service.desk.pki.issuing.credential.certificate
    )
    assert answers == ()
    assert len(fetched) == 1


def test_list_is_fetched_beside_an_answer_from_stock(
    service: RevocationService,
) -> None:
    signer = service.person()
    issuer = service.desk.pki.issuing.credential.certificate
    plain = request_for(signer.certificate, issuer=issuer)
    service.replayed = service.answer(plain)
    service.desk.later(minutes=1)
    evidence = collected(service, signer)
    assert service.heard == ["POST", "GET"]
    assert evidence.crls


def test_answer_about_another_certificate_does_not_count(
    service: RevocationService,
) -> None:
    (other,) = collected(service, service.person()).ocsps
    service.replayed = other
    evidence = collected(service, service.person())
    assert not evidence.ocsps
    assert service.heard[-1] == "GET"


def test_long_term_signature_at_once_with_answers(service: RevocationService) -> None:
    desk = service.desk
    desk.use_stamper(service.stamper())
    desk.evidence = FetchedEvidence(StoredEvidence(desk.material()), service.client())
    signed = desk.signed(LETTER.read_bytes(), SignatureLevel.B_LTA, service.person())
    assert len(stored(signed)["/OCSPs"]) == 2
