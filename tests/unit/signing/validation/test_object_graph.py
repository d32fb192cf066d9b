"""The ways to an object are those that pyHanko finds, read once for all revisions.

And one for each reference on none of them: the library passes over some.
"""

from collections.abc import Iterator
from io import BytesIO
from random import Random
from typing import Any

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader

from signing.validation.object_graph import ObjectGraph
from signing.validation.revision_objects import TRAILER, Key, Path, key_of
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


def by_references_left_out(reader: PdfFileReader, revision: int, ways: Ways) -> Ways:
    """Return the ways that are right beside those of the library, and no others.

    Each really leads to its object, by a reference that none of the library's takes.
    """
    resolver = HistoricalResolver(reader, revision)
    expected = by_the_library(reader, revision) or {}
    found: Ways = {}
    for key, whole in ways.items():
        taken = {_last(resolver, way) for way in expected.get(key, ())}
        further = whole - expected.get(key, set())
        arrived = [_last(resolver, way) for way in further]
        assert all(target == key for _, _, target in arrived)
        assert taken.isdisjoint(arrived)
        assert len(set(arrived)) == len(arrived)
        found[key] = further
    return found


def _last(resolver: HistoricalResolver, way: Path) -> tuple[Key, Path, Key]:
    """Return the reference by which a way comes to its object."""
    source, inside, found = TRAILER, list[str | int](), None
    value: Any = resolver.trailer_view
    for step in way:
        if isinstance(value, generic.IndirectObject):
            source, inside = key_of(value), []
            value = resolver(value.reference)
        value = value.raw_get(step)
        inside.append(step)
        found = value
    assert isinstance(found, generic.IndirectObject)
    return source, tuple(inside), key_of(found)


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


def test_ways_in_tangled_files_are_those_of_the_library_and_what_it_leaves_out() -> (
    None
):
    """Shared objects, loops, links between pages, a structure tree, rewritten parts."""
    revisions = ways = more = 0
    for seed in range(60):
        data = tangled_pdf(Random(seed))
        reader = PdfFileReader(BytesIO(data))
        for revision, (expected, found) in enumerate(compared(data)):
            further = by_references_left_out(reader, revision, found)
            assert found == {key: expected[key] | further[key] for key in found}, seed
            revisions += 1
            ways += sum(map(len, expected.values()))
            more += sum(map(len, further.values()))
    assert revisions > 100
    assert ways > 2000
    assert more > 100


_ELEMENTS = "/StructTreeRoot << /K [5 0 R] >>"


@pytest.mark.parametrize(
    ("catalog", "page", "fifth"),
    [
        ("", "/Resources << /Font << /Parent 4 0 R >> >>", "null"),
        ("", "/Resources << /Font 5 0 R >>", "<< /Parent 4 0 R >>"),
        (
            _ELEMENTS,
            "/Resources << /XObject << /X 5 0 R >> >>",
            "<< /Resources << /Font << /P 4 0 R >> >> >>",
        ),
        ("/StructTreeRoot 3 0 R", "/K [5 0 R]", "<< /Resources << /F 4 0 R >> >>"),
        ("/StructTreeRoot << /K [3 0 R] >>", "/Resources << /F 4 0 R >>", "null"),
    ],
    ids=["name", "object", "structure", "structure of a page", "page in the structure"],
)
def test_object_is_seen_to_be_used_under_whatever_name(
    catalog: str, page: str, fifth: str
) -> None:
    """Names of fonts are the author's; the library passes over some of them."""
    objects = {4: "<< /Title (x) >>", 5: fifth}
    data = small_pdf(objects, catalog=f"{catalog} /X 4 0 R", page=page)
    data = data.replace(b"/Type /Page /Parent", b"/Tipo /Page /Parent")
    graph = ObjectGraph(PdfFileReader(BytesIO(data)), Work(PLENTY))
    graph.move_to(0)
    ways = graph.usages((4, 0))
    assert ("/Root", "/X") in ways
    assert len(ways) == 2


def test_parent_that_is_not_there_is_found() -> None:
    """An object that comes later would be drawn under the name of a font."""
    data = small_pdf(page="/Resources << /Font << /Parent 99 0 R >> >>")
    graph = ObjectGraph(PdfFileReader(BytesIO(data)), Work(PLENTY))
    graph.move_to(0)
    (way,) = graph.usages((99, 0))
    assert way[-3:] == ("/Resources", "/Font", "/Parent")


def test_kids_of_a_field_do_not_use_it_as_anything_else() -> None:
    form = "/AcroForm << /Fields [4 0 R] >>"
    kid = "<< /Subtype /Widget /Rect [0 0 1 1] /Parent 4 0 R >>"
    objects = {4: "<< /T (a) /FT /Sig /Kids [5 0 R] >>", 5: kid}
    data = small_pdf(objects, catalog=form, page="/Annots [5 0 R]")
    graph = ObjectGraph(PdfFileReader(BytesIO(data)), Work(PLENTY))
    graph.move_to(0)
    assert graph.usages((4, 0)) == {("/Root", "/AcroForm", "/Fields", 0)}


def work_for_fields_with_kids(count: int) -> int:
    """Return what the ways to all fields of a form cost, each with a kid."""
    numbers = range(5, 5 + 2 * count, 2)
    fields = " ".join(f"{number} 0 R" for number in numbers)
    widgets = " ".join(f"{number + 1} 0 R" for number in numbers)
    objects = {4: f"<< /Fields [{fields}] >>"}
    for number in numbers:
        objects[number] = f"<< /T (f{number}) /FT /Tx /Kids [{number + 1} 0 R] >>"
        objects[number + 1] = f"<< /Subtype /Widget /Parent {number} 0 R >>"
    data = small_pdf(objects, catalog="/AcroForm 4 0 R", page=f"/Annots [{widgets}]")
    work = Work(PLENTY)
    graph = ObjectGraph(PdfFileReader(BytesIO(data)), work)
    graph.move_to(0)
    before = work.left
    for number in numbers:
        assert len(graph.usages((number, 0))) == 1
    return before - work.left


def test_twice_the_fields_with_kids_are_twice_the_work() -> None:
    assert work_for_fields_with_kids(200) < 2.5 * work_for_fields_with_kids(100)


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
