"""A hub set up by commands alone: CA, keys, directory, systems, service."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.request import urlopen

import pytest

from exchange.demo.province import data
from exchange.settings.server import ServerSettings
from tests.support.cli import Said, lienthong, passphrase, serving
from tests.support.signed_pdf import LETTER

pytestmark = pytest.mark.integration

ROLES = {
    "commune": ("--name", "qlvb-a", "--system", "qlvb-a", "--agency", "H99.151"),
    "province": ("--name", "qlvb-b", "--system", "qlvb-b", "--agency", "H99"),
}
CONFIG = """
[server]
{free_ports}

[tls]
certificate = "server.pem"
key = "server.key"
client_ca = "authority.pem"

[keys.receipt]
uri = "pkcs12:{folder}/receipt.p12"
passphrase_file = "passphrase"

[keys.log]
uri = "pkcs12:{folder}/log.p12"
passphrase_file = "passphrase"

[trust]
anchors = ["pki/root.pem"]
intermediates = ["pki/issuing-persons.pem", "pki/issuing-systems.pem"]
revocation = ["pki"]
"""
FREE_PORTS = "\n".join(
    f"{one.name} = 0" for one in fields(ServerSettings) if one.name.endswith("port")
)
PROFILE = """
agency = "{agency}"
system = "{system}"
hub = "{hub}"
authority = "authority.pem"
certificate = "{name}.pem"
key = "{name}.key"
signer = "pkcs12:{name}.p12"
passphrase_file = "passphrase"
trust = ["pki/root.pem"]
intermediates = ["pki/issuing-systems.pem"]
revocation = ["pki"]
"""


@dataclass(frozen=True, slots=True)
class Installation:
    """Everything of one hub in one folder."""

    folder: Path

    def call(self, *words: str | Path) -> Said:
        return lienthong(*words, "--var", self.folder, "--json")

    def issue(self, kind: str, name: str, *words: str) -> None:
        secret, out = passphrase(self.folder), self.folder / f"{name}.p12"
        keys: tuple[str | Path, ...] = ("--passphrase-file", secret, "--out", out)
        said = self.call("pki", "issue", kind, *words, *keys, "--tls")
        assert said.code == 0, said.out

    def register(self, system: str, name: str, *words: str) -> Said:
        certificate = self.folder / f"{name}.pem"
        action = ("agencies", "register-system", system, "--name", "Phần mềm")
        return self.call(*action, "--certificate", certificate, *words)

    def profile(self, name: str, agency: str, system: str, hub: str) -> Path:
        path = self.folder / f"{name}.toml"
        fields = {"agency": agency, "system": system, "hub": hub, "name": name}
        path.write_text(PROFILE.format(**fields))
        return path


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A CA, keys, a directory, and the configuration of a hub; nothing runs."""
    made = Installation(tmp_path_factory.mktemp("hub"))
    assert (
        made.call("pki", "init", "--name", "Bình Sơn", "--approvals", "none").code == 0
    )
    made.issue("tls-server", "server", *("--name", "127.0.0.1", "--ip", "127.0.0.1"))
    made.issue("receipt", "receipt", "--name", "Trục thử")
    made.issue("log", "log", "--name", "Nhật ký thử")
    for name, words in ROLES.items():
        made.issue("system", name, *words)
    folder = made.folder
    above = [folder / "pki" / one for one in ("issuing-systems.pem", "root.pem")]
    (folder / "authority.pem").write_bytes(b"".join(p.read_bytes() for p in above))
    config = CONFIG.format(folder=folder, free_ports=FREE_PORTS)
    (folder / "lienthong.toml").write_text(config)
    (folder / "agencies.csv").write_bytes(data("agencies.csv"))
    return made


