"""Levels at the command line: signing, waiting, extending, renewing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from pki.keys.software import load_pkcs12
from pki.tsa.authority import TimeStampAuthority
from pki.tsa.register import MemoryTimeStampRegister
from tests.support.cli import Said, lienthong, passphrase
from tests.support.signed_pdf import LETTER, signatures

AGENCY = ("--agency", "H99.151")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a CA, an official's key, and the key of a time stamper."""
    folder = tmp_path_factory.mktemp("office")
    secret = ("--passphrase-file", passphrase(folder))
    ca = ("--var", folder)
    lienthong("pki", "init", "--name", "Thử", "--approvals", "none", *ca)
    out = ("--out", folder / "official.p12")
    words = ("--name", "Lê Thử", *AGENCY, *out)
    made = lienthong("pki", "issue", "person", *words, *secret, *ca)
    assert made.code == 0, made.err
    stamper = ("pki", "stamper", "--ca", folder / "pki", "--out", folder)
    made = lienthong(*stamper, *secret)
    assert made.code == 0, made.err
    return folder


@contextmanager
def stamping(office: Path) -> Iterator[str]:
    """Run a time stamping authority; yield its address."""
    secret = (office / "passphrase").read_text().strip().encode()
    tsa = TimeStampAuthority(
        credential=load_pkcs12((office / "tsa.p12").read_bytes(), secret),
        register=MemoryTimeStampRegister(datetime.now(UTC)),
        clock=lambda: datetime.now(UTC),
        clock_is_sound=lambda: True,
    )

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            reply = tsa.answer(query).response
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 as inherited
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/tsa"
    finally:
        server.shutdown()
        server.server_close()


def believed(office: Path) -> tuple[str | Path, ...]:
    pki = office / "pki"
    above = [
        word
        for name in ("persons", "systems")
        for word in ("--intermediate", pki / f"issuing-{name}.pem")
    ]
    return ("--trust", pki / "root.pem", *above, "--revocation", pki)


def sign(office: Path, out: Path, *words: str | Path) -> Said:
    key = ("--key", office / "official.p12", "--out", out, "--json")
    secret = ("--passphrase-file", office / "passphrase")
    return lienthong("sign", LETTER, *key, *secret, *believed(office), *words)


def publish_lists(office: Path) -> None:
    """Issue lists that are newer than every second before."""
    time.sleep(1.1)
    made = lienthong("pki", "crl", "--ca", office / "pki")
    assert made.code == 0, made.err


def verified(office: Path, path: Path) -> tuple[str, str]:
    said = lienthong("verify", path, "--json", *believed(office))
    return said.json["indication"], said.json["signatures"][0]["level"]


def test_signature_waits_for_what_is_down_and_is_raised_later(
    office: Path, tmp_path: Path
) -> None:
    out, queue = tmp_path / "signed.pdf", ("upgrades", "run", tmp_path, "--json")
    signed = sign(
        *(office, out, "--level", "lta", "--queue", tmp_path),
        *("--tsa", "http://127.0.0.1:9/tsa"),
    )
    assert (signed.code, signed.json["level"]) == (0, "B-B")
    assert signed.json["missed"]["code"] == "time_stamp_unavailable"
    before = out.read_bytes()
    time.sleep(1.1)
    with stamping(office) as address:
        early = lienthong(*queue, "--tsa", address, *believed(office))
        assert early.json["postponed"] == [str(out)], early.out
        # The file was stamped now, so the lists must be newer still.
        assert len(signatures(out.read_bytes())) == 2
        publish_lists(office)
        extend = ("extend", out, "--json", "--tsa", address, *believed(office))
        assert lienthong(*extend, "--level", "lta").code == 0
    assert out.read_bytes().startswith(before)
    assert verified(office, out) == ("TOTAL-PASSED", "PAdES-B-LTA")


def test_queue_is_listed_and_knows_when_an_archive_is_renewed(
    office: Path, tmp_path: Path
) -> None:
    out = tmp_path / "signed.pdf"
    with stamping(office) as address:
        signed = sign(office, out, "--level", "t", "--tsa", address)
        assert signed.json["level"] == "B-T"
        publish_lists(office)
        lienthong("upgrades", "add", tmp_path, "--level", "lta")
        run = ("upgrades", "run", tmp_path, "--json", "--tsa", address)
        done = lienthong(*run, *believed(office))
        assert done.json["done"] == [str(out)]
    (waiting,) = lienthong("upgrades", "list", tmp_path, "--json").json["files"]
    assert (waiting["task"], waiting["state"]) == ("renew", "waiting")
    assert waiting["due"] > datetime.now(UTC).isoformat()


def test_unsigned_file_is_not_extended(office: Path, tmp_path: Path) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(LETTER.read_bytes())
    said = lienthong("extend", path, "--json", *believed(office))
    assert said.code == 1
    assert said.json["files"][0]["error"]["code"] == "not_signed"
    assert path.read_bytes() == LETTER.read_bytes()
