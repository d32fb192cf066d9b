"""Which object of a file refers to which, at one revision after the other.

pyHanko finds the ways on which an object is reached by walking the whole file again
for every signature. Here each object is read once; a revision changes what it wrote;
and only ways to the objects in question are followed. The rules on which ways count
are those of the library, and a test compares both.

The library leaves out ways by names that an author may choose for a font, and those
into pages and structure elements from elsewhere. So a reference that none of its ways
takes is a way of its own here: whoever uses an object is seen.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from pyhanko.pdf_utils.reader import PdfFileReader

from signing.validation.page_ways import PageTree, read_page_tree
from signing.validation.references import PARENT, Edge, edges_in
from signing.validation.revision_objects import TRAILER, Key, Path, RevisionObjects
from signing.validation.structure_tree import StructureTree, read_structure_tree
from signing.validation.work import Work

_STRUCTURE = ("/Root", "/StructTreeRoot", "/K")
_FORM = "/AcroForm"
_FORM_STEPS = frozenset({"/Fields", "/Kids"})

_Taken = set[tuple[Key, Path, Key]]
"""References by which a way came to an object: from where, and where inside it."""


class ObjectGraph:
    """The objects that a revision reaches, and where each is referred to.

    Args:
        reader: of the file.
        work: what may be spent.
    """

    def __init__(self, reader: PdfFileReader, work: Work) -> None:
        self._objects = RevisionObjects(reader, work)
        self._work = work
        self._edges: dict[Key, tuple[Edge, ...]] = {}
        self._users: dict[Key, dict[Key, list[Path]]] = defaultdict(dict)
        self._generations: dict[int, set[int]] = defaultdict(set)
        self._found: dict[Key, set[Path]] = {}
        self._form: frozenset[Key] | None = None
        self._pages: PageTree | None = None
        self._structure: StructureTree | None = None

    def move_to(self, revision: int) -> None:
        """Show the file as it was at `revision`, cheaply if that is a later one.

        Raises:
            BudgetExceeded: more work than is allowed.
            Exception: whatever a malformed file makes pyHanko raise.
        """
        before = self._objects.revision
        if revision == before:
            return
        self._objects.revision = revision
        self._found, self._form = {}, None
        if before < 0 or revision < before:
            self._edges, self._users = {}, defaultdict(dict)
            self._pages = self._structure = None
            self._read([TRAILER])
        else:
            self._renew(self._objects.written(before, revision))

    @property
    def pages(self) -> PageTree:
        """The tree of pages.

        Raises:
            PdfReadError: a page is in it twice.
        """
        if self._pages is None:
            self._pages = read_page_tree(self._objects)
        return self._pages

    def changed_pages(self, until: int) -> Collection[Key] | None:
        """Return the pages that later revisions wrote, None if they wrote the tree.

        Args:
            until: the last of those revisions.
        """
        return self.pages.changed(self._objects.written(self._objects.revision, until))

    def usages(self, key: Key) -> Collection[Path]:
        """Return the ways from the trailer to an object.

        Raises:
            BudgetExceeded: there are more than may be followed.
        """
        if key not in self._found:
            asked = {key, *self._later(), *self._fields()} - self._found.keys()
            self._found |= {one: set() for one in asked}
            used = {one for one in asked if self._users.get(one)}
            taken = self._follow(used)
            for one in used:
                self._found[one].update(self._further_ways(one, taken))
        return self._found[key]

    def references_to(self, key: Key) -> Iterator[tuple[Key, Path]]:
        """Give the objects that refer to one, and where inside them, on any way."""
        for source, paths in self._users.get(key, {}).items():
            self._work.spend(len(paths))
            yield from ((source, path) for path in paths)

    def is_used_otherwise(self, key: Key) -> bool:
        """Tell whether anything refers to an object's number in another generation.

        Some readers go by the number alone.
        """
        number, generation = key
        others = {0, *self._generations.get(number, ())} - {generation}
        return any(self._users.get((number, one)) for one in others)

    def _later(self) -> Iterable[Key]:
        return self._objects.written(self._objects.revision, self._objects.last)

    def _read(self, waiting: list[Key]) -> None:
        while waiting:
            key = waiting.pop()
            if key in self._edges:
                continue
            edges = tuple(edges_in(self._objects.read(key), self._work))
            self._edges[key] = edges
            for path, target in edges:
                self._users[target].setdefault(key, []).append(path)
                number, generation = target
                if generation:
                    self._generations[number].add(generation)
                waiting.append(target)

    def _renew(self, written: Collection[Key]) -> None:
        """Read again what was written, unless nothing refers to it any more."""
        stale = [TRAILER, *(one for one in written if one in self._edges)]
        for key in stale:
            for _, target in self._edges.pop(key):
                self._users[target].pop(key, None)
        self._read([one for one in stale if one == TRAILER or self._users.get(one)])
        if self._pages is not None:
            self._pages = self._pages.renewed(self._objects, written)
        if self._structure and not self._structure.holds(self._objects, written):
            self._structure = None

    def _fields(self) -> frozenset[Key]:
        """Return the objects of the form: rules ask for the ways to every field."""
        if self._form is None:
            self._form = frozenset(self._walk_form())
        return self._form

    def _walk_form(self) -> Iterator[Key]:
        roots = (key for path, key in self._edges[TRAILER] if path == ("/Root",))
        waiting = [
            (path[1:], target)
            for root in roots
            for path, target in self._edges.get(root, ())
            if path[0] == _FORM
        ]
        seen: set[Key] = set()
        while waiting:
            path, key = waiting.pop()
            if key in seen or not all(map(_leads_to_fields, path)):
                continue
            self._work.spend(1)
            seen.add(key)
            yield key
            waiting += self._edges.get(key, ())

    def _further_ways(self, key: Key, taken: _Taken) -> Iterator[Path]:
        """Give a way for each reference to an object that was not taken.

        Pages are left out: everything that shows refers to its page.
        """
        if key in self.pages.paths:
            return
        others = [
            (source, path)
            for source, path in self.references_to(key)
            if (source, path, key) not in taken and not self._is_kid(source, path, key)
        ]
        if not others:
            return
        ways = self._ways_round(key)
        yield from (ways[source] + path for source, path in others if source in ways)

    def _is_kid(self, source: Key, path: Path, key: Key) -> bool:
        """Tell whether a field of the form names another one as the one above it."""
        return path == (PARENT,) and {source, key} <= self._fields()

    def _ways_round(self, key: Key) -> Mapping[Key, Path]:
        """Return one way to each object that is reached without passing `key`."""
        ways: dict[Key, Path] = {TRAILER: ()}
        waiting = [TRAILER]
        while waiting:
            source = waiting.pop()
            for path, target in self._edges.get(source, ()):
                self._work.spend(1)
                if target != key and target not in ways:
                    ways[target] = ways[source] + path
                    waiting.append(target)
        return ways

    def _follow(self, wanted: Collection[Key]) -> _Taken:
        """Collect the ways to the objects in `wanted` (no object twice on a way)."""
        taken: _Taken = set()
        forward = self._towards(wanted)
        pages, structure = self.pages.paths, self._structure_nodes()
        waiting: list[tuple[Key, Path, tuple[Key, ...]]] = [(TRAILER, (), ())]
        while waiting:
            source, way, passed = waiting.pop()
            for path, target in forward.get(source, ()):
                whole = way + path
                self._work.spend(len(whole))
                in_structure = whole[:3] == _STRUCTURE
                if target in passed or (in_structure and "/P" in whole[3:]):
                    continue
                if target in wanted:
                    self._found[target].add(whole)
                    taken.add((source, path, target))
                # A page is entered from the tree of pages, a structure element from
                # the structure: everything else that refers to them would multiply
                # the ways.
                if pages.get(target, whole) != whole:
                    continue
                # Who is both is entered as a page.
                if in_structure or target not in structure or target in pages:
                    waiting.append((target, whole, (*passed, target)))
        return taken

    def _towards(self, wanted: Collection[Key]) -> Mapping[Key, list[Edge]]:
        """Return the references that lie on some way to `wanted`, none to parents."""
        forward: dict[Key, list[Edge]] = defaultdict(list)
        seen, waiting = set(wanted), list(wanted)
        while waiting:
            target = waiting.pop()
            for source, paths in self._users.get(target, {}).items():
                self._work.spend(len(paths))
                ways = [(path, target) for path in paths if PARENT not in path]
                forward[source] += ways
                if ways and source not in seen:
                    seen.add(source)
                    waiting.append(source)
        return forward

    def _structure_nodes(self) -> Collection[Key]:
        if self._structure is None:
            self._structure = read_structure_tree(self._objects)
        return self._structure.nodes


def _leads_to_fields(step: str | int) -> bool:
    return isinstance(step, int) or step in _FORM_STEPS