@pytest.fixture(scope="module")
def hub(installation: Installation) -> Iterator[str]:
    """The running hub, its directory and systems put in while it runs."""
    config = installation.folder / "lienthong.toml"
    words = ("--config", config, "--var", installation.folder)
    with serving(*words, log=installation.folder) as said:
        agencies = installation.folder / "agencies.csv"
        assert installation.call("agencies", "import", agencies).code == 0
        yield str(said["agency"])


def test_registered_systems_exchange_a_document(
    installation: Installation, hub: str
) -> None:
    sender = installation.register("qlvb-a", "commune", "--acts-for", "H99.151")
    receiver = installation.register("qlvb-b", "province", "--acts-for", "H99")
    commune = installation.profile("commune", "H99.151", "qlvb-a", hub)
    province = installation.profile("province", "H99", "qlvb-b", hub)

    sent = installation.call(
        *("send", LETTER, "--to", "H99", "--profile", commune),
        *("--number", "1", "--notation", "UBND", "--subject", "Thử hệ thống mới"),
    )
    arrived = installation.call("inbox", "--profile", province, "--wait", "20")

    assert sender.json["agencies"] == ["H99.151"]
    assert (len(sender.json["certificates"]), receiver.code) == (1, 0)
    assert sent.code == 0, sent.out
    (item,) = arrived.json["items"]
    assert (item["envelope_id"], item["sender"]) == (
        sent.json["sent"][0]["id"],
        "H99.151",
    )


def test_system_may_not_act_for_an_agency_it_is_not_registered_for(
    installation: Installation, hub: str
) -> None:
    installation.register("qlvb-b", "province", "--acts-for", "H99")
    foreign = installation.profile("province", "G06", "qlvb-b", hub)

    said = installation.call("inbox", "--profile", foreign)

    assert (said.code, said.error) == (1, "agency_not_acted_for")


def test_certificate_of_no_registered_system_is_refused(
    installation: Installation, hub: str
) -> None:
    installation.issue(
        *("system", "stranger", "--name", "qlvb-x", "--system", "qlvb-x"),
        *("--agency", "H99.01"),
    )
    stranger = installation.profile("stranger", "H99.01", "qlvb-x", hub)

    said = installation.call("inbox", "--profile", stranger)

    assert (said.code, said.error) == (1, "client_certificate_unknown")


def test_system_that_is_taken_away_is_let_in_no_more(
    installation: Installation, hub: str
) -> None:
    words = ("--name", "qlvb-lost", "--system", "qlvb-lost", "--agency", "G06")
    installation.issue("system", "lost", *words)
    installation.register("qlvb-lost", "lost", "--acts-for", "G06", "--may-channel")
    profile = installation.profile("lost", "G06", "qlvb-lost", hub)
    before = installation.call("inbox", "--profile", profile)
    listed = installation.call("agencies", "systems").json["systems"]

    lost = ("unregister-system", "qlvb-lost", "--reason", "mất máy lúc 23 giờ")
    ended = installation.call("agencies", *lost)
    waiting = (
        installation.call("inbox", "--profile", profile, "--wait", "1")
        for _ in range(60)
    )
    after = next(one for one in waiting if one.code)

    (shown,) = (one for one in listed if one["system"] == "qlvb-lost")
    assert (shown["agencies"], shown["may_channel"]) == (["G06"], True)
    assert (before.code, ended.json["agencies"]) == (0, [])
    assert (after.code, after.error) == (1, "client_certificate_unknown")


@pytest.mark.parametrize(
    ("system", "words", "error"),
    [
        ("qlvb-a", ("--acts-for", "H77"), "agency_unknown"),
        ("qlvb-a", ("--acts-for", "H 99"), "organ_id_malformed"),
        ("Không phải", ("--acts-for", "H99"), "system_id_malformed"),
        ("qlvb-z", ("--acts-for", "H99"), "client_certificate_refused"),
    ],
)
@pytest.mark.usefixtures("hub")
def test_registration_against_the_rules_is_refused(
    installation: Installation, system: str, words: tuple[str, ...], error: str
) -> None:
    said = installation.register(system, "commune", *words)

    assert (said.code, said.error) == (1, error)


