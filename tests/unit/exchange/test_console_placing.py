"""What stands in a frame where no image comes fits into it."""

import pytest

from exchange.console.placing import size_of, written_lines
from signing.pades.appearance import LEADING, TEXT_SIZE
from signing.pades.typeface import typeface
from signing.profiles import SignerRole

_NAMES = ("ĐOÀN THẠCH KHUÊ", "ỦY BAN NHÂN DÂN THÀNH PHỐ TRỰC THUỘC TRUNG ƯƠNG")


@pytest.mark.parametrize("role", [SignerRole.PERSON, SignerRole.AGENCY_SEAL], ids=str)
def test_long_names_fit_the_frame_of_a_role(role: SignerRole) -> None:
    width, height = size_of(role)
    lines = written_lines(_NAMES, (width, height))
    assert lines[0].startswith("ĐOÀN THẠCH")
    assert len(lines) * LEADING <= height
    assert max(typeface().set_line(one).width(TEXT_SIZE) for one in lines) <= width


def test_what_has_no_room_is_left_out() -> None:
    assert written_lines(_NAMES, (200.0, 12.0)) == ("ĐOÀN THẠCH KHUÊ",)
    assert written_lines(("",), (200.0, 12.0)) == ()
    assert written_lines(_NAMES, (200.0, 5.0)) == ()
