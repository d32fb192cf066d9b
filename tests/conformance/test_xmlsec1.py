"""Other people's verifiers accept what is signed here, and refuse what was changed."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidSignature
from signxml.verifier import SignatureConfiguration
from signxml.xades.xades import XAdESVerifier

from schemas.edxml.body import BodyScanner
from schemas.edxml.content_type import MULTIPART
from schemas.edxml.converting import XML, Converted, converted
from schemas.edxml.document import Attachment
from schemas.edxml.multipart import encode
from schemas.edxml.scanned import ScannedBody
from schemas.evidence import (
    BundleManifest,
    BundleMember,
    MemberRole,
    TreeHead,
    write_manifest,
    write_tree_head,
)
from schemas.xml import LIENTHONG, QCVN, XADES, parse
from signing.xmldsig.sign import sign_receipt
from tests.support import receipts
from tests.support.judges import run
from tests.support.keys import rsa_key
from tests.support.pki import NOW, TestPki
from tests.support.receipts import write_acceptance, write_step
from tests.support.signed_xml import SignedEnvelope, signed_envelope

PKI = TestPki.create()
NOTHING: Mapping[str, bytes] = {}
CONTENTS = {"cong-van-214": b"%PDF-1.7 cong van", "phu-luc": b"phu luc"}

MANIFEST = BundleManifest(
    envelope_id=receipts.ENVELOPE,
    at=NOW,
    members=(
        BundleMember(
            name="envelope/body",
            sha256=sha256(b"body").hexdigest(),
            size=4,
            role=MemberRole.BODY,
            content_type="application/xml",
        ),
    ),
)
HEAD = TreeHead(log_id="log-1", size=7, root_hash=bytes(32), at=NOW)
OURS = {
    "AcceptanceReceipt": write_acceptance(receipts.acceptance()),
    "StepReceipt": write_step(receipts.step()),
    "TreeHead": write_tree_head(HEAD),
    "BundleManifest": write_manifest(MANIFEST),
}


def _write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def _accepts(
    folder: Path,
    xml: bytes,
    signed: str,
    contents: Mapping[str, bytes] = NOTHING,
) -> bool:
    """Ask xmlsec1; `signed` is the signed element as namespace:name."""
    root, issuing = (
        ca.credential.certificate.public_bytes(Encoding.PEM)
        for ca in (PKI.root, PKI.issuing)
    )
    maps: list[str | Path] = []
    for name, content in contents.items():
        maps += [f"--url-map:cid:{name}", _write(folder, name, content)]
    judged = run(
        "xmlsec1",
        "--verify",
        "--trusted-pem",
        _write(folder, "root.pem", root),
        "--untrusted-pem",
        _write(folder, "issuing.pem", issuing),
        "--verification-gmt-time",
        NOW.strftime("%Y-%m-%d %H:%M:%S"),
        "--id-attr:Id",
        signed,
        "--id-attr:Id",
        f"{XADES}:SignedProperties",
        *maps,
        _write(folder, "file.xml", xml),
    )
    return judged.returncode == 0


def _accepts_envelope(folder: Path, envelope: SignedEnvelope) -> bool:
    return _accepts(folder, envelope.xml, f"{QCVN}:edXMLEnvelope", envelope.contents)


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
        rsa_key(2048),
    ],
    ids=["p256", "p384", "rsa2048"],
)
def test_xmlsec1_accepts_a_signed_envelope(
    tmp_path: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
) -> None:
    credential = PKI.issuing.issue("qlvb", key=key)
    assert _accepts_envelope(tmp_path, signed_envelope(credential, CONTENTS))


def _scanned(content_type: str, body: bytes) -> ScannedBody:
    scanner = BodyScanner(content_type)
    scanner.feed(body)
    return scanner.finish()


def _whole(plan: Converted) -> bytes:
    return b"".join(
        piece
        if isinstance(piece, bytes)
        else b64encode(CONTENTS[piece.content_id])
        if plan.in_base64
        else CONTENTS[piece.content_id]
        for piece in plan.pieces
    )


def test_xmlsec1_accepts_the_envelope_in_either_form(tmp_path: Path) -> None:
    envelope = signed_envelope(PKI.system(), CONTENTS)
    carried = [
        Attachment(
            content_id=name, name=name, content_type="text/plain", content=content
        )
        for name, content in CONTENTS.items()
    ]
    parts = converted(_scanned(*encode(envelope.xml, carried)), MULTIPART)
    assert parts is not None
    inline = converted(_scanned(parts.content_type, _whole(parts)), XML)
    assert inline is not None
    xml = _whole(inline)
    assert b"</AttachmentEncoded>" in xml
    assert _accepts_envelope(tmp_path, SignedEnvelope(xml, CONTENTS))
    again = _scanned(parts.content_type, _whole(parts)).xml
    assert _accepts_envelope(tmp_path, SignedEnvelope(again, CONTENTS))


def test_xmlsec1_refuses_a_changed_attachment(tmp_path: Path) -> None:
    envelope = signed_envelope(PKI.system(), CONTENTS)
    changed = {**CONTENTS, "phu-luc": b"phu luc khac"}
    assert not _accepts_envelope(tmp_path, SignedEnvelope(envelope.xml, changed))


def test_xmlsec1_refuses_a_changed_envelope(tmp_path: Path) -> None:
    envelope = signed_envelope(PKI.system(), CONTENTS)
    changed = envelope.xml.replace("nước sạch".encode(), "nước bẩn".encode())
    assert changed != envelope.xml
    assert not _accepts_envelope(tmp_path, SignedEnvelope(changed, CONTENTS))


def test_xmlsec1_refuses_the_certificate_of_another_authority(tmp_path: Path) -> None:
    other = TestPki.create("Khác").system()
    assert not _accepts_envelope(tmp_path, signed_envelope(other, CONTENTS))


@pytest.mark.parametrize("name", sorted(OURS))
def test_xmlsec1_accepts_what_a_hub_signs(tmp_path: Path, name: str) -> None:
    signed = sign_receipt(OURS[name], credential=PKI.receipt(), at=NOW)
    assert _accepts(tmp_path, signed, f"{LIENTHONG}:{name}")


@pytest.mark.parametrize("name", sorted(OURS))
def test_xmlsec1_refuses_what_was_changed_afterwards(tmp_path: Path, name: str) -> None:
    signed = sign_receipt(OURS[name], credential=PKI.receipt(), at=NOW)
    changed = signed.replace(b"2026-11-21T02:00:00", b"2026-11-21T03:00:00", 1)
    assert changed != signed
    assert not _accepts(tmp_path, changed, f"{LIENTHONG}:{name}")


def _judge_by_signxml(
    xml: bytes, signer: Certificate, contents: Mapping[str, bytes] = NOTHING
) -> None:
    """Ask signxml about everything but the chain, which it judges for web sites."""
    XAdESVerifier().verify(
        parse(xml),
        x509_cert=signer,
        id_attribute="Id",
        uri_resolver=lambda uri: contents[uri.removeprefix("cid:")],
        expect_config=SignatureConfiguration(
            location=".//",
            expect_references=2 + len(contents),
            signature_methods=frozenset({SignatureMethod.ECDSA_SHA256}),
            digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
            verification_time=NOW,
        ),
    )


def test_signxml_accepts_a_signed_envelope() -> None:
    credential = PKI.system()
    envelope = signed_envelope(credential, CONTENTS)
    _judge_by_signxml(envelope.xml, credential.certificate, CONTENTS)


@pytest.mark.parametrize("name", sorted(OURS))
def test_signxml_accepts_what_a_hub_signs(name: str) -> None:
    credential = PKI.receipt()
    signed = sign_receipt(OURS[name], credential=credential, at=NOW)
    _judge_by_signxml(signed, credential.certificate)


def test_signxml_refuses_a_changed_attachment() -> None:
    credential = PKI.system()
    envelope = signed_envelope(credential, CONTENTS)
    changed = {**CONTENTS, "phu-luc": b"phu luc khac"}
    with pytest.raises(InvalidSignature):
        _judge_by_signxml(envelope.xml, credential.certificate, changed)