@pytest.mark.usefixtures("hub")
def test_certificate_as_openssl_prints_it_is_registered(
    installation: Installation,
) -> None:
    words = "subject=C = VN, CN = qlvb-a\nissuer=C = VN, CN = Bình Sơn Systems CA\n"
    plain = (installation.folder / "commune.pem").read_text()
    (installation.folder / "printed.pem").write_text(words + plain, "utf-8")

    said = installation.register("qlvb-a", "printed", "--acts-for", "H99.151")

    assert said.code == 0, said.out


@pytest.mark.usefixtures("hub")
def test_registration_without_a_certificate_in_the_file_is_refused(
    installation: Installation,
) -> None:
    (installation.folder / "text.pem").write_text("không phải chứng thư")

    said = installation.register("qlvb-a", "text", "--acts-for", "H99.151")

    assert (said.code, said.error) == (1, "certificate_malformed")


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(
    "content", ["", "5", '[{"code": "H99"}]', "code,name\nH99", "\x00"]
)
def test_directory_that_is_none_is_refused_and_changes_nothing(
    installation: Installation, content: str
) -> None:
    path = installation.folder / "broken.json"
    path.write_text(content)
    before = installation.call("agencies", "list").json

    said = installation.call("agencies", "import", path)

    assert (said.code, said.error) == (1, "directory_import_invalid")
    assert installation.call("agencies", "list").json == before


@pytest.mark.usefixtures("hub")
def test_importing_the_same_directory_again_keeps_its_version(
    installation: Installation,
) -> None:
    agencies = installation.folder / "agencies.csv"

    first = installation.call("agencies", "import", agencies)
    second = installation.call("agencies", "import", agencies)

    assert first.json == second.json


def test_older_backup_is_not_restored_for_the_latest(
    installation: Installation, hub: str
) -> None:
    assert hub
    folder = installation.folder
    secret = ("--passphrase-file", passphrase(folder))
    words = ("--config", folder / "lienthong.toml", *secret)
    older, spare = folder / "older.backup", folder / "spare"
    before = installation.call("backup", "create", older, *words).json["log"]["size"]
    new_name = ("H99.154", "UBND xã Đổi", "--reason", "x")
    assert installation.call("agencies", "rename", *new_name).code == 0
    for number in range(50):
        latest = folder / f"latest-{number}.backup"
        made = installation.call("backup", "create", latest, *words)
        if made.json["log"]["size"] > before:
            break

    def restored(*more: str | Path) -> Said:
        again = ("restore", older, *words, *more, "--var", spare, "--json")
        return lienthong("backup", *again)

    unknown = restored()
    known = restored("--known-head", folder / "log-head.json")
    waived = restored("--no-known-head")

    assert (unknown.code, unknown.json["error"]["code"]) == (3, "usage")
    assert (known.code, known.error) == (1, "backup_older")
    assert waived.code == 0
    # What was restored is what the next backup has to go on from.
    assert json.loads((spare / "log-head.json").read_text())["size"] == before
    head, more = folder / "log-head.json", folder / "more.backup"
    seen = json.loads(head.read_text())
    # Shrunk, or gone another way and grown past what was seen meanwhile.
    for number, other in enumerate(({"size": 1_000_000}, {"size": 1, "root": "00"})):
        head.write_text(json.dumps(seen | other))
        made = installation.call("backup", "create", f"{more}.{number}", *words)
        assert (made.code, made.error) == (1, "database_older")
        assert Path(f"{more}.{number}").exists()
        assert json.loads(head.read_text()) == seen | other
    head.write_text(json.dumps(seen))
    assert installation.call("backup", "create", more, *words).code == 0


