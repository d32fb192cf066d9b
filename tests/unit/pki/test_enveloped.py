"""Content encrypted to recipients opens for each of them, and for nobody else."""

import tracemalloc
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest

from pki.enveloped.content import decrypt, encrypt
from pki.errors import PkiError
from pki.keys.api import Credential, PublicKey, SignatureScheme
from pki.keys.software import KeyKind, SoftwareKey
from schemas.errors import ErrorCode
from tests.support import judges
from tests.support.enveloped import recipient, write_recipient

KINDS = list(KeyKind)
SIZES = [0, 1, 127, 128, 65_535, 65_536, 200_000]
P256 = recipient()


@cache
def recipients() -> dict[KeyKind, Credential]:
    """One of every kind; an RSA key takes its time, and not where tests are listed."""
    return {kind: recipient(kind, serial=n) for n, kind in enumerate(KINDS, 1)}


def sealed(content: bytes, *recipients: Credential) -> bytes:
    target = BytesIO()
    certificates = [one.certificate for one in recipients]
    encrypt(BytesIO(content), target, size=len(content), recipients=certificates)
    return target.getvalue()


def opened(sealed: bytes, credential: Credential) -> bytes:
    target = BytesIO()
    decrypt(BytesIO(sealed), target, credential=credential)
    return target.getvalue()


def refusal(sealed: bytes, credential: Credential) -> ErrorCode:
    with pytest.raises(PkiError) as refused:
        opened(sealed, credential)
    return refused.value.code


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_content_of_every_size_opens_for_every_recipient(
    kind: KeyKind, size: int
) -> None:
    content = bytes(range(256)) * 800
    cms = sealed(content[:size], *recipients().values())
    assert opened(cms, recipients()[kind]) == content[:size]


def test_content_is_encrypted_once_for_many() -> None:
    content = bytes(100_000)
    assert len(sealed(content, *[P256] * 100)) < len(content) + 100 * 400


def test_same_content_is_never_encrypted_alike() -> None:
    assert sealed(b"x" * 100, P256)[-50:] != sealed(b"x" * 100, P256)[-50:]


class Zeros(BytesIO):
    """So many octets that are nowhere."""

    left = 32 << 20

    def read(self, size: int | None = -1) -> bytes:
        given = bytes(min(size or 0, self.left))
        self.left -= len(given)
        return given


def test_large_content_is_never_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "cms"
    tracemalloc.start()
    with path.open("wb") as target:
        certificates = [P256.certificate]
        encrypt(Zeros(), target, size=Zeros.left, recipients=certificates)
    with path.open("rb") as source, (tmp_path / "found").open("wb") as target:
        decrypt(source, target, credential=P256)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert path.stat().st_size > Zeros.left
    assert peak < 2 << 20


def test_somebody_else_opens_nothing() -> None:
    assert (
        refusal(sealed(b"x", P256), recipient(serial=99))
        is ErrorCode.NOT_ENCRYPTED_TO_THIS_KEY
    )


def test_same_name_with_another_key_opens_nothing() -> None:
    same_name = recipient(serial=P256.certificate.serial_number)
    assert refusal(sealed(b"x", P256), same_name) is ErrorCode.ENCRYPTED_CONTENT_INVALID


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_renewed_certificate_of_the_same_key_opens_what_the_one_before_did(
    kind: KeyKind,
) -> None:
    before = recipients()[kind]
    assert isinstance(before.key, SoftwareKey)
    renewed = recipient(kind, serial=98, key=before.key)
    cms = sealed(b"noi dung", *recipients().values(), P256)
    assert opened(cms, renewed) == b"noi dung"


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_no_changed_octet_opens(kind: KeyKind) -> None:
    cms = sealed(b"noi dung", recipients()[kind])
    name = name_in(cms, recipients()[kind])
    # Two operations of RSA for each would take their time.
    for at in range(0, len(cms), 7 if kind is KeyKind.RSA3072 else 1):
        if at in name:
            continue
        changed = bytearray(cms)
        changed[at] ^= 1
        assert refusal(bytes(changed), recipients()[kind]) in {
            ErrorCode.ENCRYPTED_CONTENT_INVALID,
            ErrorCode.NOT_ENCRYPTED_TO_THIS_KEY,
        }, at


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_name_of_a_recipient_says_who_may_try_and_nothing_of_the_content(
    kind: KeyKind,
) -> None:
    cms = sealed(b"noi dung", recipients()[kind])
    for at in name_in(cms, recipients()[kind])[::7]:
        changed = bytearray(cms)
        changed[at] ^= 1
        assert opened(bytes(changed), recipients()[kind]) == b"noi dung"


