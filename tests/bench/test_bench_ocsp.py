"""Server CPU per OCSP answer: ours, kept and over kept connections, and OpenSSL's.

Both processes answer the same question with the same kind of key in the same run.
OpenSSL signs each answer and closes each connection; it has no other way.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus

from pki.ca.founding import HierarchySettings, create_hierarchy
from pki.keys.software import KeyKind, generate, save_pem
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from schemas.identifiers import OrganId
from tests.architecture.imports import ROOT
from tests.support.judges import require
from tests.support.ocsp import request_for

pytestmark = [pytest.mark.bench, pytest.mark.timeout(60)]

OURS, THEIRS = 8_000, 300
ROUNDS = 3
BAR = 15
ISSUING = CertificateKind.ISSUING_PERSONS
NAMES = SubjectFields(common_name="Đoàn Thạch Khuê", organ_id=OrganId("H99.151"))


@dataclass(frozen=True, slots=True)
class Question:
    """A CA in a folder and a request about a certificate of it that is good."""

    folder: Path
    certificate: x509.Certificate
    request: bytes

    @property
    def responder(self) -> Path:
        return self.folder / "responder.pem"

    @property
    def issuer(self) -> Path:
        return self.folder / "pki" / f"{ISSUING}.pem"


def prepare(folder: Path, kind: KeyKind) -> Question:
    settings = HierarchySettings(key_kind=kind)
    with create_hierarchy(folder / "pki", settings) as hierarchy:
        person = hierarchy.issue_credential(CertificateKind.PERSON, NAMES)
        responder = hierarchy.issue_responder(ISSUING, key=generate(kind))
    path = folder / "responder.pem"
    path.touch(mode=0o600)
    path.write_bytes(save_pem(responder, None))
    request = request_for(person.certificate, issuer=person.chain[0])
    return Question(folder, person.certificate, request)


@contextmanager
def our_server(question: Question) -> Iterator[tuple[int, int]]:
    command = (sys.executable, "-m", "tests.bench.ocsp_process")
    files = (str(question.folder / "pki"), str(question.responder))
    with subprocess.Popen(
        [*command, *files], stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.pid, int(process.stdout.readline())
        finally:
            process.terminate()


@contextmanager
def their_server(question: Question) -> Iterator[tuple[int, int]]:
    index = question.folder / "index.txt"
    until = question.certificate.not_valid_after_utc.strftime("%y%m%d%H%M%SZ")
    serial = f"{question.certificate.serial_number:X}"
    index.write_text(f"V\t{until}\t\t{serial}\tunknown\t/CN=x\n")
    port = free_port()
    with subprocess.Popen(
        [
            require("openssl"), "ocsp", "-index", str(index),
            "-CA", str(question.issuer), "-rsigner", str(question.responder),
            "-port", str(port), "-nmin", "60",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            # It says so once it listens; a connection to find out would stop it.
            assert process.stdout.readline().startswith(b"ACCEPT")
            yield process.pid, port
        finally:
            process.terminate()


def free_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def spoken(question: Question, version: str) -> bytes:
    return (
        f"POST /ocsp HTTP/{version}\r\nHost: localhost\r\n"
        "Content-Type: application/ocsp-request\r\n"
        f"Content-Length: {len(question.request)}\r\n\r\n"
    ).encode() + question.request


def ask_keeping(port: int, request: bytes, times: int) -> bytes:
    """Ask again and again on one connection; return the last answer."""
    body = b""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as peer:
        for _ in range(times):
            peer.sendall(request)
            received = peer.recv(65_536)
            while b"\r\n\r\n" not in received:
                received += peer.recv(65_536)
            head, _, body = received.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split()[0])
            while len(body) < length:
                body += peer.recv(65_536)
    return body


def ask_anew(port: int, request: bytes, times: int) -> bytes:
    """Ask on a connection each; return the last answer."""
    received = b""
    for _ in range(times):
        with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as peer:
            peer.sendall(request)
            received = b""
            while data := peer.recv(65_536):
                received += data
    return received.partition(b"\r\n\r\n")[2]


def microseconds(pid: int, began: float, times: int) -> float:
    return (cpu_seconds(pid) - began) / times * 1_000_000


def measure(question: Question) -> tuple[float, float]:
    """Take turns, so that a busy machine slows both; keep the best of each."""
    ours, theirs = [], []
    with our_server(question) as (pid, port), their_server(question) as (their, at):
        ask_keeping(port, spoken(question, "1.1"), 100)
        for _ in range(ROUNDS):
            began = cpu_seconds(pid)
            answer = ask_keeping(port, spoken(question, "1.1"), OURS)
            ours.append(microseconds(pid, began, OURS))
            began = cpu_seconds(their)
            other = ask_anew(at, spoken(question, "1.0"), THEIRS)
            theirs.append(microseconds(their, began, THEIRS))
            for body in (answer, other):
                told = ocsp.load_der_ocsp_response(body)
                assert told.certificate_status is OCSPCertStatus.GOOD
    return min(ours), min(theirs)


@pytest.mark.parametrize("kind", [KeyKind.RSA3072, KeyKind.P256])
def test_kept_answer_costs_a_fraction_of_openssl(tmp_path: Path, kind: KeyKind) -> None:
    ours, theirs = measure(prepare(tmp_path, kind))
    line = {
        "what": f"OCSP answer, kept, server CPU, {kind}",
        "us": round(ours, 1),
        "openssl_us": round(theirs, 1),
        "ratio": round(theirs / ours, 1),
    }
    sys.stdout.write(json.dumps(line) + "\n")
    if kind is KeyKind.RSA3072:
        assert theirs / ours >= BAR
