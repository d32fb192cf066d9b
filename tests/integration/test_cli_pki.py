"""The internal CA at the command line."""

import sqlite3
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pki.ca.accounts import account_name
from pki.ca.hierarchy import Hierarchy
from pki.ca.layout import load_certificate
from pki.ca.limits import PermittedHosts, hosts_of
from pki.keys.software import load_pkcs12
from pki.kinds import CertificateKind
from pki.names import agency_of, subject_fields, system_of
from tests.support.cli import Said, lienthong, passphrase
from tests.support.judges import run

SEAL = ("agency-seal", "--name", "UBND xã Suối Mây", "--agency", "H99.151")
SYSTEM = (
    *("system", "--name", "qlvb-suoimay", "--organisation", "UBND xã Suối Mây"),
    *("--unit", "Văn phòng", "--system", "qlvb-suoimay", "--agency", "H99.151"),
)
SERVER = (
    *("tls-server", "--name", "truc.example", "--dns", "truc.example"),
    *("--dns", "localhost", "--ip", "127.0.0.1", "--ip", "::1"),
)


@pytest.fixture
def var(tmp_path: Path) -> Path:
    """A data folder with a CA in it."""
    made = pki(tmp_path / "var", "init", "--name", "Thử", "--approvals", "none")
    assert made.code == 0, made.err
    return tmp_path / "var"


def pki(var: Path, *words: str | Path) -> Said:
    return lienthong("pki", *words, "--var", var, "--json")


def issue(var: Path, *words: str | Path, name: str = "key.p12") -> Said:
    return pki(
        var,
        *("issue", *words, "--out", var / name),
        *("--passphrase-file", passphrase(var)),
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def certificate(path: Path, word: str = "mật khẩu thử") -> x509.Certificate:
    return load_pkcs12(path.read_bytes(), word.encode()).certificate


def request(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bỏ qua")])
    made = x509.CertificateSigningRequestBuilder().subject_name(name)
    path = folder / "request.csr"
    signed = made.sign(key, hashes.SHA256())
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    return path


def test_init_makes_a_ca_whose_keys_are_for_the_owner_alone(var: Path) -> None:
    keys = sorted((var / "pki" / "private").glob("*/key.pem"))

    assert len(keys) == 4
    assert [mode(one) for one in keys] == [0o600] * 4
    assert mode(var / "pki" / "private") == 0o700


def test_systems_ca_is_held_to_the_hosts_it_was_made_for(tmp_path: Path) -> None:
    var, limits = tmp_path / "var", ("--permit-dns", "example", "--permit-ip")
    words = ("--name", "T", "--approvals", "none", *limits, "127.0.0.0/8")
    assert pki(var, "init", *words).code == 0

    ca = load_certificate(var / "pki", CertificateKind.ISSUING_SYSTEMS)
    wanted = PermittedHosts(dns=("example",), networks=("127.0.0.0/8",))
    assert hosts_of(ca) == wanted


def test_init_leaves_a_ca_that_is_there_alone(var: Path) -> None:
    root = (var / "pki" / "root.pem").read_bytes()

    said = pki(var, "init", "--name", "Khác")

    assert (said.code, said.error) == (1, "file_not_written")
    assert (var / "pki" / "root.pem").read_bytes() == root


def test_ca_under_a_passphrase_opens_with_it_alone(tmp_path: Path) -> None:
    secret = ("--ca-passphrase-file", passphrase(tmp_path))
    lienthong("pki", "init", "--name", "Thử", "--var", tmp_path, *secret)

    opened = pki(tmp_path, "list", *secret)
    shut = pki(tmp_path, "list")

    assert opened.code == 0
    assert (shut.code, shut.error) == (1, "key_unreadable")


def test_issued_seal_is_a_private_file_that_names_the_agency(var: Path) -> None:
    said = issue(var, *SEAL)

    assert said.code == 0
    assert mode(var / "key.p12") == 0o600
    made = certificate(var / "key.p12")
    assert agency_of(made) == "H99.151"
    assert said.json["serial"] == f"{made.serial_number:x}"


def test_key_for_tls_is_written_beside_for_the_owner_alone(var: Path) -> None:
    said = issue(var, *SERVER, "--tls")

    assert said.code == 0
    assert mode(var / "key.key") == 0o600
    chain = x509.load_pem_x509_certificates((var / "key.pem").read_bytes())
    assert chain[0] == certificate(var / "key.p12")
    assert len(chain) == 2
    key = serialization.load_pem_private_key((var / "key.key").read_bytes(), None)
    assert key.public_key() == chain[0].public_key()


@pytest.mark.parametrize("there", ["key.p12", "key.pem", "key.key"])
def test_issuing_overwrites_nothing_and_certifies_nothing(
    var: Path, there: str
) -> None:
    (var / there).write_bytes(b"here first")
    before = pki(var, "list").json

    said = issue(var, *SERVER, "--tls")

    assert (said.code, said.error) == (1, "file_not_written")
    assert (var / there).read_bytes() == b"here first"
    assert pki(var, "list").json == before


def test_issuing_into_a_folder_that_is_not_there_certifies_nothing(var: Path) -> None:
    before = pki(var, "list").json

    said = issue(var, *SEAL, name="nowhere/key.p12")

    assert (said.code, said.error) == (1, "file_not_written")
    assert pki(var, "list").json == before


def test_certificate_for_a_request_names_whom_the_registrar_says(var: Path) -> None:
    out = var / "person.pem"

    said = pki(
        var,
        *("issue", "person", "--name", "Đoàn Thạch Khuê", "--agency", "H99.151"),
        *("--request", request(var), "--out", out),
    )

    assert said.code == 0
    chain = x509.load_pem_x509_certificates(out.read_bytes())
    assert subject_fields(chain[0]).common_name == "Đoàn Thạch Khuê"
    assert b"PRIVATE" not in out.read_bytes()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("agency-seal", "--name", "không có mã cơ quan"), "issuance_refused"),
        ((*SEAL[:-1], "H 99"), "organ_id_malformed"),
        ((*SYSTEM[:-4], "--system", "Hệ thống", *SYSTEM[-2:]), "system_id_malformed"),
        ((*SERVER, "--ip", "1.2.3"), "issuance_refused"),
        ((*SEAL, "--days", "36000"), "validity_too_long"),
    ],
)
def test_certificate_against_the_rules_is_refused(
    var: Path, words: tuple[str, ...], error: str
) -> None:
    said = issue(var, *words)

    assert (said.code, said.error) == (1, error)
    assert not (var / "key.p12").exists()


