"""A time stamping authority of the test PKI, and requests to it."""

from dataclasses import replace
from hashlib import sha256

from asn1crypto import core, tsp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.keys.api import Credential
from pki.tsa.authority import TimeStampAuthority
from pki.tsa.register import MemoryTimeStampRegister
from pki.tsa.request import write_time_stamp_request
from tests.support.certificates import Shape, make
from tests.support.pki import NOW, TestPki

DATA = "Công văn số 15/UBND-VP".encode()
DIGEST = sha256(DATA).digest()
NONCE = 0x1122334455667788
STAMPS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
TSA_SHAPE = Shape(common_name="TSA", organ_id=None, extra=((STAMPS, True),))

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def tsa_credential(
    pki: TestPki, shape: Shape = TSA_SHAPE, key: PrivateKey | None = None
) -> Credential:
    """Issue a certificate that stamps."""
    made = make(pki.issuing, shape, key=key)
    return replace(made, chain=(pki.issuing.credential.certificate,))


def authority(credential: Credential, **changes: object) -> TimeStampAuthority:
    """Open an authority with a sound clock that stands at `NOW`."""
    fields: dict[str, object] = {
        "credential": credential,
        "register": MemoryTimeStampRegister(NOW),
        "clock": lambda: NOW,
        "clock_is_sound": lambda: True,
    }
    return TimeStampAuthority(**{**fields, **changes})  # type: ignore[arg-type]  # a test's own words


def request(digest: bytes = DIGEST, hash_name: str = "sha256") -> bytes:
    """Ask for a stamp with certificates and a nonce."""
    return write_time_stamp_request(digest, hash_name=hash_name, nonce=NONCE)


def odd_request(**changes: object) -> bytes:
    """Write a request with another library, changed as asked."""
    fields: dict[str, object] = {
        "version": "v1",
        "message_imprint": {
            "hash_algorithm": {"algorithm": "sha256"},
            "hashed_message": DIGEST,
        },
    }
    return bytes(tsp.TimeStampReq({**fields, **changes}).dump())


def info_of(response: bytes) -> tsp.TSTInfo:
    """Read what a response stamps, with another library."""
    token = tsp.TimeStampResp.load(response, strict=True)["time_stamp_token"]
    return token["content"]["encap_content_info"]["content"].parsed


def failure_of(response: bytes) -> set[str]:
    """Read why a response has no stamp, with another library."""
    parts = core.Sequence.load(response, strict=True)
    assert len(parts) == 1
    status = tsp.PKIStatusInfo.load(parts[0].dump(), strict=True)
    assert status["status"].native == "rejection"
    return set(status["fail_info"].native)