def test_merger_is_shown_then_done_then_told_and_copied(
    installation: Installation, hub: str
) -> None:
    agencies = (installation.folder / "agencies.csv").read_text("utf-8")
    communes = "".join(
        f"H99.{one},,UBND xã {one},H99,commune,,2025-07-01\n" for one in (901, 902)
    )
    path = installation.folder / "communes.csv"
    path.write_text(agencies.rstrip("\n") + "\n" + communes, "utf-8")
    assert installation.call("agencies", "import", path).code == 0
    words = ("merge", "--from", "H99.901", "--from", "H99.902", "--into", "H99.903")
    more = ("--name", "UBND xã Mới", "--reason", "Sắp xếp", "--effective", "2026-07-01")
    shown = installation.call("agencies", *words, *more, "--dry-run")
    assert (shown.code, shown.json["done"]) == (0, False)
    assert installation.call("agencies", "show", "H99.903").code == 1
    done = installation.call("agencies", *words, *more)
    assert (done.code, done.json["done"]) == (0, True)
    certificates = done.json["certificates"]
    assert (certificates["amend"], certificates["revoke"]) == (["H99.901"], ["H99.902"])
    assert certificates["command"].startswith("lienthong pki merge --into H99.903 ")
    assert done.json["people"] == {"carried_over": [], "without_role": []}
    before = installation.call("agencies", "show", "H99.901", "--at", "2026-06-30").json
    after = installation.call("agencies", "show", "H99.901", "--at", "2026-07-01").json
    assert (before["open"], after["open"]) == (True, False)
    assert [one["code"] for one in after["successors"]] == ["H99.903"]
    events = installation.call("agencies", "history", "H99.903").json["events"]
    assert [one["change"] for one in events] == ["merge"]
    again = installation.call("agencies", "import", path)
    assert (again.code, again.error) == (1, "directory_import_invalid")
    assert installation.register("qlvb-a", "commune", "--acts-for", "H99.151").code == 0
    profile = installation.profile("commune", "H99.151", "qlvb-a", hub)
    copied = installation.call("agencies", "sync", "--profile", profile)
    assert (copied.code, copied.json["before"]) == (0, 0), copied.out
    again = installation.call("agencies", "sync", "--profile", profile)
    assert (again.code, again.json["changed"]) == (0, 0)


def test_service_on_a_taken_port_says_so(
    installation: Installation, hub: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = hub.rsplit(":", 1)[1]
    monkeypatch.setenv("LIENTHONG__SERVER__PORT", port)
    config = installation.folder / "lienthong.toml"

    said = installation.call("serve", "--config", config)

    assert (said.code, said.error) == (1, "configuration_invalid")
    assert said.json["error"]["place"].endswith(f":{port}")


def test_service_with_its_keys_swapped_takes_nothing_in(
    installation: Installation, tmp_path: Path
) -> None:
    right = (installation.folder / "lienthong.toml").read_text()
    swapped = right.replace("/log.p12", "/x.p12").replace("/receipt.p12", "/log.p12")
    config = installation.folder / "swapped.toml"
    config.write_text(swapped.replace("/x.p12", "/receipt.p12"))
    log = tmp_path / "serve.err"

    words = ("--config", config, "--var", tmp_path)
    with (
        serving(*words, log=tmp_path) as said,
        urlopen(str(said["admin"])) as answer,
    ):
        ready = json.load(answer)

    assert ready == {"status": "degraded", "parts": ["keys.receipt", "keys.log"]}
    assert "hub_key.not_believed" in log.read_text("utf-8")


def test_service_without_its_keys_says_which(
    installation: Installation, tmp_path: Path
) -> None:
    config = tmp_path / "lienthong.toml"
    config.write_text("[trust]\nanchors = []\n[server]\nport = 0\n")

    said = lienthong("serve", "--config", config, "--var", tmp_path, "--json")

    assert (said.code, said.error) == (1, "configuration_invalid")
    assert said.json["error"]["place"] == "keys.receipt.uri"