def test_passphrase_that_others_can_read_is_refused(var: Path) -> None:
    passphrase(var).chmod(0o644)
    words = ("issue", *SEAL, "--out", var / "key.p12")

    said = pki(var, *words, "--passphrase-file", var / "passphrase")

    assert (said.code, said.error) == (1, "key_file_exposed")


def test_empty_passphrase_is_refused(var: Path) -> None:
    path = passphrase(var, "")

    said = pki(var, "issue", *SEAL, "--out", var / "key.p12", "--passphrase-file", path)

    assert (said.code, said.error) == (3, "usage")


@pytest.mark.parametrize("words", [SEAL, SYSTEM, SERVER], ids=lambda words: words[0])
def test_renewed_certificate_names_the_same_for_a_new_key(
    var: Path, words: tuple[str, ...]
) -> None:
    serial = issue(var, *words).json["serial"]
    old = certificate(var / "key.p12")

    said = pki(
        var,
        *("renew", serial, "--days", "30", "--out", var / "new.p12"),
        *("--passphrase-file", passphrase(var)),
    )

    new = certificate(var / "new.p12")
    assert said.code == 0, said.out
    assert subject_fields(new) == subject_fields(old)
    assert system_of(new) == system_of(old)
    assert new.public_key() != old.public_key()
    assert (new.not_valid_after_utc - new.not_valid_before_utc).days == 30
    kinds = [one["kind"] for one in pki(var, "list").json["certificates"]]
    assert kinds.count(words[0]) == 2


