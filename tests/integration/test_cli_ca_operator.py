"""A real CA by commands alone, from an empty folder, as docs/operations.md has it.

Ceremony, operators, agencies, keys that answer and stamp, a CA process, enrolment,
revocation that strangers see, and the root that comes back for its list.
"""

import shlex
import shutil
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import pytest

from exchange.cli import VERBS
from exchange.commands.arguments import common_parser
from exchange.demo.province import data
from exchange.demo.site import Site
from pki.files import PRIVATE, write_atomically
from tests.support.cli import Said, lienthong
from tests.support.enrolling import CaProcess, ca_process
from tests.support.judges import run
from tests.support.requests import csr

SCRIPT = """
name = "Tỉnh Bình Sơn"
public_url = "http://ca.binhson.example"
operators = ["Nguyễn Thị Hoa", "Trần Văn Bình"]
root_folder = "usb/root"

[hosts]
networks = ["127.0.0.0/8"]

[keys.root]
kind = "p384"

[keys.issuing-persons]
passphrase_file = "issuing.pass"

[keys.issuing-organisations]
uri = "pkcs12:key.p12"
passphrase_file = "issuing.pass"

[keys.issuing-systems]
passphrase_file = "issuing.pass"
"""
CONFIG = """
roles = ["ca"]

[server]
public_port = 0
admin_port = 0

[ca]
folder = "pki"

[enrolment]
port = 0
certificate = "keys/enrolment.pem"
key = "keys/enrolment.key"

[trust]
reload_seconds = 0.2

[publication]
folder = "pki"
"""
OCSP = """
[keys.ocsp.{kind}]
uri = "pkcs12:keys/ocsp-{kind}.p12"
passphrase_file = "ocsp.pass"
"""
TSA = """
[keys.tsa]
uri = "pkcs12:keys/tsa.p12"
passphrase_file = "tsa.pass"

[time_stamping]
register = "pki/private/stamps.sqlite"
clock = "trusted"
"""
WORDS = {
    "hoa.pass": "mat khau cua Hoa",
    "binh.pass": "mat khau cua Binh",
    "issuing.pass": "mat khau cua cac CA",
    "ocsp.pass": "mat khau OCSP",
    "tsa.pass": "mat khau TSA",
    "key.pass": "mat khau cua he thong",
}
HOA, BINH = ("Nguyễn Thị Hoa", "hoa.pass"), ("Trần Văn Bình", "binh.pass")
SYSTEM = ("system", "--name", "qlvb", "--system", "qlvb", "--agency", "H99.151")


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody at the keyboard of the CA's computer."""

    site: Site

    @property
    def folder(self) -> Path:
        return self.site.folder

    def pki(self, *words: str | Path) -> Said:
        said = lienthong("pki", *words, "--var", self.folder, "--json")
        assert said.code == 0, (words[0], said.out)
        return said

    def file(self, name: str) -> Path:
        return self.folder / name

    def keepers(self) -> tuple[str | Path, ...]:
        option = "--operator-passphrase-file"
        return (option, self.file("hoa.pass"), option, self.file("binh.pass"))

    def agree(self, *who: tuple[str, str]) -> tuple[str | Path, ...]:
        words = (
            ("--operator", name, "--operator-passphrase-file", self.file(secret))
            for name, secret in who
        )
        return tuple(word for each in words for word in each)

    def secret(self, name: str) -> tuple[str | Path, ...]:
        return ("--passphrase-file", self.file(name))


def found(operator: Operator) -> None:
    """Hold the ceremony, and check what it left as anybody may."""
    script = operator.file("script.toml")
    script.write_text(SCRIPT)
    operator.file("usb").mkdir()
    operator.pki("ceremony", script, "--yes", *operator.keepers())
    assert not (operator.site.pki / "private" / "root").exists()
    transcript, root = (operator.site.pki / n for n in ("ceremony.xml", "root.pem"))
    trust = ("--trust", root, "--revocation", operator.site.pki)
    assert lienthong("verify", transcript, *trust).code == 0


def open_desk(operator: Operator) -> None:
    add = ("operators", "add")
    operator.pki(*add, HOA[0], *operator.secret(HOA[1]))
    operator.pki(*add, BINH[0], *operator.secret(BINH[1]), *operator.agree(HOA))
    directory = operator.file("agencies.csv")
    directory.write_bytes(data("agencies.csv"))
    operator.pki("agencies", directory, *operator.agree(HOA, BINH))


def certify_enrolment(operator: Operator) -> None:
    """The certificate of the enrolment listener, by request and approval."""
    asked, keys = operator.file("enrolment.csr"), operator.file("keys")
    keys.mkdir(mode=0o700)
    run(
        *("openssl", "req", "-new", "-newkey", "ec", "-nodes", "-subj", "/CN=ca"),
        *("-pkeyopt", "ec_paramgen_curve:P-256"),
        *("-keyout", keys / "enrolment.key", "-out", asked),
    )
    (keys / "enrolment.key").chmod(PRIVATE)
    server = ("tls-server", "--name", "Máy chủ của CA", "--ip", "127.0.0.1")
    request = operator.pki("submit", *server, "--request", asked).json["request"]
    operator.pki("approve", request, *operator.agree(HOA))
    operator.pki("collect", request, "--out", keys / "enrolment.pem")
    above = [operator.site.pki / f"{one}.pem" for one in ("issuing-systems", "root")]
    authority = b"".join(one.read_bytes() for one in above)
    operator.site.hub_authority.write_bytes(authority)


