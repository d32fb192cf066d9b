"""A ceremony that founds a CA, at the command line."""

import io
import shutil
from pathlib import Path

import pytest
from cryptography import x509
from lxml import etree

from pki.ca.dual_control import open_lock
from pki.ca.hierarchy import Hierarchy
from pki.ca.key_place import read_place
from pki.ca.labels import CaLabel
from pki.ca.layout import private_folder
from pki.files import PRIVATE, write_atomically
from pki.journal.store import CaAction
from pki.kinds import CertificateKind
from schemas.ceremony import read_ceremony
from schemas.xml import parse
from signing.xmldsig.verify import verify_receipt
from tests.support.cli import Said, lienthong

ROOT = CertificateKind.ROOT
SYSTEMS = CertificateKind.ISSUING_SYSTEMS
SECOND = CaLabel(SYSTEMS, 2)
PERSON = ("issue", "person", "--name", "Đoàn Thạch Khuê", "--agency", "H99.151")
WORDS = ("first of the keepers", "second of the keepers")
SCRIPT = """\
name = "Tỉnh Bình Sơn"
public_url = "http://ca.example"
root_folder = "vault/root"
operators = ["Nguyễn Thị Hoa", "Trần Văn Bình"]

[hosts]
dns = ["example"]

[keys.root]
kind = "p384"

[keys.issuing-persons]
kind = "p256"
uri = "pkcs12:key.p12"
passphrase_file = "issuing.pass"

[keys.issuing-organisations]
kind = "p256"
passphrase_file = "issuing.pass"

[keys.issuing-systems]
kind = "p256"
"""


