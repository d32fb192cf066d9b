"""Keys in a token sign like keys in memory."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.ca.authority import Authority, issue_root
from pki.ca.drafting import IssueRequest
from pki.errors import PkiError, SignatureInvalidError
from pki.files import PRIVATE, write_atomically
from pki.keys.api import Credential, SignatureScheme
from pki.keys.loader import load_credential
from pki.keys.pkcs11 import Pkcs11Key, open_token_key
from pki.keys.software import KeyKind, SoftwareKey, generate, verify_signature
from pki.keys.token_address import TokenAddress
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from pki.path.judging import KeyPurpose, judge_chain
from pki.registry.api import MemoryRegistry
from pki.trust import TrustAnchor, TrustStore
from schemas.errors import ErrorCode
from schemas.identifiers import parse_organ_id
from schemas.verdict import Indication
from signing.pades.signer import sign_pdf
from tests.support.certificates import Shape, make
from tests.support.judged_pdf import judged, material
from tests.support.keys import rsa_key
from tests.support.pki import NOW, TestPki
from tests.support.signed_pdf import LETTER, PERSON
from tests.support.tokens import PIN, TokenFolder

LABEL = "Keys"


class Held:
    """One token with one key of each kind, made once for this file."""

    def __init__(self, folder: TokenFolder) -> None:
        self.folder = folder
        self.keys = {
            "p256": generate(),
            "p384": generate(KeyKind.P384),
            "rsa": SoftwareKey(rsa_key(2048)),
        }
        self.addresses = {
            name: folder.add_key(LABEL, name, key, bytes([number]))
            for number, (name, key) in enumerate(self.keys.items(), start=1)
        }

    def open(self, name: str) -> Pkcs11Key:
        return open_token_key(self.addresses[name], PIN)


@pytest.fixture(scope="module")
def held(tokens: TokenFolder) -> Held:
    return Held(tokens)


def uri(address: TokenAddress) -> str:
    return (
        f"pkcs11:token={address.token};object={address.label}"
        f"?module-path={address.module}"
    )


def private(path: Path, data: bytes) -> Path:
    write_atomically(path, data, mode=PRIVATE)
    return path


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("p256", SignatureScheme.ECDSA_SHA256),
        ("p256", SignatureScheme.ECDSA_SHA384),
        ("p384", SignatureScheme.ECDSA_SHA256),
        ("p384", SignatureScheme.ECDSA_SHA384),
        ("rsa", SignatureScheme.RSA_PSS_SHA256),
        ("rsa", SignatureScheme.RSA_PKCS1V15_SHA256),
    ],
)
def test_token_signs_with_every_scheme(
    held: Held, name: str, scheme: SignatureScheme
) -> None:
    key, data = held.open(name), "Văn bản".encode() * 10_000
    value = key.sign(data, scheme)
    verify_signature(held.keys[name].public_key, scheme, value, data)


@pytest.mark.parametrize("name", ["p256", "p384", "rsa"])
def test_public_half_is_read_from_the_token(held: Held, name: str) -> None:
    assert held.open(name).public_key == held.keys[name].public_key


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("p256", SignatureScheme.RSA_PSS_SHA256),
        ("rsa", SignatureScheme.ECDSA_SHA256),
    ],
)
def test_scheme_of_another_family_is_refused(
    held: Held, name: str, scheme: SignatureScheme
) -> None:
    with pytest.raises(PkiError) as refusal:
        held.open(name).sign(b"x", scheme)
    assert refusal.value.code is ErrorCode.SIGNATURE_ALGORITHM_REFUSED


def test_value_of_another_key_does_not_leave(held: Held) -> None:
    other = replace(held.open("p256"), public_key=generate().public_key)
    with pytest.raises(SignatureInvalidError):
        other.sign(b"x", SignatureScheme.ECDSA_SHA256)


def test_key_is_found_by_its_id(held: Held) -> None:
    address = replace(held.addresses["p384"], label="", key_id=b"\x02")
    assert open_token_key(address, PIN).public_key == held.keys["p384"].public_key


def test_absent_key_is_a_coded_refusal(held: Held) -> None:
    with pytest.raises(PkiError) as refusal:
        open_token_key(held.folder.address(LABEL, "absent"), PIN)
    assert refusal.value.code is ErrorCode.KEY_NOT_FOUND
    assert refusal.value.place == f"{LABEL}/absent"


def test_two_keys_of_one_name_are_told_apart_by_id(held: Held) -> None:
    keys = [generate(), generate()]
    address = held.folder.add_key(LABEL, "twin", keys[0], b"\x21")
    held.folder.add_key(LABEL, "twin", keys[1], b"\x22")
    with pytest.raises(PkiError) as refusal:
        open_token_key(address, PIN)
    assert refusal.value.code is ErrorCode.KEY_NOT_FOUND
    second = open_token_key(replace(address, key_id=b"\x22"), PIN)
    assert second.public_key == keys[1].public_key


def test_weak_key_is_refused(held: Held) -> None:
    weak = SoftwareKey(rsa_key(1024))
    address = held.folder.add_key(LABEL, "weak", weak, b"\x31")
    with pytest.raises(PkiError) as refusal:
        open_token_key(address, PIN)
    assert refusal.value.code is ErrorCode.KEY_WEAK


def test_address_in_the_configuration_loads_with_a_chain_beside(
    held: Held, tmp_path: Path
) -> None:
    pki = TestPki.create()
    own = make(pki.issuing, Shape(), key=held.keys["p256"].private).certificate
    above = pki.issuing.credential.certificate
    pem = b"".join(one.public_bytes(Encoding.PEM) for one in (own, above))
    (tmp_path / "hub.pem").write_bytes(pem)
    loaded = load_credential(
        uri(held.addresses["p256"]),
        passphrase_file=private(tmp_path / "pin", f"{PIN}\n".encode()),
        certificate=tmp_path / "hub.pem",
    )
    assert loaded.certificate == own
    assert loaded.chain == (above,)


def test_address_in_the_configuration_loads_with_the_tokens_certificates(
    held: Held, tmp_path: Path
) -> None:
    pki = TestPki.create()
    own = make(pki.issuing, Shape(), key=held.keys["p384"].private).certificate
    above = pki.issuing.credential.certificate
    held.folder.add_certificate(LABEL, above, b"\x7f")
    held.folder.add_certificate(LABEL, own, b"\x02")
    loaded = load_credential(
        uri(held.addresses["p384"]).partition("?")[0],
        passphrase_file=private(tmp_path / "pin", PIN.encode()),
        module=held.folder.module,
    )
    assert loaded.certificate == own
    assert loaded.chain == (above,)


@pytest.mark.parametrize("newest", [0, 1, 2])
def test_of_a_renewed_keys_certificates_the_one_that_ends_last_counts(
    held: Held, tmp_path: Path, newest: int
) -> None:
    """A token keeps the old certificate beside the new one, under the same id."""
    pki, key, key_id = TestPki.create(), generate(), bytes([0x40 + newest])
    address = held.folder.add_key(LABEL, f"renewed-{newest}", key, key_id)
    ends = [NOW + timedelta(days=400 if at == newest else at) for at in range(3)]
    renewed = [
        make(pki.issuing, Shape(not_after=end), key=key.private).certificate
        for end in ends
    ]
    for one in renewed:
        held.folder.add_certificate(LABEL, one, key_id)
    loaded = load_credential(
        uri(address), passphrase_file=private(tmp_path / "pin", PIN.encode())
    )
    assert loaded.certificate == renewed[newest]


def test_key_without_a_certificate_is_a_coded_refusal(
    held: Held, tmp_path: Path
) -> None:
    pin = private(tmp_path / "pin", PIN.encode())
    with pytest.raises(PkiError) as refusal:
        load_credential(uri(held.addresses["rsa"]), passphrase_file=pin)
    assert refusal.value.code is ErrorCode.CERTIFICATE_NOT_FOUND


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, ErrorCode.FILE_UNREADABLE),
        (b"not PEM", ErrorCode.CERTIFICATE_MALFORMED),
        (
            TestPki.create().person().certificate.public_bytes(Encoding.PEM),
            ErrorCode.CERTIFICATE_MALFORMED,
        ),
    ],
    ids=["absent", "malformed", "of-another-key"],
)
def test_file_without_the_keys_certificate_is_refused(
    held: Held, tmp_path: Path, content: bytes | None, code: ErrorCode
) -> None:
    path = tmp_path / "hub.pem"
    if content is not None:
        path.write_bytes(content)
    pin = private(tmp_path / "pin", PIN.encode())
    with pytest.raises(PkiError) as refusal:
        load_credential(
            uri(held.addresses["p256"]), passphrase_file=pin, certificate=path
        )
    assert refusal.value.code is code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, ErrorCode.CONFIGURATION_INVALID),
        (b"", ErrorCode.CONFIGURATION_INVALID),
        (b"\xff\xfe", ErrorCode.KEY_UNREADABLE),
    ],
    ids=["no-file", "empty", "not-utf8"],
)
def test_address_without_a_pin_is_refused(
    held: Held, tmp_path: Path, content: bytes | None, code: ErrorCode
) -> None:
    file = None if content is None else private(tmp_path / "pin", content)
    with pytest.raises(PkiError) as refusal:
        load_credential(uri(held.addresses["p256"]), passphrase_file=file)
    assert refusal.value.code is code


def test_root_in_a_token_signs_certificates_and_lists(held: Held) -> None:
    root_key, issuing_key = held.open("p384"), held.open("p256")
    names = SubjectFields(common_name="Gốc", organisation="Thử nghiệm")
    own = issue_root(root_key, names, clock=lambda: NOW, demo=True)

    def authority(kind: CertificateKind, credential: Credential) -> Authority:
        return Authority(
            kind=kind,
            credential=credential,
            registry=MemoryRegistry(),
            clock=lambda: NOW,
            demo=True,
        )

    root = authority(CertificateKind.ROOT, Credential(root_key, own))
    kind = CertificateKind.ISSUING_PERSONS
    request = IssueRequest(kind=kind, names=names, public_key=issuing_key.public_key)
    issuing = authority(kind, Credential(issuing_key, root.issue(request)))
    person = issuing.issue(
        IssueRequest(
            kind=CertificateKind.PERSON,
            names=SubjectFields(
                common_name="Đoàn Khuê", organ_id=parse_organ_id("H99.151")
            ),
            public_key=generate().public_key,
        )
    )
    lists = [one.crl().public_bytes(Encoding.DER) for one in (root, issuing)]
    judgement = judge_chain(
        person,
        intermediates=[issuing.credential.certificate],
        trust=TrustStore([TrustAnchor(own)], (), lists),
        at=NOW,
        usage=KeyPurpose.DOCUMENT_PERSON,
    )
    assert judgement.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize("name", ["p256", "rsa"])
def test_document_signed_by_a_token_passes(held: Held, name: str) -> None:
    pki = TestPki.create()
    own = make(pki.issuing, Shape(), key=held.keys[name].private).certificate
    above = (pki.issuing.credential.certificate,)
    credential = Credential(held.open(name), own, above)
    signed = sign_pdf(LETTER.read_bytes(), credential=credential, request=PERSON)
    verdict = judged(signed, material(pki))
    assert verdict.indication is Indication.TOTAL_PASSED
