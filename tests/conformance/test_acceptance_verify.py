"""`lienthong verify` keeps its promises, on what the demonstration leaves behind."""

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from pki.ca.hierarchy import Hierarchy
from tests.support.demonstration import lienthong
from tests.support.judged_pdf import roomy
from tests.support.judges import run
from tests.support.signed_pdf import LETTER
from tests.support.verifying import (
    PDF,
    WHOLE,
    MemberSpan,
    Verifier,
    flipped,
    flipped_after,
    member_spans,
)

PERSON, SEAL = "lienthong-person", "lienthong-agency-seal"
FAILED_HASH = (1, "TOTAL-FAILED", "HASH_FAILURE")
FAILED_FORMAT = (1, "TOTAL-FAILED", "FORMAT_FAILURE")


@pytest.mark.parametrize("name", WHOLE)
def test_whole_product_passes(verifier: Verifier, name: str) -> None:
    said = verifier.says(verifier.product(name))

    assert said.outcome == (0, "TOTAL-PASSED", None), said.verdict["reasons"]


def _middle(bundle: bytes, span: MemberSpan) -> int:
    """Return a place half way through; in the manifest in a digest, not in a tag."""
    middle = span.content[len(span.content) // 2]
    if span.name != "manifest.xml":
        return middle
    return bundle.index(b"<Sha256>", middle) + len(b"<Sha256>")


class TestFlippedByte:
    def test_in_the_signed_range_of_a_pdf_names_its_signatures(
        self, verifier: Verifier
    ) -> None:
        said = verifier.says(flipped(verifier.product(PDF), 1000))

        assert said.outcome == FAILED_HASH
        places = {("document_digest_mismatch", one) for one in (PERSON, SEAL)}
        assert said.reasons == places

    def test_in_the_range_of_the_second_signature_alone_names_that_one(
        self, verifier: Verifier
    ) -> None:
        first = len(verifier.product("cong-van-nguoi-ky.pdf"))
        said = verifier.says(flipped(verifier.product(PDF), first + 10_000))

        assert said.outcome == FAILED_HASH
        assert said.reasons == {("document_digest_mismatch", SEAL)}

    @pytest.mark.parametrize(
        ("mark", "place"),
        [
            (b":Subject>", "#envelope-1"),
            (b":OrganId>", "#envelope-1"),
            (b":SigningTime>", "SignedProperties"),
        ],
    )
    def test_in_the_xml_of_an_envelope_names_what_was_signed(
        self, verifier: Verifier, mark: bytes, place: str
    ) -> None:
        said = verifier.says(flipped_after(verifier.product("envelope.eml"), mark, 1))

        assert said.outcome == FAILED_HASH
        assert said.reasons == {("reference_digest_mismatch", place)}

    @pytest.mark.parametrize("distance", [0, 2000, 90_000])
    def test_in_an_attachment_names_the_attachment(
        self, verifier: Verifier, distance: int
    ) -> None:
        data = verifier.product("envelope.eml")
        said = verifier.says(flipped_after(data, b"%PDF-", distance))

        assert said.outcome == FAILED_HASH
        assert said.reasons == {("attachment_digest_mismatch", "cid:cong-van-214")}

    @pytest.mark.parametrize(
        "name",
        ["receipt-acceptance.xml", "receipt-taken-H99.xml", "receipt-06-G06.xml"],
    )
    def test_in_a_receipt_names_the_receipt(
        self, verifier: Verifier, name: str
    ) -> None:
        said = verifier.says(flipped_after(verifier.product(name), b"BodySha256>", 5))

        assert said.outcome == FAILED_HASH
        assert said.reasons == {("reference_digest_mismatch", "#receipt-1")}

    def test_in_the_value_of_a_receipts_signature_is_a_matter_of_cryptography(
        self, verifier: Verifier
    ) -> None:
        data = verifier.product("receipt-acceptance.xml")
        at = data.index(b"SignatureValue>") + 30
        other = b"B" if data[at : at + 1] == b"A" else b"A"
        said = verifier.says(data[:at] + other + data[at + 1 :])

        assert said.outcome == (1, "TOTAL-FAILED", "SIG_CRYPTO_FAILURE")
        assert said.codes == {"signature_invalid"}

    def test_in_any_member_of_a_bundle_names_that_member(
        self, verifier: Verifier
    ) -> None:
        bundle = verifier.product("evidence.zip")
        spans = member_spans(bundle)
        assert len(spans) > 20
        changed = [flipped(bundle, _middle(bundle, span)) for span in spans]
        verdicts = verifier.verdicts(changed, options=verifier.root())
        for span, verdict in zip(spans, verdicts, strict=True):
            assert verdict["indication"] == "TOTAL-FAILED", span.name
            code = "bundle_member_mismatch"
            if span.name == "manifest.xml":
                code = "reference_digest_mismatch"
            reasons = {(one["code"], one["place"]) for one in verdict["reasons"]}
            assert (code, span.name) in reasons

    def test_in_a_local_header_of_a_bundle_names_the_member(
        self, verifier: Verifier
    ) -> None:
        bundle = verifier.product("evidence.zip")
        for span in member_spans(bundle):
            # Version, flags, method, time, check sum: no reader stumbles over them.
            for offset in (4, 6, 8, 10, 14):
                said = verifier.says(
                    flipped(bundle, span.header + offset), options=verifier.root()
                )

                assert said.outcome == FAILED_FORMAT
                assert said.reasons == {("bundle_structure_invalid", span.name)}

    @pytest.mark.parametrize("offset", [4, 6, 8, 10, 12, 16, 38, 42, 46])
    def test_in_the_central_directory_is_named_so(
        self, verifier: Verifier, offset: int
    ) -> None:
        bundle = verifier.product("evidence.zip")
        at = bundle.index(b"PK\x01\x02") + offset
        said = verifier.says(flipped(bundle, at), options=verifier.root())

        assert said.outcome == FAILED_FORMAT
        assert said.reasons == {("bundle_structure_invalid", "directory")}

    @pytest.mark.parametrize("offset", range(22))
    def test_in_the_end_record_is_named_so(
        self, verifier: Verifier, offset: int
    ) -> None:
        bundle = verifier.product("evidence.zip")
        at = bundle.rindex(b"PK\x05\x06") + offset
        said = verifier.says(flipped(bundle, at), options=verifier.root())

        assert said.outcome == FAILED_FORMAT
        assert said.reasons == {("bundle_structure_invalid", "directory")}

    def test_in_the_certificates_of_a_cms_never_passes(
        self, verifier: Verifier
    ) -> None:
        data = verifier.product("cong-van-nguoi-ky.pdf")
        start = data.index(b"/Contents <") + len(b"/Contents <")
        der = bytes.fromhex(data[start : data.index(b">", start)].decode())
        # The first certificate begins early; every 97th octet of its stretch.
        octets = range(60, min(len(der) - 1, 1500), 97)
        files = []
        for octet in octets:
            changed = data[:start] + flipped(der, octet).hex().upper().encode()
            files.append(changed + data[len(changed) :])
        for octet, verdict in zip(octets, verifier.verdicts(files), strict=True):
            assert verdict["indication"] != "TOTAL-PASSED", octet
            assert verdict["reasons"], octet

    @pytest.mark.parametrize("name", ["envelope.eml", "receipt-acceptance.xml"])
    def test_in_the_certificates_of_a_key_info_never_passes(
        self, verifier: Verifier, name: str
    ) -> None:
        data = verifier.product(name)
        start = data.index(b"X509Certificate>") + len(b"X509Certificate>")
        for octet in range(start, data.index(b"</", start), 61):
            said = verifier.says(flipped(data, octet))

            assert said.exit_code in {1, 2}, octet
            assert said.codes


def test_padding_that_is_not_zero_is_refused(verifier: Verifier) -> None:
    data = roomy()
    end = data.index(b">", data.index(b"/Contents <"))
    assert data[end - 8 : end] == b"0" * 8
    said = verifier.says(data[: end - 1] + b"1" + data[end:])

    assert said.outcome == FAILED_FORMAT
    assert ("contents_padding_not_zero", "person") in said.reasons


def revoked(products: Path, folder: Path, key: str) -> Path:
    """Revoke the holder of `key` in a copy of the demonstration's CA."""
    lists = folder / "pki"
    shutil.copytree(products / "pki", lists)
    passphrase = (products / "keys" / f"{key}.passphrase").read_bytes().strip()
    packed = (products / "keys" / f"{key}.p12").read_bytes()
    holder = pkcs12.load_pkcs12(packed, passphrase).cert
    if holder is None:
        raise LookupError(key)
    with Hierarchy.open(lists) as hierarchy:
        hierarchy.revoke(holder.certificate.serial_number)
    return lists


@pytest.mark.parametrize(
    ("key", "name", "place"),
    [
        ("official", PDF, "Đoàn Thạch Khuê"),
        ("qlvb-suoimay", "envelope.eml", "qlvb-suoimay"),
        ("receipt", "receipt-acceptance.xml", "Trục liên thông văn bản"),
    ],
)
def test_revoked_signer_does_not_pass(
    verifier: Verifier, key: str, name: str, place: str
) -> None:
    lists = revoked(verifier.products, verifier.folder, key)
    options = verifier.everything(lists)
    said = verifier.says(verifier.product(name), options=options)

    assert said.outcome == (2, "INDETERMINATE", "REVOKED_NO_POE")
    assert ("certificate_revoked", place) in said.reasons


@pytest.mark.parametrize("name", [PDF, "envelope.eml", "receipt-acceptance.xml"])
def test_unknown_root_is_undecided(verifier: Verifier, name: str) -> None:
    said = verifier.says(verifier.product(name), options=[])

    assert said.outcome == (2, "INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")
    assert "chain_not_found" in said.codes


@pytest.mark.parametrize("name", [PDF, "envelope.eml", "receipt-acceptance.xml"])
def test_missing_revocation_data_is_undecided(verifier: Verifier, name: str) -> None:
    said = verifier.says(verifier.product(name), options=verifier.root())

    assert said.outcome == (2, "INDETERMINATE", "TRY_LATER")
    assert said.codes == {"revocation_unchecked"}


class TestOtherFiles:
    def test_text_is_of_no_known_kind(self, verifier: Verifier) -> None:
        said = verifier.says("Kính gửi: Ủy ban nhân dân tỉnh".encode())

        assert said.outcome == FAILED_FORMAT
        assert said.codes == {"format_unknown"}

    def test_empty_file_is_called_empty(self, verifier: Verifier) -> None:
        said = verifier.says(b"")

        assert said.outcome == FAILED_FORMAT
        assert said.codes == {"file_empty"}

    @pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
    def test_truncated_pdf_fails(self, verifier: Verifier, share: float) -> None:
        data = verifier.product(PDF)
        said = verifier.says(data[: int(len(data) * share)])

        assert said.outcome == FAILED_FORMAT
        assert said.codes

    @pytest.mark.parametrize("method", ["rc4-128", "aes-256"])
    def test_encrypted_pdf_is_called_so(self, verifier: Verifier, method: str) -> None:
        locked = verifier.folder / "locked.pdf"
        done = run("mutool", "clean", "-E", method, "-U", "bí mật", LETTER, locked)
        assert done.returncode == 0
        said = verifier.says(locked.read_bytes())

        assert said.outcome == FAILED_FORMAT
        assert said.codes == {"pdf_encrypted"}

    def test_unsigned_pdf_is_undecided(self, verifier: Verifier) -> None:
        said = verifier.says(LETTER.read_bytes())

        assert said.outcome == (2, "INDETERMINATE", "SIGNED_DATA_NOT_FOUND")
        assert said.codes == {"not_signed"}


class TestControlTime:
    @pytest.mark.parametrize("name", [PDF, "envelope.eml", "receipt-acceptance.xml"])
    @pytest.mark.parametrize(
        ("at", "sub_indication"),
        [
            ("2020-01-01T00:00:00+07:00", "NOT_YET_VALID"),
            ("2060-01-01T00:00:00Z", "OUT_OF_BOUNDS_NO_POE"),
        ],
    )
    def test_outside_the_certificates_lifetime_is_undecided(
        self, verifier: Verifier, name: str, at: str, sub_indication: str
    ) -> None:
        options = [*verifier.everything(), "--at", at]
        said = verifier.says(verifier.product(name), options=options)

        assert said.outcome == (2, "INDETERMINATE", sub_indication)

    @pytest.mark.parametrize("at", ["2020-01-01T00:00:00Z", "2060-01-01T00:00:00Z"])
    def test_outside_holds_for_every_part_of_a_bundle(
        self, verifier: Verifier, at: str
    ) -> None:
        options = [*verifier.root(), "--at", at]
        said = verifier.says(verifier.product("evidence.zip"), options=options)

        assert said.exit_code == 2
        parts = said.verdict["parts"]
        assert {one["indication"] for one in parts} == {"INDETERMINATE"}

    @pytest.mark.parametrize("at", ["yesterday", "2026-11-21", "2026-11-21T08:00:00"])
    def test_without_an_offset_is_a_mistake_of_the_caller(
        self, products: Path, at: str
    ) -> None:
        done = lienthong("verify", str(products / PDF), "--at", at)

        assert done.returncode == 3
        assert "Traceback" not in done.stderr