def prepare(folder: Path) -> Path:
    """Write the script, the operators' files and one for the CAs."""
    (folder / "script.toml").write_text(SCRIPT)
    for name, word in zip(("a", "b"), WORDS, strict=True):
        write_atomically(folder / name, f"{word}\n".encode(), mode=PRIVATE)
    write_atomically(folder / "issuing.pass", b"of the CAs\n", mode=PRIVATE)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder where a ceremony may be held."""
    return prepare(tmp_path)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Said]:
    """A ceremony held once for this file: it is slow on purpose."""
    folder = prepare(tmp_path_factory.mktemp("once"))
    return folder, hold(folder, "--yes")


@pytest.fixture
def held(tmp_path: Path, once: tuple[Path, Said]) -> Path:
    """A folder where a ceremony was held."""
    assert once[1].code == 0, once[1].err
    return shutil.copytree(once[0], tmp_path / "held")


def operators(folder: Path, *names: str) -> list[str | Path]:
    option = "--operator-passphrase-file"
    return [word for name in names for word in (option, folder / name)]


def hold(folder: Path, *words: str | Path, names: tuple[str, ...] = ("a", "b")) -> Said:
    return lienthong(
        *("pki", "ceremony", folder / "script.toml", "--ca", folder / "pki"),
        *operators(folder, *names),
        *words,
        "--json",
    )


def pki(held: Path, *words: str | Path) -> Said:
    said = lienthong("pki", *words, "--ca", held / "pki", "--json")
    assert said.code == 0, said.err
    return said


def proof(held: Path) -> list[str | Path]:
    """An operator of the desk agrees."""
    return ["--operator", "Hoàng Thạch", *operators(held, "a")]


def changed_since(held: Path, lists: dict[str, bytes]) -> set[str]:
    found = {path.name: path.read_bytes() for path in (held / "pki").glob("*.crl")}
    return {name for name, data in found.items() if data != lists[name]}


def verify(folder: Path, transcript: Path, root: Path | None = None) -> int:
    return lienthong(
        *("verify", transcript, "--trust", root or folder / "pki" / "root.pem"),
        *("--revocation", folder / "pki"),
    ).code


def test_transcript_verifies_and_tells_what_was_done(
    held: Path, once: tuple[Path, Said]
) -> None:
    transcript = held / "pki" / "ceremony.xml"
    assert once[1].json["transcript"] == str(once[0] / "pki" / "ceremony.xml")
    assert verify(held, transcript) == 0
    told = read_ceremony(verify_receipt(parse(transcript.read_bytes())).content)
    assert told.operators == ("Nguyễn Thị Hoa", "Trần Văn Bình")
    assert [one.name for one in told.steps] == [
        *("root_made", "issuing_cas_made", "lists_published", "signer_certified"),
    ]
    kinds = {one.label: (one.key_kind, one.custody) for one in told.authorities}
    assert kinds == {
        "root": ("p384", "file+operators"),
        "issuing-persons": ("p256", "pkcs12"),
        "issuing-organisations": ("p256", "file"),
        "issuing-systems": ("p256", "file+operators"),
    }
    schema = etree.XMLSchema(etree.parse("schemas/xsd/lienthong.xsd"))
    schema.assertValid(etree.parse(transcript))


def test_changed_transcript_and_foreign_root_are_told_apart(held: Path) -> None:
    transcript = held / "pki" / "ceremony.xml"
    changed = held / "changed.xml"
    changed.write_bytes(transcript.read_bytes().replace(b"Hoa", b"Lan"))
    other = held / "other"
    assert lienthong("pki", "init", "--name", "X", "--ca", other).code == 0

    assert verify(held, changed) == 1
    assert verify(held, transcript, other / "root.pem") == 2


def test_every_changed_byte_of_the_content_is_noticed(held: Path) -> None:
    data = (held / "pki" / "ceremony.xml").read_bytes()
    end, changed = data.index(b"<ds:Signature"), held / "changed.xml"
    for place in range(100, end, 397):
        flipped = bytes([data[place] ^ 1])
        changed.write_bytes(data[:place] + flipped + data[place + 1 :])
        assert verify(held, changed) == 1, place


def test_transcript_another_ca_signed_is_not_proof(folder: Path) -> None:
    """Whoever has a key for logs of another CA of the same trust proves nothing."""
    assert hold(folder, "--yes").code == 0
    first = folder / "pki"
    first.rename(folder / "first")
    (folder / "vault").rename(folder / "away")
    assert hold(folder, "--yes").code == 0
    told = folder / "first" / "ceremony.xml"
    both = ("--trust", folder / "first" / "root.pem", "--trust", first / "root.pem")
    lists = ("--revocation", folder / "first", "--revocation", first)
    assert lienthong("verify", told, *both, *lists).code == 0
    assert lienthong("verify", told, "--trust", first / "root.pem", *lists).code == 2


def test_root_is_away_and_opens_for_both_operators_alone(held: Path) -> None:
    vault, own = held / "vault" / "root", private_folder(held / "pki", ROOT)
    assert not own.exists()
    assert vault.stat().st_mode & 0o777 == 0o700
    lock = read_place(vault).lock
    assert lock is not None
    assert open_lock(lock, [one.encode() for one in reversed(WORDS)])
    vault.rename(own)
    crl = ("pki", "crl", "--ca", held / "pki", "--json")
    for names in (("a",), ("b",), ("a", "a"), ("a", "issuing.pass")):
        said = lienthong(*crl, *operators(held, *names))
        assert (said.code, said.error) == (1, "operator_secrets_wrong"), names
    assert lienthong(*crl, *operators(held, "b", "a")).code == 0


def test_commands_work_without_operators_while_the_root_is_back(held: Path) -> None:
    """What the operators lock is left to them; the rest must not wait for them."""
    (held / "vault" / "root").rename(private_folder(held / "pki", ROOT))
    lists = {path.name: path.read_bytes() for path in (held / "pki").glob("*.crl")}

    said = lienthong("pki", "crl", "--ca", held / "pki", "--json")
    assert said.code == 1, said.err
    assert said.json["locked"] == ["root", "issuing-systems"]
    assert len(said.json["written"]) == 2
    for name in ("root.crl", "issuing-systems.crl"):
        assert (held / "pki" / name).read_bytes() == lists[name]

    assert pki(held, "expiring").json["locked"] == ["issuing-systems"]
    operator = ("operators", "add", "Hoàng Thạch", "--passphrase-file", held / "a")
    assert pki(held, *operator).json["name"] == "Hoàng Thạch"
    assert pki(held, "approvals", "person", "0", *proof(held)).code == 0
    made = pki(held, *PERSON, "--out", held / "x.p12", "--passphrase-file", held / "b")
    pki(held, "revoke", made.json["serial"], "--reason", "keyCompromise")
    assert "issuing-persons.crl" in changed_since(held, lists)
    private_folder(held / "pki", SYSTEMS).rename(held / "away")
    assert pki(held, "crl").json["locked"] == ["root"]


@pytest.mark.parametrize("verb", ["suspend", "revoke"])
def test_every_verb_takes_the_operators_whose_key_it_needs(
    held: Path, verb: str
) -> None:
    (log,) = (
        one["serial"]
        for one in pki(held, "list").json["certificates"]
        if one["kind"] == "log"
    )
    wanted = ("pki", verb, log, "--ca", held / "pki", "--json")
    said = lienthong(*wanted)
    assert (said.code, said.error) == (1, "operator_secrets_wrong")
    assert said.json["error"]["place"] == "issuing-systems"

    option = "--ca-operator-passphrase-file"
    assert lienthong(*wanted, option, held / "a", option, held / "b").code == 0
    (row,) = (
        one for one in pki(held, "list").json["certificates"] if one["serial"] == log
    )
    assert row["revoked_at"]


def test_next_generation_takes_both_operators(held: Path) -> None:
    own = private_folder(held / "pki", ROOT)
    (held / "vault" / "root").rename(own)
    wanted = ("pki", "generation", "issuing-systems", "--by-operators", "--json")
    made = ("--ca", held / "pki", *operators(held, "b", "a"))
    said = lienthong(*wanted, *made)
    assert said.code == 0, said.err
    assert read_place(private_folder(held / "pki", SECOND)).lock is not None
    alone = lienthong(*wanted, "--ca", held / "pki", *operators(held, "a"))
    assert (alone.code, alone.error) == (1, "operator_secrets_wrong")


def test_journal_of_the_root_has_the_ceremony(held: Path) -> None:
    (held / "vault" / "root").rename(private_folder(held / "pki", ROOT))
    brought = tuple(one.encode() for one in WORDS)
    with Hierarchy.open(held / "pki", operators=brought) as hierarchy:
        entries = hierarchy.journal_of("root")
    told = [one for one in entries if one.action is CaAction.CEREMONY_HELD]
    assert [one.act.actor for one in told] == ["Nguyễn Thị Hoa, Trần Văn Bình"]
    published = (held / "pki" / "root.journal").read_text().split()
    assert told[0].digest() in published


@pytest.mark.parametrize("steps", [0, 3, 5])
def test_ceremony_that_is_stopped_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    before = set(folder.iterdir())
    monkeypatch.setattr("sys.stdin", io.StringIO("có\n" * steps + "không\n"))

    said = hold(folder)

    assert (said.code, said.error) == (1, "ceremony_stopped")
    assert set(folder.iterdir()) - {folder / "vault"} == before
    assert not (folder / "vault" / "root").exists()


@pytest.mark.parametrize("names", [(), ("a",), ("a", "a"), ("a", "b", "issuing.pass")])
def test_ceremony_without_its_operators_is_refused(
    folder: Path, names: tuple[str, ...]
) -> None:
    said = hold(folder, "--yes", names=names)
    assert (said.code, said.error) == (1, "operators_not_distinct")
    assert not (folder / "pki").exists()


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('name = "Tỉnh Bình Sơn"\n', "", "name"),
        ("public_url", "public_uri", "public_uri"),
        ('kind = "p384"', 'kind = "p521"', "keys.root.kind"),
        ('kind = "p384"', 'sort = "p384"', "keys.root.sort"),
        ('kind = "p384"', 'passphrase_file = "x"', "keys.root.passphrase_file"),
        ("[keys.issuing-systems]", "[keys.person]", "keys.person"),
        ('"Nguyễn Thị Hoa", ', "", "operators"),
        ('"Nguyễn Thị Hoa"', '"Trần Văn Bình"', "operators"),
        ('["example"]', '"example"', "dns"),
        ("name =", "name ==", "TOML"),
        (
            'uri = "pkcs12:key.p12"\npassphrase_file = "issuing.pass"',
            'uri = "pkcs11:token=T;object=k"',
            "keys.issuing-persons.passphrase_file",
        ),
    ],
)
def test_wrong_script_is_refused_before_anything_is_made(
    folder: Path, old: str, new: str, place: str
) -> None:
    (folder / "script.toml").write_text(SCRIPT.replace(old, new, 1))
    said = hold(folder, "--yes")
    assert (said.code, said.error) == (1, "ceremony_script_invalid")
    assert said.json["error"]["place"] == place
    assert not (folder / "pki").exists()


def test_no_passphrase_is_in_what_a_ceremony_writes_or_says(
    held: Path, once: tuple[Path, Said]
) -> None:
    said = once[1]
    files = [one for one in (held / "pki").rglob("*") if one.is_file()]
    written = b"".join(one.read_bytes() for one in files)
    for word in WORDS:
        assert word not in said.out + said.err
        assert word.encode() not in written


def test_signer_of_the_transcript_is_for_logs_and_its_key_is_gone(held: Path) -> None:
    data = (held / "pki" / "ceremony.xml").read_bytes()
    signer = verify_receipt(parse(data)).certificate
    policies = signer.extensions.get_extension_for_class(x509.CertificatePolicies)
    assert len(list(policies.value)) == 1
    assert not list(held.rglob("*ceremony*.p12"))
