"""CAs whose keys never leave a token, judged by OpenSSL."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.ca.founding import (
    CaKeySettings,
    HierarchySettings,
    create_generation,
    create_hierarchy,
)
from pki.ca.hierarchy import Hierarchy
from pki.ca.key_place import KeyPlace
from pki.ca.layout import list_path, private_folder
from pki.errors import PkiError
from pki.files import PRIVATE, write_atomically
from pki.keys.software import KeyKind, SoftwareKey, generate
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from tests.support.judges import run
from tests.support.tokens import PIN, TokenFolder

TOKEN = "Authorities"
ROOT, PERSONS = CertificateKind.ROOT, CertificateKind.ISSUING_PERSONS
NAMES = SubjectFields(common_name="Đoàn Thạch Khuê", organ_id=OrganId("H99.151"))


def clock() -> datetime:
    """Return the real time: OpenSSL judges by its own clock."""
    return datetime.now(UTC)


def put(tokens: TokenFolder, name: str, key: SoftwareKey, pin: Path) -> CaKeySettings:
    """Put a key into the token; say where it is."""
    number = int.from_bytes(name.encode()[:7])
    address = tokens.add_key(TOKEN, name, key, number.to_bytes(7))
    uri = f"pkcs11:token={TOKEN};object={name};type=private"
    place = KeyPlace(uri=uri, module=address.module, passphrase_file=pin)
    return CaKeySettings(place=place)


def pin_file(folder: Path) -> Path:
    path = folder / "pin"
    write_atomically(path, PIN.encode() + b"\n", mode=PRIVATE)
    return path


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.RSA3072])
def test_openssl_accepts_what_ca_keys_in_a_token_sign(
    tmp_path: Path, tokens: TokenFolder, kind: KeyKind
) -> None:
    pin, folder = pin_file(tmp_path), tmp_path / "pki"
    keys = {
        ROOT: put(tokens, f"r{kind}", generate(kind), pin),
        PERSONS: put(tokens, f"p{kind}", generate(kind), pin),
    }
    create_hierarchy(folder, HierarchySettings(keys=keys), clock).close()
    for one in (ROOT, PERSONS):
        assert not list(private_folder(folder, one).glob("*.p*"))
    with Hierarchy.open(folder, clock=clock) as hierarchy:
        good = hierarchy.issue_credential(CertificateKind.PERSON, NAMES)
        bad = hierarchy.issue_credential(CertificateKind.PERSON, NAMES)
        hierarchy.revoke(bad.certificate.serial_number)
    assert _verified(folder, good.certificate)[0] == 0
    code, told = _verified(folder, bad.certificate)
    assert (code, "revoked" in told) == (2, True)


def test_next_generation_may_move_into_a_token(
    tmp_path: Path, tokens: TokenFolder
) -> None:
    folder = tmp_path / "pki"
    create_hierarchy(folder, HierarchySettings(), clock).close()
    keys = {PERSONS: put(tokens, "next", generate(), pin_file(tmp_path))}
    create_generation(folder, PERSONS, HierarchySettings(keys=keys), clock)
    with Hierarchy.open(folder, clock=clock) as hierarchy:
        made = hierarchy.issue_credential(CertificateKind.PERSON, NAMES)
    code, told = _verified(folder, made.certificate, "issuing-persons-2")
    assert code == 0, told


def test_another_key_in_the_token_is_not_taken_for_the_cas(
    tmp_path: Path, tokens: TokenFolder
) -> None:
    folder, pin = tmp_path / "pki", pin_file(tmp_path)
    mine, other = (put(tokens, name, generate(), pin) for name in ("mine", "other"))
    create_hierarchy(folder, HierarchySettings(keys={PERSONS: mine}), clock).close()
    path = private_folder(folder, PERSONS) / "key.toml"
    text = path.read_text().replace("object=mine", "object=other")
    write_atomically(path, text.encode(), mode=PRIVATE)
    assert other.place.uri in text
    with pytest.raises(PkiError) as refusal:
        Hierarchy.open(folder, clock=clock)
    assert refusal.value.code is ErrorCode.CERTIFICATE_MALFORMED


def _verified(
    folder: Path, leaf: x509.Certificate, issuer: str = "issuing-persons"
) -> tuple[int, str]:
    lists = b"".join(
        x509.load_der_x509_crl(list_path(folder, one).read_bytes()).public_bytes(
            Encoding.PEM
        )
        for one in CertificateKind
        if list_path(folder, one).exists()
    )
    newest = folder / f"{issuer}.crl"
    lists += x509.load_der_x509_crl(newest.read_bytes()).public_bytes(Encoding.PEM)
    (folder.parent / "lists.pem").write_bytes(lists)
    path = folder.parent / "leaf.pem"
    path.write_bytes(leaf.public_bytes(Encoding.PEM))
    told = run(
        "openssl", "verify", "-x509_strict", "-crl_check_all",
        "-CRLfile", folder.parent / "lists.pem", "-no-CApath", "-no-CAstore",
        "-CAfile", folder / "root.pem", "-untrusted", folder / f"{issuer}.pem", path,
    )  # fmt: skip
    return told.returncode, told.stdout + told.stderr
