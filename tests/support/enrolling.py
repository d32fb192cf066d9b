"""A CA process and what enrols with it: openssl makes requests, curl brings them."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509

from exchange.demo.site import Site
from pki.ca.hierarchy import Hierarchy
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from pki.registration.desk import RegistrationDesk
from pki.registration.records import EnrolmentCode, EnrolmentOrder, OperatorProof
from schemas.identifiers import parse_organ_id, parse_system_id
from tests.support.copies import Copy, copy_of
from tests.support.judges import require, run

_START_SECONDS = 120.0
_STOP_SECONDS = 60.0
_EST = "/.well-known/est"


@dataclass(frozen=True, slots=True)
class EstReply:
    """An answer of the enrolment listener, as curl got it."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of a refusal, told in words."""
        return self.body.decode().partition("\n")[0].partition(":")[0]


@dataclass(frozen=True, slots=True)
class CaProcess:
    """A running process with the role `ca`."""

    site: Site
    process: Copy
    ports: Mapping[str, Any]

    @property
    def url(self) -> str:
        """Where enrolment is."""
        return f"https://127.0.0.1:{self.ports['enrolment_port']}{_EST}"

    def kill(self) -> None:
        """End it without warning."""
        self.process.kill()
        self.process.wait_until_ended(_STOP_SECONDS)

    def ask(self, operation: str, *arguments: str | Path) -> EstReply:
        """Call curl."""
        told = subprocess.run(
            [
                *(require("curl"), "--silent", "--show-error", "--max-time", "20"),
                *("--cacert", str(self.site.hub_authority), "--include", "--http1.1"),
                *("--header", "Expect:"),
                *map(str, arguments),
                f"{self.url}/{operation}",
            ],
            capture_output=True,
            check=True,
        )
        head, _, body = told.stdout.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        pairs = (one.partition(": ") for one in lines)
        headers = {name.lower(): value for name, _, value in pairs}
        return EstReply(int(status.split()[1]), headers, body)

    def enrol(
        self,
        request: Path,
        *arguments: str | Path,
        code: EnrolmentCode | None = None,
        operation: str = "simpleenroll",
    ) -> EstReply:
        """Bring a request."""
        user = ("--user", f"{code.id}:{code.secret}") if code else ()
        kind = ("--header", "Content-Type: application/pkcs10")
        body = ("--data-binary", f"@{request}")
        return self.ask(operation, *user, *kind, *body, *arguments)

    def renew(self, request: Path, *, certificate: Path, key: Path) -> EstReply:
        """Bring a request over a connection with a certificate."""
        own = ("--cert", certificate, "--key", key)
        return self.enrol(request, *own, operation="simplereenroll")


@contextmanager
def ca_process(site: Site, *, roles: str = "ca") -> Iterator[CaProcess]:
    """Run a process on a site; its log goes to the site's folder."""
    state = site.folder / "run" / "service.json"
    state.unlink(missing_ok=True)
    process = copy_of(
        ("serve", "--config", str(site.config), "--var", str(site.folder)),
        site.folder / "ca.log",
        {**os.environ, "LIENTHONG__ROLES": roles},
    )
    try:
        yield CaProcess(site, process, _ports(process, state))
    finally:
        process.terminate()
        process.wait_until_ended(_STOP_SECONDS)


def _ports(process: Copy, state: Path) -> dict[str, Any]:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with suppress(FileNotFoundError):
            ports: dict[str, Any] = json.loads(state.read_bytes())
            return ports
        time.sleep(0.05)
    raise TimeoutError(state)


@dataclass(frozen=True, slots=True)
class Applicant:
    """A key and a request, as openssl made them."""

    folder: Path
    name: str

    @classmethod
    def make(cls, folder: Path, name: str, subject: str = "") -> "Applicant":
        """Make a P-256 key and a request for it."""
        made = cls(folder, name)
        run(
            *("openssl", "req", "-new", "-newkey", "ec", "-nodes"),
            *("-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", made.key),
            *("-subj", subject or f"/CN={name}", "-outform", "DER"),
            *("-out", made.request.with_suffix(".der")),
        )
        run(
            *("openssl", "base64", "-in", made.request.with_suffix(".der")),
            *("-out", made.request),
        )
        return made

    @property
    def key(self) -> Path:
        """The private key."""
        return self.folder / f"{self.name}.key"

    @property
    def request(self) -> Path:
        """The request, DER in base64."""
        return self.folder / f"{self.name}.b64"

    @property
    def certificate(self) -> Path:
        """Where the certificate is kept."""
        return self.folder / f"{self.name}.pem"

    def keep(self, reply: EstReply) -> x509.Certificate:
        """Keep the certificate of an answer, as openssl reads it."""
        certificates = certificates_in(self.folder, reply)
        self.certificate.write_text("".join(certificates))
        return x509.load_pem_x509_certificate(self.certificate.read_bytes())


def certificates_in(folder: Path, reply: EstReply) -> Sequence[str]:
    """Return the certificates of an answer as openssl prints them."""
    encoded, der = folder / "answer.b64", folder / "answer.p7"
    encoded.write_bytes(reply.body)
    run("openssl", "base64", "-d", "-in", encoded, "-out", der)
    told = run("openssl", "pkcs7", "-inform", "DER", "-in", der, "-print_certs")
    end = "-----END CERTIFICATE-----\n"
    begin = "-----BEGIN CERTIFICATE-----\n"
    parts = told.stdout.split(end)[:-1]
    return [begin + part.partition(begin)[2] + end for part in parts]


@contextmanager
def desk_of(site: Site) -> Iterator[RegistrationDesk]:
    """Open the registration desk beside the running process, as an operator does."""
    with Hierarchy.open(site.pki) as hierarchy:
        desk = RegistrationDesk.open(site.pki, hierarchy)
        try:
            yield desk
        finally:
            desk.close()


def system_code(
    site: Site, system: str, operator: OperatorProof | None = None
) -> EnrolmentCode:
    """Make an enrolment code for a system of the commune."""
    names = SubjectFields(
        common_name=system,
        organ_id=parse_organ_id("H99.151"),
        system_id=parse_system_id(system),
    )
    order = EnrolmentOrder(kind=CertificateKind.SYSTEM, names=names, days=90)
    with desk_of(site) as desk:
        return desk.make_code(order, operator)