def name_in(cms: bytes, credential: Credential) -> range:
    """Where the certificate of the only recipient is named: no tag is over it."""
    issuer = credential.certificate.issuer.public_bytes()
    begin, serial = cms.index(issuer), 3  # tag, length, one octet
    return range(begin, begin + len(issuer) + serial)


def test_what_is_cut_off_or_longer_does_not_open() -> None:
    cms = sealed(b"noi dung", P256)
    for other in (*(cms[:end] for end in range(len(cms))), cms + b"\0"):
        assert refusal(other, P256) is ErrorCode.ENCRYPTED_CONTENT_INVALID


@pytest.mark.parametrize(
    ("kind", "usage"),
    [(KeyKind.P256, "digital_signature"), (KeyKind.RSA3072, "data_encipherment")],
    ids=["P-256", "RSA"],
)
def test_certificate_for_something_else_is_not_encrypted_to(
    kind: KeyKind, usage: str
) -> None:
    unsuitable = recipient(kind, usage=usage)
    with pytest.raises(PkiError) as refused:
        sealed(b"x", unsuitable)
    assert refused.value.code is ErrorCode.ENCRYPTION_CERTIFICATE_UNSUITABLE


def test_nobody_is_no_recipient() -> None:
    with pytest.raises(PkiError):
        sealed(b"x")


class ElsewhereKey:
    """A key in a token."""

    @property
    def public_key(self) -> PublicKey:
        return P256.key.public_key

    def sign(self, data: bytes, scheme: SignatureScheme) -> bytes:
        raise NotImplementedError


def test_key_that_is_elsewhere_is_told_so() -> None:
    elsewhere = Credential(ElsewhereKey(), P256.certificate)
    assert refusal(sealed(b"x", P256), elsewhere) is ErrorCode.ENCRYPTION_KEY_UNSUITABLE


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_openssl_opens_what_is_sealed_here(tmp_path: Path, kind: KeyKind) -> None:
    content = bytes(range(256)) * 500
    certificate, key = write_recipient(tmp_path, recipients()[kind])
    cms, found = tmp_path / "cms", tmp_path / "found"
    cms.write_bytes(sealed(content, *recipients().values()))

    said = judges.run(
        "openssl",
        *("cms", "-decrypt", "-inform", "DER", "-in", cms, "-out", found, "-binary"),
        *("-recip", certificate, "-inkey", key),
    )

    assert said.returncode == 0, said.stderr
    assert found.read_bytes() == content


_OPTIONS: dict[KeyKind, tuple[str, ...]] = {
    KeyKind.P256: ("-keyopt", "ecdh_kdf_md:sha256"),
    KeyKind.P384: ("-keyopt", "ecdh_kdf_md:sha384"),
    KeyKind.RSA3072: (
        *("-keyopt", "rsa_padding_mode:oaep"),
        *("-keyopt", "rsa_oaep_md:sha256"),
    ),
}


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_what_openssl_seals_opens_here(tmp_path: Path, kind: KeyKind) -> None:
    content = bytes(range(256)) * 500
    certificate, _ = write_recipient(tmp_path, recipients()[kind])
    plain, cms = tmp_path / "plain", tmp_path / "cms"
    plain.write_bytes(content)

    said = judges.run(
        "openssl",
        *("cms", "-encrypt", "-aes-256-gcm", "-binary", "-outform", "DER"),
        *("-in", plain, "-out", cms, "-recip", certificate),
        *_OPTIONS[kind],
    )

    assert said.returncode == 0, said.stderr
    assert opened(cms.read_bytes(), recipients()[kind]) == content
