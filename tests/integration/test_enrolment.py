"""Enrolment over EST with standard clients against a running CA process."""

import asyncio
import json
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from exchange.demo.site import Site, build_site
from pki.ca.hierarchy import Hierarchy
from pki.ca.requests import read_request
from pki.journal.store import Act
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from pki.registration.records import EnrolmentCode, OperatorProof
from schemas.identifiers import parse_organ_id, parse_system_id
from tests.support.demonstration import lienthong
from tests.support.enrolling import (
    Applicant,
    CaProcess,
    EstReply,
    ca_process,
    certificates_in,
    desk_of,
    system_code,
)
from tests.support.judges import run
from tests.support.station import fill_and_leave

pytestmark = pytest.mark.integration

AGE = timedelta(days=6)
SYSTEM = CertificateKind.SYSTEM
FIRST = OperatorProof(name="Lê Thị Một", passphrase=b"mot mat khau dai")
SECOND = OperatorProof(name="Trần Văn Hai", passphrase=b"hai mat khau dai")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A demonstration site; its CA serves all tests here."""
    made = Site(tmp_path_factory.mktemp("site"))
    build_site(made)
    return made


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site that nobody ran since it was made, some days ago."""
    made = Site(tmp_path_factory.mktemp("aged") / "site")
    build_site(made, clock=lambda: datetime.now(UTC) - AGE)
    return made


