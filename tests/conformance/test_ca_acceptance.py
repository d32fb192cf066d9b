"""The CA as strangers meet it: one running site, both roles, standard clients alone.

Each test is a line of what was promised. Other lines are shown elsewhere: the NIST
suite by `test_pkits.py`, kills by `tests/integration/test_ca_strikes.py`,
`test_ca_crashes.py` and `test_registration_crashes.py`, speed by
`tests/bench/test_bench_enrolment.py` and `test_bench_ocsp.py`.
"""

import asyncio
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509

from exchange.demo.province import data
from exchange.demo.site import Site, build_site
from pki.ca.audit import audit_folder
from tests.support.cli import Said, lienthong
from tests.support.enrolling import Applicant, CaProcess, ca_process, system_code
from tests.support.judges import require, run
from tests.support.station import fill_and_leave

ISSUING = "issuing-systems"


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody with openssl, curl and the root certificate."""

    ca: CaProcess
    folder: Path

    @property
    def site(self) -> Site:
        return self.ca.site

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ca.ports['public_port']}"

    def fetch(self, path: str, *words: str) -> Path:
        """Get something from the public listener."""
        out = self.folder / quote(path[-30:], safe="")
        told = run("curl", "-sf", "-o", out, *words, f"{self.url}{path}")
        assert told.returncode == 0, (path, told.stderr)
        return out

    def enrolled(self, name: str) -> Applicant:
        """Enrol a system by EST."""
        applicant = Applicant.make(self.folder, name)
        reply = self.ca.enrol(applicant.request, code=system_code(self.site, name))
        assert reply.status == 200, reply.body
        applicant.keep(reply)
        return applicant

    def pki(self, *words: str | Path) -> Said:
        """Run a command of the CA beside its process."""
        return lienthong("pki", *words, "--var", self.site.folder, "--json")

    def revoke(self, applicant: Applicant) -> None:
        serial = f"{serial_of(applicant):x}"
        assert self.pki("revoke", serial, "--reason", "keyCompromise").code == 0

    def verify(self, certificate: Path) -> str:
        """Judge with what is served now: intermediates and lists of every level."""
        lists = self.folder / "lists.pem"
        served = (self.fetch(f"/crl/{one}.crl") for one in ("root", ISSUING))
        lists.write_text(
            "".join(
                run("openssl", "crl", "-inform", "DER", "-in", one).stdout
                for one in served
            )
        )
        told = run(
            *("openssl", "verify", "-crl_check_all", "-x509_strict"),
            *("-CRLfile", lists, "-CAfile", self.site.root),
            *("-untrusted", self.fetch(f"/ca/{ISSUING}.pem"), certificate),
        )
        return told.stdout + told.stderr

    def ocsp(self, *words: str | Path) -> str:
        """Let openssl ask, or judge an answer."""
        issuer = self.site.pki / f"{ISSUING}.pem"
        roots = ("-CAfile", self.site.root, "-no-CApath", "-no-CAstore")
        others = ("-verify_other", issuer)
        told = run("openssl", "ocsp", "-issuer", issuer, *words, *roots, *others)
        return told.stdout + told.stderr

    def ocsp_until(self, wanted: str, *words: str) -> str:
        """Ask by POST until what was just done is known, a moment later."""
        return until(lambda: self.ocsp("-url", f"{self.url}/ocsp", *words), wanted)


def until(ask: Callable[[], str], wanted: str) -> str:
    """Ask again until the answer has it; return the last answer."""
    found = ask()
    for _ in range(50):
        if wanted in found:
            break
        time.sleep(0.05)
        found = ask()
    return found


def serial_of(applicant: Applicant) -> int:
    pem = applicant.certificate.read_bytes()
    return x509.load_pem_x509_certificate(pem).serial_number


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaProcess]:
    site = Site(tmp_path_factory.mktemp("acceptance"))
    build_site(site)
    asyncio.run(fill_and_leave(site))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("LIENTHONG__TRUST__RELOAD_SECONDS", "0.1")
        patched.setenv("LIENTHONG__SERVER__WORKERS", "1")
        patched.setenv("LIENTHONG__ENROLMENT__REQUESTS_PER_MINUTE", "600")
        with ca_process(site, roles="exchange,ca") as process:
            yield process


@pytest.fixture
def stranger(running: CaProcess, tmp_path: Path) -> Stranger:
    return Stranger(running, tmp_path)


def test_openssl_verifies_with_the_served_lists_until_it_is_revoked(
    stranger: Stranger,
) -> None:
    system = stranger.enrolled("qlvb-thu-hoi")
    assert stranger.verify(system.certificate).endswith(": OK\n")
    stranger.revoke(system)
    wanted = "certificate revoked"
    assert wanted in until(lambda: stranger.verify(system.certificate), wanted)


def test_openssl_ocsp_by_post_tells_good_revoked_and_unknown_with_a_nonce(
    stranger: Stranger,
) -> None:
    system = stranger.enrolled("qlvb-hoi-post")
    path = str(system.certificate)
    good = stranger.ocsp_until(": good", "-nonce", "-cert", path)
    stranger.revoke(system)
    revoked = stranger.ocsp_until(": revoked", "-nonce", "-cert", path)
    unknown = stranger.ocsp_until(": unknown", "-nonce", "-serial", "0x1234")

    assert f"{path}: good" in good
    assert f"{path}: revoked" in revoked
    assert "Reason: keyCompromise" in revoked
    assert "0x1234: unknown" in unknown
    for told in (good, revoked, unknown):
        assert "Response verify OK" in told
        assert "WARNING" not in told  # openssl: no nonce in response


@pytest.mark.parametrize("digest", ["-sha1", "-sha256"])
def test_answers_by_get_are_kept_by_caches_and_read_by_openssl(
    stranger: Stranger, digest: str
) -> None:
    system = stranger.enrolled(f"qlvb-hoi-get{digest}")
    request, answer = stranger.folder / "request.der", stranger.folder / "answer.der"
    asked = (digest, "-cert", str(system.certificate))
    stranger.ocsp_until(": good", *asked)
    stranger.ocsp(*asked, "-no_nonce", "-reqout", request)
    encoded = quote(b64encode(request.read_bytes()).decode(), safe="")
    head = stranger.folder / "head"

    fetched = stranger.fetch(f"/ocsp/{encoded}", "-D", str(head))
    fetched.rename(answer)
    told = stranger.ocsp(*asked, "-no_nonce", "-respin", answer)

    assert f"{system.certificate}: good" in told
    assert "Response verify OK" in told
    lines = head.read_text().lower()
    assert "cache-control: max-age=" in lines
    assert "etag:" in lines


def test_openssl_verifies_a_stamp_of_its_own_query(stranger: Stranger) -> None:
    content = stranger.folder / "content"
    content.write_bytes(b"van ban")
    query = stranger.folder / "query.tsq"
    run("openssl", "ts", "-query", "-data", content, "-sha256", "-cert", "-out", query)
    kind = ("-H", "Content-Type: application/timestamp-query")
    reply = stranger.fetch("/tsa", *kind, "--data-binary", f"@{query}")
    trusted = ("-CAfile", stranger.site.root)
    middle = ("-untrusted", stranger.site.pki / f"{ISSUING}.pem")
    stated: list[tuple[str, Path]] = [("-queryfile", query), ("-data", content)]
    for against in stated:
        words = (*against, "-in", reply, *trusted, *middle)
        told = run("openssl", "ts", "-verify", *words)
        assert "Verification: OK" in told.stdout + told.stderr


def test_curl_enrols_and_enrols_again_with_a_new_key(stranger: Stranger) -> None:
    first = stranger.enrolled("qlvb-hai-doi")
    second = Applicant.make(stranger.folder, "doi-hai", "/CN=qlvb-hai-doi")
    reply = stranger.ca.renew(
        second.request, certificate=first.certificate, key=first.key
    )
    assert reply.status == 200, reply.body
    renewed = second.keep(reply)
    earlier = x509.load_pem_x509_certificate(first.certificate.read_bytes())
    assert renewed.subject == earlier.subject
    assert renewed.public_key() != earlier.public_key()
    assert stranger.verify(second.certificate).endswith(": OK\n")


def test_openssl_s_client_talks_to_the_hub_with_an_enrolled_certificate(
    stranger: Stranger,
) -> None:
    system = stranger.enrolled("qlvb-hai-chieu")
    registered = lienthong(
        *("agencies", "register-system", "qlvb-hai-chieu", "--name", "Phần mềm"),
        *("--certificate", system.certificate, "--acts-for", "H99.151"),
        *("--var", stranger.site.folder),
    )
    assert registered.code == 0, registered.err
    told = subprocess.run(
        [
            *(require("openssl"), "s_client", "-quiet", "-verify_return_error"),
            *("-connect", f"127.0.0.1:{stranger.ca.ports['agency_port']}"),
            *("-CAfile", str(stranger.site.hub_authority), "-ign_eof"),
            *("-cert", str(system.certificate), "-key", str(system.key)),
        ],
        input=b"GET /v1/agencies HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert told.stdout.startswith(b"HTTP/1.1 200 ")


ASKED = {
    "request_asks_for_ca": ("basicConstraints=critical,CA:TRUE",),
    "request_extension_refused": ("1.2.3.4=ASN1:UTF8String:la",),
    "request_names_other_agency": ("subjectAltName=URI:urn:lienthong:agency:H99.152",),
}


@pytest.mark.parametrize("code", ASKED)
def test_request_for_more_than_was_ordered_is_refused_by_its_code(
    stranger: Stranger, code: str
) -> None:
    words = [word for one in ASKED[code] for word in ("-addext", one)]
    name = f"qlvb-{code.replace('_', '-')}"
    asked = Applicant(stranger.folder, name)
    der = asked.request.with_suffix(".der")
    made = ("-newkey", "ec", "-nodes", "-pkeyopt", "ec_paramgen_curve:P-256", *words)
    out = ("-keyout", asked.key, "-outform", "DER", "-out", der)
    run("openssl", "req", "-new", "-subj", "/CN=x", *made, *out)
    asked.request.write_bytes(b64encode(der.read_bytes()))
    reply = stranger.ca.enrol(asked.request, code=system_code(stranger.site, name))
    assert (reply.status, reply.code) == (422, code)


def test_wrong_proof_of_possession_is_refused_by_its_code(stranger: Stranger) -> None:
    asked = Applicant.make(stranger.folder, "qlvb-khong-khoa")
    der = bytearray(asked.request.with_suffix(".der").read_bytes())
    der[-1] ^= 1
    asked.request.write_bytes(b64encode(der))
    code = system_code(stranger.site, "qlvb-khong-khoa")
    reply = stranger.ca.enrol(asked.request, code=code)
    assert (reply.status, reply.code) == (422, "request_proof_invalid")


def test_key_of_another_system_is_refused_by_its_code(stranger: Stranger) -> None:
    first = stranger.enrolled("qlvb-chu-khoa")
    code = system_code(stranger.site, "qlvb-muon-khoa")
    reply = stranger.ca.enrol(first.request, code=code)
    assert (reply.status, reply.code) == (422, "key_reused")


def test_orders_that_must_not_be_are_refused_by_their_codes(stranger: Stranger) -> None:
    agencies = stranger.folder / "agencies.csv"
    agencies.write_bytes(data("agencies.csv"))
    assert stranger.pki("agencies", agencies).code == 0
    system = ("system", "--name", "qlvb-x", "--system", "qlvb-x", "--agency")
    unknown = stranger.pki("code", *system, "H99.999.77")
    long = stranger.pki("code", *system, "H99.151", "--days", "5000")
    assert (unknown.code, unknown.error) == (1, "agency_unknown")
    assert (long.code, long.error) == (1, "validity_too_long")


def test_everything_the_ca_did_here_is_in_its_journals(stranger: Stranger) -> None:
    stranger.enrolled("qlvb-cuoi-cung")
    audited = audit_folder(stranger.site.pki)
    assert [one.findings for one in audited if one.findings] == []
    assert {one.label for one in audited} >= {"root", ISSUING, "registration"}
