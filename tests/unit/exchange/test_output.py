"""What others wrote steers no terminal and forges no line of ours."""

import json
import unicodedata

import pytest

from exchange.commands.output import Output, Progress, Refusal
from schemas.errors import Text

STEERING = (
    "\x1b]0;title\x07",
    "\x1b[2J",
    "\x9b2J",
    "\r",
    "\x7f\x08",
    "\u200f",
    "\u061c",
    "\u202e",
    "\u2066",
)
HEADS = (Text("Mã", "Id"), Text("Trích yếu", "Subject"))


def steers(text: str) -> bool:
    return any(
        (unicodedata.category(one) == "Cc" and one != "\n")
        or one in "\u061c\u200f\u202e\u2066"
        for one in text
    )


@pytest.mark.parametrize("hostile", STEERING)
def test_words_of_others_are_shown_without_what_steers_a_terminal(
    capfd: pytest.CaptureFixture[str], hostile: str
) -> None:
    output, subject = Output(), f"Giấy mời{hostile}họp"
    place = Refusal(
        code="x",
        side="hub",
        place=subject,
        message=Text(subject, ""),
        next=Text("", ""),
    )

    output.say(Text(subject, ""))
    output.show(subject)
    output.result({}, Text(subject, ""))
    output.table(HEADS, [["1", subject]])
    output.refuse(place)

    said = capfd.readouterr()
    assert not steers(said.out + said.err)
    assert said.out.count("Giấy mời") == 4
    assert "họp" in said.err


@pytest.mark.parametrize("end", ["\n", "\r\n", "\x0b", "\x85", "\u2028"])
def test_row_of_a_table_and_place_of_a_refusal_are_one_line(
    capfd: pytest.CaptureFixture[str], end: str
) -> None:
    forged = f"Giấy mời{end}2   H01  văn bản"

    Output().table(HEADS, [["1", forged], ["3", "Công văn"]])
    lines = capfd.readouterr().out.split("\n")
    refusal = Refusal(
        code="x", side="hub", place=forged, message=Text("a", ""), next=Text("b", "")
    )
    described = Output().describe(refusal)

    assert len(lines) == 4
    assert lines[1].startswith("1   Giấy mời ")
    assert described.count("\n") == 2


def test_text_that_steers_nothing_is_shown_as_it_is(
    capfd: pytest.CaptureFixture[str],
) -> None:
    text = "Về\u00a0việc  “họp” – số 5/2026\u200b\n\tdòng hai: Nguye\u0302\u0303n"

    Output().show(text)

    assert capfd.readouterr().out == f"{text}\n"


def test_program_gets_the_same_words_in_json_that_steers_nothing_either(
    capfd: pytest.CaptureFixture[str],
) -> None:
    fields = {"subject": "Giấy\nmời" + "".join(STEERING)}

    Output(as_json=True).result(fields)
    Output(as_json=True).line(fields)

    said = capfd.readouterr().out
    assert not steers(said)
    whole, line = said.rsplit("\n", 2)[:2]
    assert json.loads(whole) == json.loads(line) == fields


def test_label_of_a_progress_bar_is_one_line_without_what_steers(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)

    Progress(1, Output()).step("tệp\x1b[2J\n.pdf")

    drawn = capfd.readouterr().err
    assert not steers(drawn.removeprefix("\r"))
    assert drawn.count("\n") == 1
