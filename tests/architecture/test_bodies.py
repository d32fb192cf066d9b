"""What a peer sends is decoded by what the hub names, never by what the peer names.

aiohttp reads Content-Type by the grammar of mail: it takes the square of the header's
length, and decodes parameters and bodies by any charset of Python (`punycode` takes
the square of the body's length).
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.imports import ROOT

PEERS = {"request", "_request", "answer", "response", "part"}
READERS = {"content_type", "charset", "post", "text", "json"}
READERS |= {"form", "get_charset", "filename"}
SOURCES = ("clients", "exchange")


def _named(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _peers_words(source: str) -> Iterator[str]:
    """Yield where a source lets aiohttp decode what a peer sent."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Attribute) or node.attr not in READERS:
            continue
        if (peer := _named(node.value)) in PEERS:
            yield f"{node.lineno}: {peer}.{node.attr}"


@pytest.mark.parametrize(
    "line", ["await request.post()", "self._request.charset", "await answer.json()"]
)
def test_decoding_by_the_word_of_a_peer_is_seen(line: str) -> None:
    source = f"async def f(self, request, answer):\n    {line}\n"
    assert list(_peers_words(source))


def test_nothing_is_decoded_by_the_word_of_a_peer() -> None:
    found = {
        str(path.relative_to(ROOT)): words
        for path in _sources()
        if (words := list(_peers_words(path.read_text("utf-8"))))
    }
    assert found == {}


def _sources() -> Iterator[Path]:
    return (path for one in SOURCES for path in (ROOT / one).rglob("*.py"))
