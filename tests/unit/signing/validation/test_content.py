"""What a file shows: who covers whom, what is carried along."""

import pytest

from schemas.errors import ErrorCode
from schemas.verdict import Indication
from signing.errors import SigningError
from signing.validation.content import covering
from signing.validation.limits import MAX_SHOWN
from signing.validation.page_pictures import hiding
from signing.validation.shown import Shown
from tests.support.attacks.shown import over_the_sum, signed
from tests.support.judged_pdf import codes, judged, person_signed, sealed

_PERSON = Shown("person", 0, (100, 100, 200, 150))


def _covering(*box: float, page: int = 0) -> tuple[str, ...]:
    later = Shown("later", page, (box[0], box[1], box[2], box[3]))
    return covering((_PERSON, later))


def test_signature_over_most_of_an_earlier_one_covers_it() -> None:
    assert _covering(90, 90, 210, 160) == ("later",)
    assert _covering(100, 100, 151, 150) == ("later",)


def test_seal_over_the_left_third_does_not() -> None:
    assert _covering(30, 70, 134, 172) == ()
    assert _covering(300, 100, 400, 150) == ()
    assert _covering(90, 90, 210, 160, page=1) == ()


def test_earlier_signature_covers_none() -> None:
    assert covering((Shown("first", 0, (0, 0, 500, 500)), _PERSON)) == ()


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_what_is_hidden_is_found_however_a_page_is_turned(turned: int) -> None:
    white, line = b"1 1 1 rg 0 0 100 30 re f", b"1 0 0 RG 0 15 m 100 15 l S"
    crop = "20 30 580 830"
    hidden = judged(over_the_sum(white, turned=turned, crop=crop))
    assert codes(hidden) == {ErrorCode.CONTENT_COVERED}
    legible = judged(over_the_sum(line, turned=turned, crop=crop))
    assert legible.indication is Indication.TOTAL_PASSED


def test_attached_files_are_told_of_and_count_against_nobody() -> None:
    verdict = judged(signed("/Names << /EmbeddedFiles << /Names [] >> >>"))
    assert verdict.indication is Indication.TOTAL_PASSED
    assert codes(verdict) == {ErrorCode.CONTENT_ATTACHED}


def test_attached_files_do_not_cloak_a_script() -> None:
    script = "/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"
    verdict = judged(signed(f"/Names << /EmbeddedFiles << /Names [] >> >> {script}"))
    assert verdict.indication is Indication.INDETERMINATE
    assert codes(verdict) == {ErrorCode.CONTENT_ATTACHED, ErrorCode.CONTENT_ACTIVE}


def test_genuine_files_have_nothing_to_be_told() -> None:
    for data in (person_signed(), sealed()):
        verdict = judged(data)
        assert verdict.indication is Indication.TOTAL_PASSED
        assert verdict.reasons == ()


def test_store_that_is_its_own_evidence_is_told_of_and_proves_nothing() -> None:
    store = "<< /Type /DSS /Certs [4 0 R] /VRI 4 0 R >>"
    verdict = judged(signed("/DSS 4 0 R", {4: store}))
    assert verdict.indication is Indication.TOTAL_PASSED
    assert codes(verdict) == {ErrorCode.PDF_MALFORMED}
    assert verdict.signatures[0].level == "PAdES-B-B"


def test_loops_that_change_no_page_take_nothing_from_a_signature() -> None:
    outlines = "<< /Type /Outlines /First 5 0 R /Last 5 0 R /Count 1 >>"
    item = "<< /Title (a) /Parent 4 0 R /First 5 0 R /Next 5 0 R /Last 5 0 R >>"
    data = signed("/Outlines 4 0 R", {4: outlines, 5: item})
    assert judged(data).indication is Indication.TOTAL_PASSED


def test_more_places_than_are_drawn_are_left_undecided() -> None:
    data = person_signed()
    places = [Shown("later", 0, (1, 1, 2, 2))] * (MAX_SHOWN + 1)
    with pytest.raises(SigningError) as refusal:
        list(hiding(data, len(data), places))
    assert refusal.value.code is ErrorCode.LIMIT_EXCEEDED
