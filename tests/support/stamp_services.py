"""A running service that makes time stamps, and strangers that ask it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.request import urlopen

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from exchange.demo.service import RunningService
from exchange.demo.site import Site
from pki.tsa.register import SqliteTimeStampRegister
from pki.tsa.request import write_time_stamp_request
from pki.tsa.transport import HttpTimeStampTransport
from tests.support.judges import run
from tests.support.pki import NOW
from tests.support.time_stamps import DATA, info_of


def tsa_address(started: RunningService) -> str:
    """Return where time stamps are asked for."""
    return f"http://127.0.0.1:{started.public_port}/tsa"


@dataclass(frozen=True, slots=True)
class Stranger:
    """Asks with curl and openssl, and knows the root certificate alone.

    Args:
        site: whose service is asked.
        started: the service.
        folder: for queries and replies.
    """

    site: Site
    started: RunningService
    folder: Path

    def query(self, *options: str, digest: bool = False) -> Path:
        """Let OpenSSL write a query about `DATA`."""
        path, data = self.folder / "query", self.folder / "data"
        data.write_bytes(DATA)
        what = ("-digest", sha256(DATA).hexdigest()) if digest else ("-data", data)
        told = run("openssl", "ts", "-query", *what, *options, "-out", path)
        assert told.returncode == 0, told.stderr
        return path

    def post(
        self, path: Path, *options: str, kind: str = "application/timestamp-query"
    ) -> tuple[str, str]:
        """Let curl post a file; return status and content type."""
        told = run(
            "curl", "--silent", "--show-error", "--max-time", "10",
            "--header", f"Content-Type: {kind}",
            "--data-binary", f"@{path}", "--output", self.folder / "reply",
            "--write-out", "%{http_code} %{content_type}", *options,
            tsa_address(self.started),
        )  # fmt: skip
        status, _, told_kind = told.stdout.partition(" ")
        return status, told_kind

    def reply(self) -> str:
        """Let OpenSSL read the reply."""
        path = self.folder / "reply"
        return run("openssl", "ts", "-reply", "-in", path, "-text").stdout

    def verify(self, *options: str | Path) -> str:
        """Let OpenSSL verify the reply; our CAs are untrusted to it."""
        above = self.folder / "above.pem"
        certificates = (self.site.pki / "issuing-systems.pem").read_bytes()
        above.write_bytes(certificates + self.stamper())
        told = run(
            "openssl", "ts", "-verify", "-in", self.folder / "reply", *options,
            "-CAfile", self.site.root, "-untrusted", above,
        )  # fmt: skip
        return told.stdout + told.stderr

    def stamper(self) -> bytes:
        """Return the authority's certificate, for replies without it."""
        key = self.site.key("tsa")
        told = run(
            "openssl", "pkcs12", "-in", key.path, "-nokeys", "-clcerts",
            "-passin", f"file:{key.passphrase}",
        )  # fmt: skip
        return told.stdout.encode()

    def stamper_der(self) -> bytes:
        """Return the same as it stands in replies."""
        return load_pem_x509_certificate(self.stamper()).public_bytes(Encoding.DER)

    def metrics(self) -> str:
        """Return the counters of the service."""
        address = f"http://127.0.0.1:{self.started.admin_port}/metrics"
        with urlopen(address) as answer:
            page: bytes = answer.read()
        return page.decode()


@dataclass(slots=True)
class Burst:
    """Asks in many threads until it is told to stop; keeps what came back."""

    address: str
    responses: list[bytes]
    stopped: bool = False

    def _ask(self, thread: int) -> None:
        transport = HttpTimeStampTransport([self.address], seconds=5)
        for number in range(100_000):
            if self.stopped:
                return
            digest = sha256(b"%d %d" % (thread, number)).digest()
            query = write_time_stamp_request(
                digest, hash_name="sha256", nonce=number + 1
            )
            try:
                self.responses.append(transport(self.address, query))
            except OSError:
                if not self.stopped:
                    continue
                return

    @classmethod
    @contextmanager
    def against(cls, started: RunningService) -> Iterator["Burst"]:
        """Ask during the block."""
        burst = cls(tsa_address(started), [])
        with ThreadPoolExecutor(4) as threads:
            for one in range(4):
                threads.submit(burst._ask, one)
            try:
                yield burst
            finally:
                burst.stopped = True


def serials_of(responses: list[bytes]) -> list[int]:
    """Return the serial numbers of stamps."""
    return [info_of(one)["serial_number"].native for one in responses]


def unrecorded(register: Path, responses: list[bytes]) -> list[int]:
    """Return serial numbers of stamps that the register has not, or has otherwise."""
    wrong: list[int] = []
    with closing(SqliteTimeStampRegister(register, NOW)) as kept:
        for one in responses:
            info = info_of(one)
            serial = info["serial_number"].native
            record = kept.get(serial)
            same = record.imprint == info["message_imprint"].dump()
            if not same or record.at != info["gen_time"].native:
                wrong.append(serial)
    return wrong
