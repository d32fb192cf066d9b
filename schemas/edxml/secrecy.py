"""Secrecy marks: a document that bears one is refused by the exchange.

State secrets may not travel here (Decision 28/2018/QĐ-TTg, Circular 41/2017/TT-BTTTT).
A mark is a whole line or a marked field that reads MẬT, TỐI MẬT or TUYỆT MẬT; the
same letters inside a sentence ("bảo mật", "mật độ", "bí mật nhà nước") are none.
"""

import re
import unicodedata
from collections.abc import Iterator

from schemas.edxml.document import EdxmlDocument

_MARKS = {"MẬT": "MẬT", "TỐIMẬT": "TỐI MẬT", "TUYỆTMẬT": "TUYỆT MẬT"}
_PREFIXES = re.compile(r"(?:\s*(?:\[[^\[\]]*\]|\([^()]*\)))+")
_BRACKETED = re.compile(r"\[([^\[\]]*)\]|\(([^()]*)\)")


def is_secrecy_mark_line(line: str) -> bool:
    """Tell whether a whole line is a secrecy mark, however cased or spaced.

    Stamps are often set with wide spacing, which comes out of a PDF as spaces
    between the letters; so white space does not count, nor does what shows nothing
    (zero-width spaces, soft hyphens: Unicode category Cf).
    """
    return _mark(line) is not None


def secrecy_mark(doc: EdxmlDocument) -> str | None:
    """Return the secrecy mark that `doc` bears, None if it bears none.

    Looked at: the header extension; each line of subject and content, and each
    attachment's name and description; the bracketed prefixes of any of these.
    """
    return next(filter(None, map(_mark, _marked_texts(doc))), None)


def _mark(text: str) -> str | None:
    shown = "".join(one for one in text if unicodedata.category(one) != "Cf")
    letters = "".join(unicodedata.normalize("NFC", shown).upper().split())
    return _MARKS.get(letters)


def _marked_texts(doc: EdxmlDocument) -> Iterator[str]:
    yield doc.secrecy
    texts = [doc.subject, doc.content]
    for entry in doc.manifest:
        texts += [entry.attachment_name, entry.description]
    for text in texts:
        yield from text.splitlines()
        prefixes = _PREFIXES.match(text)
        if prefixes:
            found = _BRACKETED.findall(prefixes.group())
            yield from (square or round_ for square, round_ in found)
