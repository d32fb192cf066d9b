"""Cut signatures out of PDF files for `openssl cms`, without our own reader."""

import re
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate

from tests.support.judges import run

_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")


@dataclass(frozen=True, slots=True)
class CutSignature:
    """One detached signature: its DER without padding, and the bytes it covers."""

    cms: bytes
    content: bytes


def cut_signatures(signed: bytes) -> list[CutSignature]:
    """Cut out all signatures in file order."""
    return [_cut(signed, *map(int, m.groups())) for m in _BYTE_RANGE.finditer(signed)]


def _cut(
    signed: bytes, start: int, length: int, second: int, rest: int
) -> CutSignature:
    gap = signed[start + length : second]
    padded = bytes.fromhex(gap.strip(b"<>").decode("ascii"))
    content = signed[start : start + length] + signed[second : second + rest]
    return CutSignature(padded[: _der_length(padded)], content)


def _der_length(data: bytes) -> int:
    first = data[1]
    octets = first & 0x7F if first & 0x80 else 0
    length = int.from_bytes(data[2 : 2 + octets], "big") if octets else first
    return 2 + octets + length


def asn1(certificate: Certificate) -> asn1_x509.Certificate:
    """Return the certificate as the class that pyHanko works with."""
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def openssl_verify(
    cut: CutSignature, root: Certificate, folder: Path
) -> CompletedProcess[str]:
    """Let OpenSSL judge value, digest, signing certificate and chain."""
    files = {
        "cms.der": cut.cms,
        "content.bin": cut.content,
        "root.pem": root.public_bytes(Encoding.PEM),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    options = [
        "cms",
        "-verify",
        "-binary",
        "-cades",
        "-inform",
        "DER",
        "-purpose",
        "any",
    ]
    paths = ("-in", folder / "cms.der", "-content", folder / "content.bin")
    trust = ("-CAfile", folder / "root.pem", "-out", folder / "out.bin")
    # The test PKI lives at a fixed time.
    at = ("-attime", str(int(_issued(root)) + 172_800))
    return run("openssl", *options, *paths, *trust, *at)


def _issued(root: Certificate) -> float:
    return root.not_valid_before_utc.timestamp()