@pytest.fixture(scope="module")
def ca(site: Site) -> Iterator[CaProcess]:
    """A process with the role `ca` alone."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("LIENTHONG__LIMITS__IDLE_SECONDS", "1")
        patched.setenv("LIENTHONG__TRUST__RELOAD_SECONDS", "0.2")
        patched.setenv("LIENTHONG__ENROLMENT__REQUESTS_PER_MINUTE", "600")
        with ca_process(site) as process:
            yield process


def enrolled(ca: CaProcess, folder: Path, name: str) -> Applicant:
    applicant = Applicant.make(folder, name)
    reply = ca.enrol(applicant.request, code=system_code(ca.site, name))
    assert reply.status == 200, reply.body
    applicant.keep(reply)
    return applicant


def verified(site: Site, certificate: Path) -> str:
    issuing = site.pki / "issuing-systems.pem"
    lists = site.folder / "lists.pem"
    found = (site.pki / f"{one}.crl" for one in ("root", "issuing-systems"))
    lists.write_text(
        "".join(
            run("openssl", "crl", "-inform", "DER", "-in", one).stdout for one in found
        )
    )
    told = run(
        *("openssl", "verify", "-crl_check_all", "-CRLfile", lists, "-x509_strict"),
        *("-purpose", "sslclient", "-CAfile", site.root, "-untrusted", issuing),
        certificate,
    )
    return told.stdout + told.stderr


def test_ca_process_needs_no_database_and_opens_no_agency_listener(
    ca: CaProcess,
) -> None:
    assert ca.ports["agency_port"] is None
    assert not (ca.site.folder / "db").exists()
    admin = f"http://127.0.0.1:{ca.ports['admin_port']}"
    with urlopen(f"{admin}/health/ready") as ready:
        assert json.load(ready) == {"status": "ready"}
    # The lists are looked at a moment after the process is ready.
    wanted, page = 'lienthong_ca_list_seconds_left{ca="issuing-systems"}', ""
    deadline = time.monotonic() + 20
    while wanted not in page and time.monotonic() < deadline:
        with urlopen(f"{admin}/metrics") as metrics:
            page = metrics.read().decode()
    assert wanted in page


def test_exchange_process_opens_no_enrolment_listener(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIENTHONG__KEYS__TSA__URI", "")
    with ca_process(site, roles="exchange") as process:
        assert process.ports["enrolment_port"] is None
        assert process.ports["agency_port"] is not None


def test_root_and_issuing_cas_are_given_to_anybody(
    ca: CaProcess, tmp_path: Path
) -> None:
    reply = ca.ask("cacerts")
    given = {
        x509.load_pem_x509_certificate(one.encode())
        for one in certificates_in(tmp_path, reply)
    }
    published = {
        x509.load_pem_x509_certificate((ca.site.pki / f"{one}.pem").read_bytes())
        for one in (
            "root",
            "issuing-persons",
            "issuing-organisations",
            "issuing-systems",
        )
    }
    assert given == published
    assert reply.headers["content-type"] == "application/pkcs7-mime"
    assert reply.headers["content-transfer-encoding"] == "base64"


def test_hint_of_what_a_request_should_look_like_is_der(
    ca: CaProcess, tmp_path: Path
) -> None:
    reply = ca.ask("csrattrs")
    (tmp_path / "hint").write_bytes(reply.body)
    run("openssl", "base64", "-d", "-in", tmp_path / "hint", "-out", tmp_path / "der")
    told = run("openssl", "asn1parse", "-inform", "DER", "-in", tmp_path / "der")
    for name in ("ecdsa-with-SHA256", "id-ecPublicKey", "prime256v1"):
        assert name in told.stdout


def test_one_time_code_enrols_a_request_made_elsewhere(
    ca: CaProcess, tmp_path: Path
) -> None:
    applicant = Applicant.make(tmp_path, "qlvb-moi")
    code = system_code(ca.site, "qlvb-moi")
    reply = ca.enrol(applicant.request, code=code)
    assert (reply.status, reply.headers["content-type"]) == (
        200,
        "application/pkcs7-mime; smime-type=certs-only",
    )
    certificate = applicant.keep(reply)
    assert len(certificates_in(tmp_path, reply)) == 1
    assert verified(ca.site, applicant.certificate).endswith(": OK\n")
    again = ca.enrol(applicant.request, code=code)
    assert applicant.keep(again) == certificate


def test_used_code_is_refused_for_another_request(
    ca: CaProcess, tmp_path: Path
) -> None:
    code = system_code(ca.site, "qlvb-hai-lan")
    first = Applicant.make(tmp_path, "qlvb-hai-lan")
    assert ca.enrol(first.request, code=code).status == 200
    other = Applicant.make(tmp_path, "khac")
    reply = ca.enrol(other.request, code=code)
    assert (reply.status, reply.code) == (401, "enrolment_code_refused")


def test_wrong_or_missing_code_is_asked_for_and_told_in_both_languages(
    ca: CaProcess, tmp_path: Path
) -> None:
    applicant = Applicant.make(tmp_path, "qlvb-sai")
    code = system_code(ca.site, "qlvb-sai")
    wrong = EnrolmentCode(id=code.id, secret="sai", expires_at=code.expires_at)
    refused = ca.enrol(applicant.request, code=wrong)
    missing = ca.enrol(applicant.request)
    assert (refused.status, refused.code) == (401, "enrolment_code_refused")
    assert (missing.status, missing.code) == (401, "enrolment_code_missing")
    for reply in (refused, missing):
        assert reply.headers["www-authenticate"].startswith('Basic realm="')
        assert reply.headers["content-type"].startswith("text/plain")
        assert "enrolment code" in reply.body.decode()
        assert "mã đăng ký" in reply.body.decode().lower()
    assert ca.enrol(applicant.request, code=code).status == 200


def test_problem_document_is_given_to_who_asks_for_it(ca: CaProcess) -> None:
    reply = ca.ask(
        "simpleenroll", "--header", "Accept: application/problem+json", "--data", "x"
    )
    assert reply.headers["content-type"].startswith("application/problem+json")
    assert json.loads(reply.body)["code"] == "enrolment_code_missing"


def test_certificate_comes_when_the_approvals_are_there(
    ca: CaProcess, tmp_path: Path
) -> None:
    with desk_of(ca.site) as desk:
        desk.add_operator(FIRST, Act(actor="test"))
        desk.add_operator(SECOND, Act(actor="test"), (FIRST,))
        both = (FIRST, SECOND)
        desk.set_approvals({SYSTEM: 2}, Act(actor="test"), both)
    try:
        applicant = Applicant.make(tmp_path, "qlvb-cho-duyet")
        code = system_code(ca.site, "qlvb-cho-duyet", FIRST)
        waits = ca.enrol(applicant.request, code=code)
        assert waits.status == 202
        assert int(waits.headers["retry-after"]) > 0
        assert ca.enrol(applicant.request, code=code).status == 202
        with desk_of(ca.site) as desk:
            desk.approve(waits.body.decode().partition(":")[0], SECOND)
        reply = ca.enrol(applicant.request, code=code)
        assert reply.status == 200
        applicant.keep(reply)
        assert verified(ca.site, applicant.certificate).endswith(": OK\n")
    finally:
        with desk_of(ca.site) as desk:
            desk.set_approvals({SYSTEM: 0}, Act(actor="test"), both)


def test_certificate_renews_itself_with_a_new_key(
    ca: CaProcess, tmp_path: Path
) -> None:
    old = enrolled(ca, tmp_path, "qlvb-gia-han")
    new = Applicant.make(tmp_path, "moi", "/CN=qlvb-gia-han")
    reply = ca.renew(new.request, certificate=old.certificate, key=old.key)
    assert reply.status == 200, reply.body
    before = x509.load_pem_x509_certificate(old.certificate.read_bytes())
    after = new.keep(reply)
    assert after.subject == before.subject
    assert after.public_key() != before.public_key()
    assert after.serial_number != before.serial_number
    assert verified(ca.site, new.certificate).endswith(": OK\n")
    again = ca.renew(new.request, certificate=old.certificate, key=old.key)
    assert new.keep(again) == after


def test_renewal_for_another_subject_is_refused(ca: CaProcess, tmp_path: Path) -> None:
    old = enrolled(ca, tmp_path, "qlvb-doi-ten")
    other = Applicant.make(tmp_path, "khac", "/CN=qlvb-nguoi-khac")
    reply = ca.renew(other.request, certificate=old.certificate, key=old.key)
    assert (reply.status, reply.code) == (422, "renewal_subject_differs")


def test_revoked_certificate_renews_nothing(ca: CaProcess, tmp_path: Path) -> None:
    old = enrolled(ca, tmp_path, "qlvb-thu-hoi")
    new = Applicant.make(tmp_path, "moi", "/CN=qlvb-thu-hoi")
    certificate = x509.load_pem_x509_certificate(old.certificate.read_bytes())
    with Hierarchy.open(ca.site.pki) as hierarchy:
        hierarchy.revoke(certificate.serial_number)
    # The process looks for new lists from time to time; until then this is refused
    # for its subject.
    other = Applicant.make(tmp_path, "khac", "/CN=qlvb-nguoi-khac")
    reply, end = None, time.monotonic() + 30
    while (reply is None or reply.status == 422) and time.monotonic() < end:
        reply = ca.renew(other.request, certificate=old.certificate, key=old.key)
    reply = ca.renew(new.request, certificate=old.certificate, key=old.key)
    assert (reply.status, reply.code) == (403, "client_certificate_refused")
    assert b"certificate_revoked" in reply.body


def test_renewal_without_a_certificate_is_refused(
    ca: CaProcess, tmp_path: Path
) -> None:
    new = Applicant.make(tmp_path, "qlvb-khong")
    reply = ca.enrol(new.request, operation="simplereenroll")
    assert (reply.status, reply.code) == (401, "client_certificate_missing")


def refusal_of(ca: CaProcess, body: Path, *headers: str) -> EstReply:
    kind = () if headers else ("--header", "Content-Type: application/pkcs10")
    more = tuple(part for one in headers for part in ("--header", one))
    return ca.ask(
        "simpleenroll", "--user", "k:s", *kind, *more, "--data-binary", f"@{body}"
    )


def test_hostile_bodies_are_refused_with_codes(ca: CaProcess, tmp_path: Path) -> None:
    huge, wrong, empty = (tmp_path / one for one in ("huge", "wrong", "empty"))
    huge.write_bytes(b"A" * 5_000_000)
    wrong.write_bytes(b"MII*not base64*")
    empty.write_bytes(b"")
    assert refusal_of(ca, huge).code == "body_too_large"
    assert refusal_of(ca, wrong).code == "request_invalid"
    assert refusal_of(ca, empty).code == "body_empty"
    assert refusal_of(ca, wrong, "Content-Type: text/plain").code == (
        "content_type_unsupported"
    )
    packed = ("Content-Type: application/pkcs10", "Content-Encoding: gzip")
    assert refusal_of(ca, wrong, *packed).code == "content_type_unsupported"
    chunked = ("Content-Type: application/pkcs10", "Transfer-Encoding: chunked")
    assert refusal_of(ca, huge, *chunked).code == "body_too_large"


def test_unknown_path_and_method_are_refused_with_codes(ca: CaProcess) -> None:
    assert ca.ask("serverkeygen").code == "not_found"
    assert ca.ask("simpleenroll").code == "method_not_allowed"


def spoken(ca: CaProcess, data: bytes) -> bytes:
    """Send bytes and listen until the connection ends or falls silent."""
    context = ssl.create_default_context(cafile=str(ca.site.hub_authority))
    address = ("127.0.0.1", ca.ports["enrolment_port"])
    answer = b""
    with (
        socket.create_connection(address, timeout=20) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as tls,
        suppress(TimeoutError),
    ):
        tls.sendall(data)
        while part := tls.recv(65536):
            answer += part
            tls.settimeout(2.5)  # it says all at once, then may listen on
    return answer


def test_half_a_request_is_ended_and_a_slow_body_told(ca: CaProcess) -> None:
    path = b"POST /.well-known/est/simpleenroll HTTP/1.1\r\nHost: x\r\n"
    half = spoken(ca, path)
    assert half == b""
    slow = spoken(
        ca,
        path + b"Authorization: Basic azpz\r\nContent-Type: application/pkcs10\r\n"
        b"Content-Length: 100\r\n\r\nMIIB",
    )
    assert slow.startswith(b"HTTP/1.1 408 ")
    assert b"request_timeout" in slow


def test_address_that_guesses_codes_has_to_wait(site: Site, tmp_path: Path) -> None:
    applicant = Applicant.make(tmp_path, "qlvb-doan")
    code = system_code(site, "qlvb-doan")
    with ca_process(site) as process:
        for _ in range(10):
            wrong = EnrolmentCode(id="x", secret="y", expires_at=code.expires_at)
            reply = process.enrol(applicant.request, code=wrong)
            assert reply.status == 401
        stopped = process.enrol(applicant.request, code=code)
    assert (stopped.status, stopped.code) == (429, "too_many_requests")
    assert int(stopped.headers["retry-after"]) > 0


def test_certificate_survives_the_process_being_killed(
    site: Site, tmp_path: Path
) -> None:
    applicant = Applicant.make(tmp_path, "qlvb-mat-dien")
    code = system_code(site, "qlvb-mat-dien")
    with ca_process(site) as first:
        issued = applicant.keep(first.enrol(applicant.request, code=code))
        first.kill()
    with ca_process(site) as second:
        assert applicant.keep(second.enrol(applicant.request, code=code)) == issued


def test_lists_grown_old_without_a_process_are_fresh_soon_after_it_starts(
    aged: Site,
) -> None:
    path = aged.pki / "issuing-systems.crl"
    old = x509.load_der_x509_crl(path.read_bytes())
    with ca_process(aged) as process:
        process.kill()
    with ca_process(aged):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            new = x509.load_der_x509_crl(path.read_bytes())
            if new.last_update_utc > old.last_update_utc + AGE / 2:
                return
            time.sleep(0.1)
    pytest.fail("the lists are old")


def test_certificate_that_ran_out_renews_nothing_and_is_told_why(
    aged: Site, tmp_path: Path
) -> None:
    old = Applicant.make(tmp_path, "qlvb-het-han")
    request = read_request(old.request.with_suffix(".der").read_bytes())
    names = SubjectFields(
        common_name="qlvb-het-han",
        organ_id=parse_organ_id("H99.151"),
        system_id=parse_system_id("qlvb-het-han"),
    )
    then = datetime.now(UTC) - AGE / 2
    with Hierarchy.open(aged.pki, clock=lambda: then) as hierarchy:
        issued = hierarchy.issue(SYSTEM, names, request, days=1)
    old.certificate.write_bytes(issued.public_bytes(Encoding.PEM))
    with ca_process(aged) as process:
        reply = process.renew(old.request, certificate=old.certificate, key=old.key)
    assert (reply.status, reply.code) == (403, "client_certificate_refused")
    assert b"certificate_expired" in reply.body


def test_enrolled_system_connects_to_the_agency_listener(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIENTHONG__SERVER__WORKERS", "1")
    asyncio.run(fill_and_leave(site))
    with ca_process(site, roles="exchange,ca") as process:
        system = enrolled(process, tmp_path, "qlvb-ket-noi")
        registered = lienthong(
            *("agencies", "register-system", "qlvb-ket-noi", "--name", "Phần mềm"),
            *("--certificate", str(system.certificate), "--acts-for", "H99.151"),
            *("--var", str(site.folder)),
        )
        assert registered.returncode == 0, registered.stderr
        port = process.ports["agency_port"]
        told = subprocess.run(
            [
                *("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-quiet"),
                *("-verify_return_error", "-CAfile", str(site.hub_authority)),
                *("-cert", str(system.certificate), "-key", str(system.key)),
                "-ign_eof",
            ],
            input=b"GET /v1/agencies HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            capture_output=True,
            timeout=20,
            check=False,
        )
    assert told.stdout.startswith(b"HTTP/1.1 200 ")
    assert b"H99.151" in told.stdout
