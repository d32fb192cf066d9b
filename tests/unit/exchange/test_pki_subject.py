"""Whom a certificate names is the same however it was typed."""

import unicodedata

from exchange.commands.arguments import Parser
from exchange.commands.pki_subject import declare_subject, subject_of
from pki.names import subject_name

NAME = "Đoàn Thạch Khuê"
AGENCY = "Văn phòng Hội đồng nhân dân và Uỷ ban nhân dân huyện Mường Ảng"
UNIT = "Tổ Một cửa"


def test_letters_typed_in_parts_are_certified_as_one() -> None:
    """Keyboards write a tone apart; certificates are compared octet for octet."""
    parser = Parser()
    declare_subject(parser)
    pairs = {"--name": NAME, "--organisation": AGENCY, "--unit": UNIT}
    typed = (
        part
        for option, text in pairs.items()
        for part in (option, unicodedata.normalize("NFD", text))
    )
    names = subject_of(parser.parse_args(["person", *typed]))
    assert (names.common_name, names.organisation, names.unit) == (NAME, AGENCY, UNIT)
    # 62 letters are within the bound of 64; taken apart they were 80.
    assert subject_name(names).public_bytes()
