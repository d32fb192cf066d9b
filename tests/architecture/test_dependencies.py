"""What comes from others is one tested version each, and none that is known to harm."""

import re
from collections.abc import Iterator
from importlib.metadata import requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.imports import ROOT

_ROOMS = ("schemas", "pki", "signing", "exchange", "clients")
_PARSERS = re.compile(
    r"XMLParser|etree\.(fromstring|parse|iterparse|XML)\b"
    r"|xml\.(dom|sax|etree|parsers)|expat"
)
_SECOND_LIBXML2 = {"xmlsec", "libxml2-python3", "libxslt-python", "pyxmlsec"}
"""Bindings that load a libxml2 of their own beside the one within lxml: the two
corrupt each other's memory."""


def _locked() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    pairs = (one.partition("==") for one in lines if one)
    return {str(canonicalize_name(name)): version for name, _, version in pairs}


def _needed(distribution: str, extra: str) -> Iterator[str]:
    """Yield all that `distribution` with `extra` brings along, directly or not."""
    for text in requires(distribution) or []:
        one = Requirement(text)
        if one.marker and not one.marker.evaluate({"extra": extra}):
            continue
        if canonicalize_name(one.name) == canonicalize_name(distribution):
            for name in one.extras:
                yield from _needed(distribution, name)
            continue
        yield str(canonicalize_name(one.name))
        for name in one.extras or {""}:
            yield from _needed(one.name, name)


def test_every_library_is_one_exact_version() -> None:
    locked = _locked()

    assert set(_needed("lienthong", "dev")) <= set(locked)
    assert all(re.fullmatch(r"[0-9][0-9A-Za-z.]*", one) for one in locked.values())


def test_no_second_libxml2_comes_along() -> None:
    assert _locked().keys().isdisjoint(_SECOND_LIBXML2)


def test_xml_is_parsed_in_one_place() -> None:
    """So that its limits hold for messages, statuses, receipts and reports alike."""
    found = {
        path.relative_to(ROOT).as_posix()
        for room in _ROOMS
        for path in (ROOT / room).rglob("*.py")
        if _PARSERS.search(path.read_text("utf-8"))
    }
    assert found == {"schemas/xml.py"}
