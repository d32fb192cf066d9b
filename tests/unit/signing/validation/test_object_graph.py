"""The ways to an object are those that pyHanko finds, read once for all revisions."""

from collections.abc import Iterator
from io import BytesIO
from random import Random

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader

from signing.validation.object_graph import ObjectGraph
from signing.validation.revision_objects import Key, Path, key_of
from signing.validation.work import BudgetExceeded, Work
from tests.support.judged_pdf import sealed, sealed_unseen
from tests.support.large_pdf import many_pages_pdf
from tests.support.later_revisions import appended, new_title, revised, text_field
from tests.support.small_pdf import small_pdf
from tests.support.tangled_pdf import tangled_pdf

Ways = dict[Key, set[Path]]
PLENTY = 50_000_000


def by_the_library(reader: PdfFileReader, revision: int) -> Ways | None:
    """Return all ways as pyHanko finds them; None where it refuses the file."""
    resolver = HistoricalResolver(reader, revision)
    try:
        resolver._load_reverse_xref_cache()
    except Exception:  # noqa: BLE001 - it raises anything
        return None
    found = resolver._indirect_object_access_cache or {}
    return {key_of(one): {way.path for way in ways} for one, ways in found.items()}


def compared(data: bytes) -> Iterator[tuple[Ways, Ways]]:
    """Give the ways by the library and by the graph, for each revision."""
    reader = PdfFileReader(BytesIO(data))
    graph = ObjectGraph(PdfFileReader(BytesIO(data)), Work(PLENTY))
    for revision in range(reader.total_revisions):
        expected = by_the_library(reader, revision)
        if expected is None:
            return
        graph.move_to(revision)
        objects = {key_of(one) for one in _all_references(reader)}
        yield (
            {one: expected.get(one, set()) for one in objects},
            {one: set(graph.usages(one)) for one in objects},
        )


def _all_references(reader: PdfFileReader) -> Iterator[generic.Reference]:
    for revision in range(reader.total_revisions):
        yield from reader.xrefs.explicit_refs_in_revision(revision)


@pytest.mark.parametrize("build", [sealed, sealed_unseen], ids=["shown", "unseen"])
def test_ways_in_signed_letters_are_those_of_the_library(build: object) -> None:
    assert callable(build)
    changed = revised(revised(build(), text_field), new_title)
    pairs = list(compared(changed))
    assert len(pairs) == 5
    assert all(expected == found for expected, found in pairs)


def test_ways_in_tangled_files_are_those_of_the_library() -> None:
    """Shared objects, loops, links between pages, a structure tree, rewritten parts."""
    revisions = ways = 0
    for seed in range(60):
        for expected, found in compared(tangled_pdf(Random(seed))):
            assert found == expected, seed
            revisions += 1
            ways += sum(map(len, expected.values()))
    assert revisions > 100
    assert ways > 2000


def test_many_pages_are_read_once() -> None:
    """Further revisions cost what they wrote, not what the file has."""
    data = many_pages_pdf(500)
    for _ in range(4):
        data = appended(data, {4: b"<< /Type /Page /Parent 2 0 R >>"})
    work = Work(PLENTY)
    graph = ObjectGraph(PdfFileReader(BytesIO(data)), work)
    spent = []
    for revision in range(4):
        before = work.left
        graph.move_to(revision)
        assert graph.usages((4, 0)) == {("/Root", "/Pages", "/Kids", 0)}
        spent.append(before - work.left)
    assert spent[0] > 500 * 100
    assert max(spent[1:]) < spent[0] / 50


def test_ways_without_end_meet_the_budget() -> None:
    """Ten objects that each refer twice to the next, and so on: 2 to the 40th ways."""
    layers = {
        number: f"<< /A {number + 1} 0 R /B [{number + 1} 0 R] >>"
        for number in range(4, 44)
    }
    data = small_pdf({**layers, 44: "<< >>"}, catalog="/X 4 0 R")
    graph = ObjectGraph(PdfFileReader(BytesIO(data)), Work(100_000))
    graph.move_to(0)
    with pytest.raises(BudgetExceeded):
        graph.usages((44, 0))