def test_revoked_certificate_is_not_renewed(var: Path) -> None:
    serial = issue(var, *SEAL).json["serial"]
    pki(var, "revoke", serial)

    said = pki(
        var,
        *("renew", serial, "--out", var / "new.p12"),
        *("--passphrase-file", passphrase(var)),
    )

    assert (said.code, said.error) == (1, "issuance_refused")
    assert not (var / "new.p12").exists()


def test_revoked_certificate_is_on_the_published_list_and_in_show(var: Path) -> None:
    serial = issue(var, *SEAL).json["serial"]

    said = pki(var, "revoke", serial, "--reason", "keyCompromise")
    again = pki(var, "revoke", serial)

    assert said.json == {"revoked": serial, "reason": "keyCompromise"}
    assert (again.code, again.error) == (1, "already_revoked")
    shown = pki(var, "show", serial).json
    assert (shown["reason"], shown["agency"]) == ("keyCompromise", "H99.151")
    assert shown["revoked_at"]
    published = run(
        *("openssl", "crl", "-inform", "DER", "-text", "-noout"),
        *("-in", var / "pki" / "issuing-organisations.crl"),
    )
    assert serial.upper() in published.stdout


@pytest.mark.parametrize("action", ["show", "revoke"])
def test_unknown_serial_is_told_as_such(var: Path, action: str) -> None:
    said = pki(var, action, "00:ab:cd")

    assert (said.code, said.error) == (1, "certificate_not_found")


def test_list_is_a_table_with_heads_in_the_language_asked(var: Path) -> None:
    vietnamese = lienthong("pki", "list", "--var", var).out.splitlines()
    english = lienthong("pki", "list", "--var", var, "--lang", "en").out.splitlines()

    assert vietnamese[0].split("  ")[0] == "Số hiệu"
    assert english[0].split()[0] == "Serial"
    column = vietnamese[1].index("issuing-")
    assert vietnamese[0][column:].startswith("Loại")
    assert [line[column:].startswith("issuing-") for line in vietnamese[1:4]] == (
        [True] * 3
    )


def test_crl_publishes_a_newer_list_of_every_ca(var: Path) -> None:
    path = var / "pki" / "issuing-systems.crl"
    before = x509.load_der_x509_crl(path.read_bytes())

    said = pki(var, "crl")

    after = x509.load_der_x509_crl(path.read_bytes())
    assert len(said.json["written"]) == 4
    number = x509.CRLNumber
    assert (
        after.extensions.get_extension_for_class(number).value.crl_number
        > before.extensions.get_extension_for_class(number).value.crl_number
    )


def test_ca_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    said = pki(tmp_path, "list")

    assert (said.code, said.error) == (1, "file_unreadable")


def test_suspended_certificate_is_on_hold_until_it_is_released(var: Path) -> None:
    serial = issue(var, *SEAL).json["serial"]

    said = pki(var, "suspend", serial, "--reason-text", "chờ xác minh")
    again = pki(var, "suspend", serial)

    assert said.json == {"suspended": serial}
    assert (again.code, again.error) == (1, "already_suspended")
    assert pki(var, "show", serial).json["reason"] == "certificateHold"
    assert pki(var, "release", serial).json == {"released": serial}
    shown = pki(var, "show", serial).json
    assert (shown["reason"], shown["revoked_at"]) == ("", "")
    assert (pki(var, "release", serial).error) == "not_suspended"


def test_show_tells_who_did_what_and_why(var: Path) -> None:
    serial = issue(var, *SEAL, "--why", "quyết định 12").json["serial"]
    pki(var, "revoke", serial, "--why", "giải thể")

    journal = pki(var, "show", serial).json["journal"]
    told = lienthong("pki", "show", serial, "--var", var).out

    assert [(one["action"], one["reason"]) for one in journal] == [
        ("issuance_begun", "quyết định 12"),
        ("certificate_issued", "quyết định 12"),
        ("certificate_revoked", "giải thể"),
    ]
    assert {one["actor"] for one in journal} == {account_name()}
    assert told.splitlines()[-1].endswith("giải thể")


