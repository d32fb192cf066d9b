"""Evidence bundles put together by somebody who wants them believed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.keys.api import Credential
from pki.names import common_name
from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.evidence import (
    BundleManifest,
    BundleMember,
    LogEntry,
    MemberRole,
    read_manifest,
    write_manifest,
)
from schemas.identifiers import OrganId
from schemas.receipt import SignatureJudgement, StepReceipt
from schemas.verdict import Indication, SubIndication, Verdict
from schemas.vocabulary import LogEntryType, Step
from schemas.xml import parse
from signing.validation.archive import MANIFEST, write_bundle
from signing.validation.bundle import judge_bundle
from signing.validation.pdf import judge_pdf
from signing.xmldsig.sign import sign_receipt
from signing.xmldsig.verify import verify_receipt
from tests.support import edxml, evidence_bundle
from tests.support.cpu import soon
from tests.support.evidence_bundle import (
    ANNEX,
    LATER,
    Conversation,
    acceptance_of,
    document_body,
    step_of,
    system,
)
from tests.support.pki import NOW, TestPki

PKI = TestPki.create()
GENUINE = Conversation.create(PKI, [ANNEX])
OTHER = Conversation.create(PKI, [replace(ANNEX, content=b"bang tinh khac")])
FAILED, INDETERMINATE = Indication.TOTAL_FAILED, Indication.INDETERMINATE


def judged(data: bytes, material: TrustMaterial | None = None) -> Verdict:
    return judge_bundle(
        data, material=material or GENUINE.material(), at=None, judge_pdf=judge_pdf
    )


def reasons(verdict: Verdict) -> set[tuple[ErrorCode, str]]:
    return {(one.code, one.place) for one in verdict.reasons}


def all_codes(verdict: Verdict) -> set[ErrorCode]:
    own = {one.code for one in verdict.reasons}
    return own.union(*(all_codes(part) for part in verdict.parts))


def listed(contents: Mapping[str, bytes], signer: Credential) -> dict[str, bytes]:
    """List the members anew and have `signer` sign the list."""
    verified = verify_receipt(parse(contents[MANIFEST]))
    manifest = read_manifest(verified.content)
    kept = {one.name: one for one in manifest.members}
    members = tuple(
        _listed_as(kept.get(name), name, content)
        for name, content in contents.items()
        if name != MANIFEST
    )
    root = write_manifest(replace(manifest, members=members))
    return {**contents, MANIFEST: sign_receipt(root, credential=signer, at=LATER)}


def _listed_as(known: BundleMember | None, name: str, content: bytes) -> BundleMember:
    return BundleMember(
        name=name,
        sha256=sha256(content).hexdigest(),
        size=len(content),
        role=known.role if known else MemberRole.CERTIFICATE,
        content_type=known.content_type if known else "application/octet-stream",
    )


def test_both_bundles_pass_before_anything_is_done_to_them() -> None:
    for one in (GENUINE, OTHER):
        verdict = judged(one.bundle())
        assert verdict.indication is Indication.TOTAL_PASSED, verdict.reasons


class TestSwap:
    @pytest.mark.parametrize(
        "name",
        [
            "envelope/body",
            "receipts/acceptance.xml",
            "receipts/02-taken.xml",
            "log/01.json",
            "log/head.xml",
        ],
    )
    def test_of_a_member_with_another_genuine_bundle_is_named(self, name: str) -> None:
        contents = GENUINE.contents()
        contents[name] = OTHER.contents()[name]
        verdict = judged(write_bundle(contents))

        assert verdict.indication is FAILED
        assert reasons(verdict) == {(ErrorCode.BUNDLE_MEMBER_MISMATCH, name)}

    def test_of_the_manifest_names_every_member_that_differs(self) -> None:
        contents = GENUINE.contents()
        contents[MANIFEST] = OTHER.contents()[MANIFEST]
        verdict = judged(write_bundle(contents))

        assert verdict.indication is FAILED
        assert (ErrorCode.BUNDLE_MEMBER_MISMATCH, "envelope/body") in reasons(verdict)

    def test_of_two_members_with_each_other_is_named(self) -> None:
        contents = GENUINE.contents()
        first, second = "receipts/01-delivered.xml", "receipts/02-taken.xml"
        contents[first], contents[second] = contents[second], contents[first]
        verdict = judged(write_bundle(contents))

        assert reasons(verdict) == {
            (ErrorCode.BUNDLE_MEMBER_MISMATCH, first),
            (ErrorCode.BUNDLE_MEMBER_MISMATCH, second),
        }

    @pytest.mark.parametrize(
        "name", ["receipts/acceptance.xml", "receipts/02-taken.xml", "envelope/body"]
    )
    def test_that_the_hub_itself_lists_anew_does_not_fit_together(
        self, name: str
    ) -> None:
        contents = GENUINE.contents()
        contents[name] = OTHER.contents()[name]
        verdict = judged(write_bundle(listed(contents, GENUINE.signers.receipt)))

        assert verdict.indication is FAILED
        assert ErrorCode.RECEIPT_MISMATCH in all_codes(verdict)


class TestManifest:
    @pytest.mark.parametrize(
        "signer",
        [
            system(PKI, edxml.COMMUNE, "qlvb-xa"),
            PKI.seal(),
            PKI.log(),
            PKI.server(),
            PKI.person(),
        ],
        ids=["system", "seal", "log", "server", "person"],
    )
    def test_signed_by_another_than_the_hub_does_not_pass(
        self, signer: Credential
    ) -> None:
        verdict = judged(write_bundle(listed(GENUINE.contents(), signer)))

        assert verdict.indication is INDETERMINATE
        name = common_name(signer.certificate)
        assert (ErrorCode.CERTIFICATE_USAGE_WRONG, name) in reasons(verdict)

    @pytest.mark.parametrize(
        "name", ["Manifest.xml", "manifest.xml/", "manifest.xml\x00", "./manifest.xml"]
    )
    def test_second_one_under_a_similar_name_is_refused(self, name: str) -> None:
        contents = GENUINE.contents()
        forged = {**contents, name: OTHER.contents()[MANIFEST]}
        verdict = judged(write_bundle(forged))

        assert verdict.indication is FAILED
        assert reasons(verdict) == {(ErrorCode.BUNDLE_STRUCTURE_INVALID, name)}

    def test_that_lists_a_member_twice_is_refused(self) -> None:
        contents = GENUINE.contents()
        verified = verify_receipt(parse(contents[MANIFEST]))
        manifest = read_manifest(verified.content)
        twice = replace(manifest, members=(*manifest.members, manifest.members[0]))
        contents[MANIFEST] = _signed(twice)
        verdict = judged(write_bundle(contents))

        assert verdict.indication is FAILED
        assert ErrorCode.VALUE_MALFORMED in all_codes(verdict)

    @pytest.mark.parametrize(
        "name",
        ["../../etc/passwd", "/etc/passwd", "C:\\x", "a/../b", "a//b", "a\u202eb"],
    )
    def test_that_lists_a_name_with_a_way_out_is_refused(self, name: str) -> None:
        contents = {**GENUINE.contents(), name: b"x"}
        verdict = judged(write_bundle(listed(contents, GENUINE.signers.receipt)))

        assert verdict.indication is FAILED
        assert ErrorCode.VALUE_MALFORMED in all_codes(verdict)


def _signed(manifest: BundleManifest) -> bytes:
    root = write_manifest(manifest)
    return sign_receipt(root, credential=GENUINE.signers.receipt, at=LATER)


class TestLog:
    def test_old_head_does_not_prove_newer_entries(self) -> None:
        shorter = replace(GENUINE, steps=GENUINE.steps[:-1]).contents()
        contents = {**GENUINE.contents(), "log/head.xml": shorter["log/head.xml"]}
        verdict = judged(write_bundle(listed(contents, GENUINE.signers.receipt)))

        assert verdict.indication is FAILED
        proofs = {name for name in contents if name.endswith(".json")}
        assert reasons(verdict) >= {
            (ErrorCode.LOG_PROOF_INVALID, one) for one in proofs
        }

    @pytest.mark.parametrize(
        "changes",
        [
            {"subject": "01JD6Q3V0000000000000000ZZ"},
            {"type": LogEntryType.ACCEPTED},
            {"type": LogEntryType.DIRECTORY},
        ],
        ids=["subject", "accepted", "directory"],
    )
    def test_entry_about_something_else_proves_no_step(
        self, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str]
    ) -> None:
        genuine = evidence_bundle.step_entry

        def misnamed(receipt: StepReceipt, content: bytes) -> LogEntry:
            entry = genuine(receipt, content)
            if receipt.step is not Step.TAKEN:
                return entry
            return replace(entry, **changes)  # type: ignore[arg-type]  # by field name

        monkeypatch.setattr(evidence_bundle, "step_entry", misnamed)
        verdict = judged(GENUINE.bundle())

        assert verdict.indication is FAILED
        assert reasons(verdict) >= {
            (ErrorCode.LOG_PROOF_INVALID, "log/03.json"),
            (ErrorCode.BUNDLE_INCOMPLETE, "receipts/02-taken.xml"),
        }

    def test_proof_of_one_entry_proves_no_other(self) -> None:
        contents = GENUINE.contents()
        contents["log/03.json"] = contents["log/02.json"]
        verdict = judged(write_bundle(listed(contents, GENUINE.signers.receipt)))

        assert verdict.indication is FAILED
        assert (ErrorCode.LOG_PROOF_INVALID, "log/03.json") in reasons(verdict)


class TestReceipts:
    @pytest.mark.parametrize(
        ("changes", "signer"),
        [
            ({"recipient": OrganId("G22")}, "receipt"),
            ({"issuer": "qlvb-tinh"}, "receipt"),
            ({"issuer": "truc-khac"}, "receipt"),
            ({"issuer": "qlvb-xa"}, "recipient"),
            ({"issuer": "qlvb-tinh", "recipient": OrganId("G22")}, "recipient"),
        ],
        ids=["no recipient", "as a system", "another hub", "other system", "stranger"],
    )
    def test_step_that_is_not_its_signers_to_take_fails(
        self, changes: dict[str, object], signer: str
    ) -> None:
        step = replace(step_of(Step.TAKEN, GENUINE.body), **changes)  # type: ignore[arg-type]  # by field name
        steps = (*GENUINE.steps, (step, getattr(GENUINE.signers, signer)))
        verdict = judged(replace(GENUINE, steps=steps).bundle())

        assert verdict.indication is FAILED
        assert (ErrorCode.RECEIPT_MISMATCH, "receipts/04-taken.xml") in reasons(verdict)

    @pytest.mark.parametrize(
        "step", [Step.DELIVERED, Step.QUARANTINED, Step.REGISTERED, Step.FINISHED]
    )
    def test_system_attests_no_step_of_the_hub(self, step: Step) -> None:
        claimed = step_of(step, GENUINE.body, "qlvb-tinh")
        steps = (*GENUINE.steps, (claimed, GENUINE.signers.recipient))
        verdict = judged(replace(GENUINE, steps=steps).bundle())

        assert verdict.indication is INDETERMINATE
        assert ErrorCode.SIGNER_NOT_OF_SENDER in all_codes(verdict)

    def test_acceptance_that_found_the_signature_bad_vouches_for_nobody(self) -> None:
        stranger = system(PKI, edxml.PROVINCE, "qlvb-tinh-2")
        body = document_body(stranger, [ANNEX])
        accepted = acceptance_of(body, stranger)
        doubt = SignatureJudgement(
            indication=INDETERMINATE,
            sub_indication=SubIndication.SIG_CONSTRAINTS_FAILURE,
            certificate_sha256=sha256(
                stranger.certificate.public_bytes(Encoding.DER)
            ).hexdigest(),
        )
        forged = replace(
            GENUINE,
            body=body,
            acceptance=replace(accepted, signature_verdict=doubt),
            steps=((step_of(Step.DELIVERED, body), GENUINE.signers.receipt),),
            without=frozenset({"statuses/01/body"}),
        )
        verdict = judged(forged.bundle())

        assert verdict.indication is INDETERMINATE
        assert ErrorCode.SIGNER_NOT_OF_SENDER in all_codes(verdict)


class TestCertificates:
    def test_of_a_bundle_are_no_roots(self) -> None:
        forger = TestPki.create("Giả mạo")
        root = forger.root.root.public_bytes(Encoding.DER)
        forged = replace(
            Conversation.create(forger, [ANNEX]),
            members={"certificates/root.der": (MemberRole.CERTIFICATE, root)},
        )
        assert judged(forged.bundle(), forged.material()).indication is (
            Indication.TOTAL_PASSED
        )
        for trusted in (GENUINE.material(), TrustMaterial(roots=())):
            verdict = judged(forged.bundle(), trusted)

            assert verdict.indication is INDETERMINATE
            assert ErrorCode.CHAIN_NOT_FOUND in all_codes(verdict)

    @pytest.mark.parametrize(
        "role", [MemberRole.CERTIFICATE, MemberRole.REVOCATION_LIST]
    )
    def test_that_are_rubbish_harm_nothing(self, role: MemberRole) -> None:
        rubbish = {
            f"rubbish/{number}": (role, content)
            for number, content in enumerate((b"", b"x", b"0\x82\xff\xff", bytes(999)))
        }
        verdict = judged(replace(GENUINE, members=rubbish).bundle())

        assert verdict.indication is Indication.TOTAL_PASSED

    def test_in_a_flood_of_one_subject_cost_little(self) -> None:
        name = "Thử nghiệm Issuing CA"
        flood = {
            f"certificates/{number:03d}.der": (
                MemberRole.CERTIFICATE,
                PKI.root.issue(name, ca=True).certificate.public_bytes(Encoding.DER),
            )
            for number in range(300)
        }
        bundle = replace(GENUINE, members=flood).bundle()
        with soon(10):
            verdict = judged(bundle)

        assert verdict.kind.value == "bundle"

    def test_revoked_receipt_key_does_not_pass_with_a_fresh_list(self) -> None:
        pki = TestPki.create()
        conversation = Conversation.create(pki, [ANNEX])
        bundle = conversation.bundle()
        pki.issuing.revoke(conversation.signers.receipt.certificate, NOW)
        fresh = pki.issuing.crl(at=NOW + timedelta(minutes=30))
        knowing = replace(conversation.material(), crls=(fresh,))

        assert judged(bundle, conversation.material()).indication is (
            Indication.TOTAL_PASSED
        )
        verdict = judged(bundle, knowing)
        assert verdict.indication is INDETERMINATE
        assert ErrorCode.CERTIFICATE_REVOKED in all_codes(verdict)
