"""A verdict names the objects and the pages that later revisions touch."""

import pytest

from signing.profiles import SignatureLevel
from tests.support import later_revisions as later
from tests.support.judged_pdf import PERSON, judged, person_signed, sealed
from tests.support.large_pdf import many_pages_pdf
from tests.support.later_revisions import Change, revised
from tests.support.stock_signer import stock_signed
from tests.support.timed_pdf import everything, example, verdict_on

_FIRST, _LAST = 1, 2


@pytest.mark.parametrize(
    ("change", "pages"),
    [
        (later.note_on_page, (_FIRST,)),
        (later.new_contents, (_FIRST,)),
        (later.overwritten_contents, (_FIRST,)),
        (later.swapped_pages, ()),
        (later.new_title, ()),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_objects_and_pages_of_a_later_revision_are_named(
    change: Change, pages: tuple[int, ...]
) -> None:
    (signature,) = judged(revised(person_signed(), change)).signatures
    assert signature.changed_objects
    assert signature.changed_pages == pages


def test_page_of_a_seal_is_named_to_the_person_and_nothing_to_the_seal() -> None:
    person, seal = judged(sealed()).signatures
    assert person.changed_pages == (_LAST,)
    assert (seal.changed_objects, seal.changed_pages) == ((), ())


def test_archive_data_touch_no_page() -> None:
    desk, data = example(SignatureLevel.B_LT)
    signature = verdict_on(data, everything(desk)).signatures[0]
    assert signature.changed_objects
    assert signature.changed_pages == ()


def test_one_page_among_many_is_named() -> None:
    signed = stock_signed(many_pages_pdf(300), PERSON, "person")
    (signature,) = judged(revised(signed, later.note_on_page)).signatures
    assert signature.changed_pages == (_FIRST,)