def configure(operator: Operator) -> None:
    out = ("--out", operator.file("keys"))
    operator.pki("responders", *operator.secret("ocsp.pass"), *out)
    operator.pki("stamper", *operator.secret("tsa.pass"), *out)
    kinds = ("persons", "organisations", "systems")
    answering = "".join(OCSP.format(kind=one) for one in kinds)
    operator.site.config.write_text(CONFIG + answering + TSA)


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """A CA that is ready to serve."""
    made = Operator(Site(tmp_path_factory.mktemp("ca")))
    for name, word in WORDS.items():
        write_atomically(made.file(name), f"{word}\n".encode(), mode=PRIVATE)
    found(made)
    open_desk(made)
    certify_enrolment(made)
    configure(made)
    return made


@pytest.fixture(scope="module")
def ca(operator: Operator) -> Iterator[CaProcess]:
    with ca_process(operator.site) as process:
        yield process


def enrol(operator: Operator, ca: CaProcess) -> Path:
    """Make a code, hand it over, and enrol with our own client."""
    secret, out = operator.file("code.secret"), operator.file("qlvb.p12")
    made = operator.pki("code", *SYSTEM, *operator.agree(HOA), "--out", secret)
    said = lienthong(
        *("enrol", f"https://127.0.0.1:{ca.ports['enrolment_port']}", "--json"),
        *("--authority", operator.site.hub_authority, "--code", made.json["code"]),
        *("--code-file", secret, *operator.secret("key.pass"), "--tls", "--out", out),
    )
    assert said.code == 0, said.out
    return out.with_suffix(".pem")


def served_list(operator: Operator, ca: CaProcess, wanted: str) -> str:
    """Fetch the list until it says what was just done, a moment later."""
    served, told = operator.file("served.crl"), ""
    url = f"http://127.0.0.1:{ca.ports['public_port']}/crl/issuing-systems.crl"
    for _ in range(50):
        run("curl", "-sf", "-o", served, url)
        read = ("-inform", "DER", "-in", served, "-noout", "-text")
        told = run("openssl", "crl", *read).stdout
        if wanted in told:
            break
        time.sleep(0.05)
    return told


def ocsp(operator: Operator, ca: CaProcess, certificate: Path, wanted: str) -> str:
    issuer, told = operator.site.pki / "issuing-systems.pem", ""
    for _ in range(50):
        asked = run(
            *("openssl", "ocsp", "-issuer", issuer, "-cert", certificate),
            *("-url", f"http://127.0.0.1:{ca.ports['public_port']}/ocsp"),
            *("-CAfile", operator.site.pki / "root.pem", "-verify_other", issuer),
        )
        told = asked.stdout + asked.stderr
        if wanted in told:
            break
        time.sleep(0.05)
    return told


def test_certificate_is_enrolled_revoked_and_known_as_revoked(
    operator: Operator, ca: CaProcess
) -> None:
    certificate = enrol(operator, ca)
    good = ocsp(operator, ca, certificate, ": good")
    told = run("openssl", "x509", "-in", certificate, "-noout", "-serial").stdout
    serial = told.strip().partition("=")[2]
    operator.pki("revoke", serial, "--reason", "keyCompromise", "--why", "biên bản 1")
    revoked = ocsp(operator, ca, certificate, ": revoked")
    listed = served_list(operator, ca, f"Serial Number: {serial.upper()}")

    assert "Response verify OK" in good
    assert ": good" in good
    assert ": revoked" in revoked
    assert f"Serial Number: {serial.upper()}" in listed
    operator.pki("audit")


def test_person_is_certified_for_a_request_that_two_approved(
    operator: Operator,
) -> None:
    asked = operator.file("khue.csr")
    asked.write_bytes(csr())
    person = ("person", "--name", "Đoàn Thạch Khuê", "--agency", "H99.151")
    request = operator.pki("submit", *person, "--request", asked).json["request"]
    operator.pki("approve", request, *operator.agree(HOA))
    done = operator.pki("approve", request, *operator.agree(BINH))
    assert done.json["state"] == "issued"
    operator.pki("collect", request, "--out", operator.file("khue.pem"))


def test_root_comes_back_for_its_list_and_is_taken_away_again(
    operator: Operator,
) -> None:
    private = operator.site.pki / "private" / "root"
    path = operator.site.pki / "root.crl"
    before = path.read_bytes()
    shutil.copytree(operator.file("usb") / "root", private)
    operator.pki("crl", *operator.keepers())
    assert path.read_bytes() != before
    operator.pki("audit")
    shutil.rmtree(operator.file("usb") / "root")
    shutil.move(private, operator.file("usb") / "root")
    operator.pki("audit")


def printed_commands() -> list[str]:
    """Return the commands that the manual prints, with continued lines joined."""
    page = Path("docs/operations.md").read_text("utf-8").replace("\\\n", " ")
    blocks = page.split("```sh\n")[1:]
    lines = (line for one in blocks for line in one.split("```")[0].splitlines())
    return [line for line in lines if line.startswith("lienthong ")]


@pytest.mark.parametrize("command", printed_commands())
def test_command_the_manual_prints_is_one(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = shlex.split(command.replace(" …", ""), comments=True)
    serial = ["SERIAL"].__contains__
    words = ["1f" if serial(one) else one for one in words][1:]

    def refuse(_parser: ArgumentParser, message: str) -> NoReturn:
        pytest.fail(message)

    monkeypatch.setattr(ArgumentParser, "error", refuse)
    verb = VERBS[words[0]]
    parser = common_parser(words[0], verb.summary)
    import_module(f"exchange.commands.{verb.module}").configure(parser)
    parser.parse_args(words[1:])
