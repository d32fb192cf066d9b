"""The ETSI report says what the combined verdict says, in the form of its schema."""

from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import etree

from schemas.errors import ErrorCode
from schemas.verdict import (
    FileKind,
    Indication,
    Modifications,
    Reason,
    RevocationState,
    SubIndication,
    Verdict,
    worst,
)
from signing.reports.etsi import REPORT, render
from tests.support.etsi_schema import departure
from tests.support.judged_pdf import TRUSTED, judged, person_signed, sealed
from tests.support.pki import NOW
from tests.support.reported import FAILED, GOOD, PASSED, SIGNATURE, report

URN = "urn:etsi:019102"
NAMES = {"vr": REPORT}
STAMPED = replace(
    SIGNATURE, timestamp_time=NOW + timedelta(minutes=1), level="PAdES-B-LTA"
)
REVOKED = replace(
    SIGNATURE,
    indication=Indication.INDETERMINATE,
    sub_indication=SubIndication.REVOKED_NO_POE,
    revocation=(replace(GOOD, state=RevocationState.REVOKED, revoked_at=NOW),),
    reasons=(Reason(ErrorCode.CERTIFICATE_REVOKED, "\x00<b>&\ud800"),),
)
NESTED = Verdict(
    kind=FileKind.ENVELOPE,
    indication=Indication.TOTAL_FAILED,
    signatures=(SIGNATURE,),
    parts=(
        replace(PASSED, name="a.pdf"),
        Verdict(
            kind=FileKind.PDF,
            name="b.pdf",
            indication=Indication.TOTAL_FAILED,
            sub_indication=SubIndication.FORMAT_FAILURE,
            reasons=(Reason(ErrorCode.PDF_MALFORMED),),
        ),
    ),
)
UNSIGNED = Verdict(
    kind=FileKind.PDF,
    indication=Indication.INDETERMINATE,
    sub_indication=SubIndication.SIGNED_DATA_NOT_FOUND,
    reasons=(Reason(ErrorCode.NOT_SIGNED),),
)
VERDICTS = {
    "passed": PASSED,
    "failed": FAILED,
    "stamped": replace(PASSED, signatures=(STAMPED,)),
    "revoked": replace(
        PASSED, indication=REVOKED.indication, signatures=(REVOKED, SIGNATURE)
    ),
    "nested": NESTED,
    "unsigned": UNSIGNED,
    "bare": replace(PASSED, signatures=(replace(SIGNATURE, chain=(), revocation=()),)),
}


def values(verdict: Verdict, path: str) -> list[str]:
    root = etree.fromstring(render(report(verdict)))
    return [str(one.text) for one in root.iterfind(path, NAMES)]


@pytest.mark.parametrize("name", VERDICTS)
def test_report_keeps_the_schema(name: str) -> None:
    assert departure(render(report(VERDICTS[name]))) is None


def test_judge_of_the_schema_sees_what_is_wrong() -> None:
    whole = render(report(PASSED))
    for wrong in (
        whole.replace(b"MainIndication", b"MainIndicator"),
        whole.replace(b"<vr:HashOnly>false</vr:HashOnly>", b""),
        whole.replace(b"certificate-" + b"0" * 64, b"nobody", 1),
        whole.replace(
            b"<vr:HashOnly>false</vr:HashOnly><vr:DocHashOnly>false</vr:DocHashOnly>",
            b"<vr:DocHashOnly>false</vr:DocHashOnly><vr:HashOnly>false</vr:HashOnly>",
        ),
    ):
        assert wrong != whole
        assert departure(wrong) is not None


@pytest.mark.parametrize("name", VERDICTS)
def test_worst_indication_is_that_of_the_whole_file(name: str) -> None:
    said = values(
        VERDICTS[name],
        "vr:SignatureValidationReport/vr:SignatureValidationStatus/vr:MainIndication",
    )
    words = {f"{URN}:mainindication:{str(one).lower()}": one for one in Indication}
    found = [replace(PASSED, indication=words[one]) for one in said]
    assert worst(found)[0] is VERDICTS[name].indication


def test_sound_cryptography_does_not_outvote_a_changed_document() -> None:
    changed = replace(
        SIGNATURE,
        indication=Indication.TOTAL_FAILED,
        sub_indication=SubIndication.FORMAT_FAILURE,
        modifications=Modifications.OTHER,
    )
    verdict = replace(PASSED, indication=Indication.TOTAL_FAILED, signatures=(changed,))
    assert values(verdict, ".//vr:SignatureValidationStatus/vr:MainIndication") == [
        f"{URN}:mainindication:total-failed"
    ]
    assert values(verdict, ".//vr:SubIndication") == [
        f"{URN}:subindication:FORMAT_FAILURE"
    ]
    assert values(verdict, ".//vr:ValidationConstraint//vr:MainIndication")[2] == (
        f"{URN}:mainindication:failed"
    )


def test_times_say_when_it_was_judged_and_since_when_it_is_proved() -> None:
    stamped = VERDICTS["stamped"]
    assert values(stamped, ".//vr:ValidationTime") == ["2026-11-21T02:00:00.000Z"]
    assert values(stamped, ".//vr:POETime") == ["2026-11-21T02:01:00.000Z"]
    assert values(PASSED, ".//vr:POETime") == ["2026-11-21T02:00:00.000Z"]
    assert values(stamped, ".//vr:SignatureValidationProcessID") == [
        f"{URN}:validationprocess:LTA"
    ]


def test_revocation_is_reported_with_its_time() -> None:
    assert values(VERDICTS["revoked"], ".//vr:RevocationTime") == [
        "2026-11-21T02:00:00.000Z"
    ]


@pytest.mark.parametrize("data", [person_signed(), sealed()], ids=["one", "two"])
def test_real_verdicts_name_all_that_was_used(data: bytes) -> None:
    verdict = judged(data)
    document = render(report(verdict))
    assert departure(document) is None
    kinds = values(verdict, ".//vr:ObjectType")
    chain = {one.sha256 for two in verdict.signatures for one in two.chain}
    assert kinds.count(f"{URN}:validationObject:certificate") == len(chain)
    assert kinds.count(f"{URN}:validationObject:CRL") == len(TRUSTED.crls)
    assert kinds.count(f"{URN}:validationObject:signedData") == 1
