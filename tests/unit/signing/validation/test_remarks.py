"""What is told of a file besides its verdict."""

from schemas.verdict import Indication
from signing.validation.remarks import Shown, covered_signatures
from tests.support.judged_pdf import judged, person_signed, sealed

_PERSON = Shown("person", 3, (100, 100, 200, 150))


def _told(*box: float, page: int = 3) -> list[str]:
    later = Shown("later", page, (box[0], box[1], box[2], box[3]))
    return [one.place for one in covered_signatures((_PERSON, later))]


def test_signature_over_most_of_an_earlier_one_is_told() -> None:
    assert _told(90, 90, 210, 160) == ["later"]
    assert _told(100, 100, 151, 150) == ["later"]


def test_seal_over_the_left_third_is_not() -> None:
    assert _told(30, 70, 134, 172) == []
    assert _told(300, 100, 400, 150) == []
    assert _told(90, 90, 210, 160, page=4) == []


def test_earlier_signature_is_not_told_of() -> None:
    first = Shown("first", 3, (0, 0, 500, 500))
    assert list(covered_signatures((first, _PERSON))) == []


def test_genuine_files_have_no_remarks() -> None:
    for data in (person_signed(), sealed()):
        verdict = judged(data)
        assert verdict.indication is Indication.TOTAL_PASSED
        assert verdict.reasons == ()
