"""`lienthong enrol` against a running CA process."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from exchange.demo.site import Site, build_site
from pki.journal.store import Act
from pki.keys.loader import load_credential
from pki.kinds import CertificateKind
from pki.registration.records import OperatorProof, RequestState
from tests.support.demonstration import lienthong
from tests.support.enrolling import CaProcess, ca_process, desk_of, system_code

pytestmark = pytest.mark.integration

ONE = OperatorProof(name="Lê Thị Một", passphrase=b"mot mat khau dai")
NO_APPROVALS = {CertificateKind.SYSTEM: 0}
TWO_APPROVALS = {CertificateKind.SYSTEM: 2}
TWO = OperatorProof(name="Trần Văn Hai", passphrase=b"hai mat khau dai")


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaProcess]:
    """A CA process on a site of its own."""
    site = Site(tmp_path_factory.mktemp("site"))
    build_site(site)
    with ca_process(site) as process:
        yield process


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def enrol(ca: CaProcess, folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    passphrase = private(folder / "passphrase", "mat khau dai\n")
    url = f"https://127.0.0.1:{ca.ports['enrolment_port']}"
    done = lienthong(
        *("enrol", url, "--authority", str(ca.site.hub_authority), "--json"),
        *("--passphrase-file", str(passphrase), *words),
    )
    said: dict[str, Any] = json.loads(done.stdout or done.stderr)
    return done.returncode, said


def by_code(
    ca: CaProcess,
    folder: Path,
    name: str,
    *words: str,
    operator: OperatorProof | None = None,
) -> tuple[str, ...]:
    code = system_code(ca.site, name, operator)
    secret = private(folder / f"{name}.code", code.secret)
    out = folder / f"{name}.p12"
    return ("--code", code.id, "--code-file", str(secret), "--out", str(out), *words)


def test_key_made_here_gets_a_certificate_and_a_new_one_at_renewal(
    ca: CaProcess, tmp_path: Path
) -> None:
    status, said = enrol(ca, tmp_path, *by_code(ca, tmp_path, "qlvb-a", "--tls"))
    assert (status, said["state"]) == (0, "issued")
    renewed = tmp_path / "new.p12"
    old = tmp_path / "qlvb-a.p12"
    status, _ = enrol(ca, tmp_path, "--renew", str(old), "--out", str(renewed))
    assert status == 0
    secret = tmp_path / "passphrase"
    before, after = (
        load_credential(f"pkcs12:{one}", passphrase_file=secret)
        for one in (old, renewed)
    )
    assert after.certificate.subject == before.certificate.subject
    assert after.certificate.public_key() != before.certificate.public_key()
    after.certificate.verify_directly_issued_by(after.chain[0])
    pem = (tmp_path / "qlvb-a.pem").read_bytes()
    assert pem.startswith(before.certificate.public_bytes(Encoding.PEM))
    for one in (old, renewed, tmp_path / "qlvb-a.key"):
        assert one.stat().st_mode & 0o077 == 0
    assert list(tmp_path.glob("*.pending")) == []


def test_enrolment_waits_for_approval_and_goes_on_with_the_same_key(
    ca: CaProcess, tmp_path: Path
) -> None:
    with desk_of(ca.site) as desk:
        desk.add_operator(ONE, Act(actor="test"))
        desk.add_operator(TWO, Act(actor="test"), (ONE,))
        desk.set_approvals(TWO_APPROVALS, Act(actor="test"), (ONE, TWO))
    words = by_code(ca, tmp_path, "qlvb-b", operator=ONE)
    status, said = enrol(ca, tmp_path, *words)
    assert (status, said["state"]) == (2, "pending")
    kept = (tmp_path / "qlvb-b.pending").read_bytes()
    assert enrol(ca, tmp_path, *words)[0] == 2
    assert (tmp_path / "qlvb-b.pending").read_bytes() == kept
    with desk_of(ca.site) as desk:
        (waiting,) = desk.list(RequestState.PENDING)
        desk.approve(waiting.id, TWO)
        desk.set_approvals(NO_APPROVALS, Act(actor="test"), (ONE, TWO))
    status, said = enrol(ca, tmp_path, *words)
    assert (status, said["state"]) == (0, "issued")
    assert not (tmp_path / "qlvb-b.pending").exists()


def test_wrong_code_is_refused_by_its_code(ca: CaProcess, tmp_path: Path) -> None:
    words = list(by_code(ca, tmp_path, "qlvb-c"))
    private(tmp_path / "qlvb-c.code", "sai")
    status, said = enrol(ca, tmp_path, *words)
    assert status == 1
    assert said["error"]["code"] == "enrolment_code_refused"
    assert not (tmp_path / "qlvb-c.p12").exists()
