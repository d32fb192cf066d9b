"""What verbs print is theirs: texts of others begin no line and steer no terminal."""

import pytest

from exchange.commands.output import Output, Progress, Refusal
from schemas.errors import Text

STEERING = ["\n", "\r", "\x1b[2J", "\x9b2J", "\u2028", "\u202e", "\t", "\x85", "\x08"]
"""The hub takes all of XML 1.0 in a subject, line feeds and U+009B among it."""

HEADS = (Text("Nơi gửi", "From"), Text("Trích yếu", "Subject"))


def require_harmless(shown: str, *, lines: int) -> None:
    *all_lines, rest = shown.split("\n")
    assert (len(all_lines), rest) == (lines, "")
    assert [one for one in all_lines if not one.isprintable()] == []


@pytest.mark.parametrize("steering", STEERING, ids=ascii)
def test_a_row_of_a_table_is_one_line(
    capsys: pytest.CaptureFixture[str], steering: str
) -> None:
    forged = f"Công văn{steering}H99.2  Quyết định giả"
    Output().table(HEADS, [["H99.1", forged], ["H99.3", "Thông báo"]])

    shown = capsys.readouterr().out
    require_harmless(shown, lines=3)
    assert "Công văn" in shown.split("\n")[1]
    assert "Quyết định giả" in shown.split("\n")[1]


@pytest.mark.parametrize("steering", STEERING, ids=ascii)
def test_the_place_of_a_refusal_stays_in_its_line(
    capsys: pytest.CaptureFixture[str], steering: str
) -> None:
    said = Text("Tệp bị từ chối", "The file is refused")
    refusal = Refusal(
        code="not_signed", side="file", place=f"a{steering}b", message=said, next=said
    )
    Output(language="en").refuse(refusal)
    require_harmless(capsys.readouterr().err, lines=3)


@pytest.mark.parametrize("steering", STEERING, ids=ascii)
def test_progress_stays_in_its_line(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    steering: str,
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    Progress(1, Output()).step(f"văn{steering}bản.pdf")
    drawn = capsys.readouterr().err.removeprefix("\r")
    require_harmless(drawn, lines=1)
    assert "bản.pdf" in drawn