def test_new_keys_and_lists_keep_why_in_the_journal(var: Path) -> None:
    secret = ("--passphrase-file", passphrase(var), "--out", var / "keys")
    for words in (
        ("generation", "issuing-persons", "--why", "khóa mới"),
        ("responders", *secret, "--why", "khóa OCSP mới"),
        ("stamper", *secret, "--why", "khóa TSA mới"),
        ("crl", "--why", "danh sách mới"),
    ):
        assert pki(var, *words).code == 0

    with Hierarchy.open(var / "pki") as hierarchy:
        kept = {
            label: [one.act.reason for one in hierarchy.journal_of(label)]
            for label in hierarchy.labels
        }
    assert kept["root"].count("khóa mới") == 3  # begun, issued, published
    assert kept["issuing-persons-2"].count("khóa OCSP mới") == 2
    assert kept["issuing-systems"].count("khóa TSA mới") == 2
    assert all(reasons[-1] == "danh sách mới" for reasons in kept.values())


def test_invalidity_date_is_a_time_that_is_past(var: Path) -> None:
    serial = issue(var, *SEAL).json["serial"]

    for wrong in (
        *("2999-01-01T00:00:00Z", "2026-11-01T00:00:00", "hôm qua"),
        *("0001-01-01T00:00:00+07:00", "9999-12-31T23:00:00-07:00"),
    ):
        said = pki(var, "revoke", serial, "--invalidity-date", wrong)
        assert (said.code, said.error) == (1, "invalidity_date_refused")
    said = pki(var, "revoke", serial, "--invalidity-date", "2026-01-02T10:00:00+07:00")

    assert said.json["invalidity_date"] == "2026-01-02T03:00:00.000Z"
    shown = pki(var, "show", serial).json
    assert shown["invalidity_date"] == "2026-01-02T03:00:00.000Z"


def test_audit_tells_that_all_is_well_or_the_code_and_place(var: Path) -> None:
    serial = issue(var, *SEAL).json["serial"]

    sound = pki(var, "audit")
    database = sqlite3.connect(
        var / "pki" / "private" / "issuing-organisations" / "registry.sqlite"
    )
    with database:
        database.execute("UPDATE certificate SET revoked_at = 'x', reason = 'x'")
        database.execute("UPDATE certificate SET revoked_at = NULL, reason = NULL")
        database.execute("DROP TRIGGER begun_stays")
        database.execute("UPDATE begun SET tbs_digest = ''")
    database.close()
    broken = pki(var, "audit")
    english = lienthong("pki", "audit", "--var", var, "--lang", "en")

    assert (sound.code, sound.json["ok"], sound.json["findings"]) == (0, True, [])
    assert sound.json["journals"][0]["label"] == "root"
    assert (broken.code, broken.error) == (1, "registry_differs")
    place = f"issuing-organisations/{serial}"
    assert broken.json["findings"] == [{"code": "registry_differs", "place": place}]
    assert english.code == 1
    assert f"differ at the place named. [{place}]" in english.out


def test_key_made_here_is_not_certified_for_an_agency_that_ended(var: Path) -> None:
    listed = var / "agencies.csv"
    rows = ("H99,UBND tỉnh,province", "H99.151,A,commune", "H99.152,B,commune")
    heads, dates = "code,name,level,valid_from,valid_to,successor", ",2020-01-01,,"
    lines = [heads, *(f"{one}{dates}" for one in rows), ""]
    listed.write_text("\n".join(lines), encoding="utf-8")
    assert pki(var, "agencies", listed).code == 0
    assert pki(var, "merge", "--into", "H99.151", "--from", "H99.152").code == 0

    said = issue(var, "agency-seal", "--name", "UBND B", "--agency", "H99.152")
    unknown = issue(var, "agency-seal", "--name", "UBND C", "--agency", "H99.999")

    assert (said.code, said.error) == (1, "agency_closed")
    assert (unknown.code, unknown.error) == (1, "agency_unknown")
    assert not (var / "key.p12").exists()
    assert (
        issue(var, "agency-seal", "--name", "UBND A", "--agency", "H99.151").code == 0
    )
