"""The tree is compared with RFC 6962 section 2.1, written down naively."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import merkle
from schemas.errors import ErrorCode, SchemaError

LARGEST = 130


def entries(size: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(size)]


def naive_root(data: Sequence[bytes]) -> bytes:
    if not data:
        return hashlib.sha256(b"").digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    split = naive_split(len(data))
    both = naive_root(data[:split]) + naive_root(data[split:])
    return hashlib.sha256(b"\x01" + both).digest()


def naive_path(index: int, data: Sequence[bytes]) -> list[bytes]:
    if len(data) == 1:
        return []
    split = naive_split(len(data))
    if index < split:
        return [*naive_path(index, data[:split]), naive_root(data[split:])]
    return [*naive_path(index - split, data[split:]), naive_root(data[:split])]


def naive_split(size: int) -> int:
    split = 1
    while split * 2 < size:
        split *= 2
    return split


def grow(size: int) -> tuple[tuple[bytes, ...], dict[merkle.Coordinates, bytes]]:
    frontier: tuple[bytes, ...] = ()
    nodes: dict[merkle.Coordinates, bytes] = {}
    for number, data in enumerate(entries(size)):
        done = merkle.append(frontier, number, merkle.leaf_hash(data))
        frontier = done.frontier
        nodes.update(done.completed)
    return frontier, nodes


FRONTIER, NODES = grow(LARGEST)


def node(level: int, index: int) -> bytes:
    return NODES[level, index]


@pytest.mark.parametrize("size", range(LARGEST + 1))
def test_root_equals_the_recursive_definition(size: int) -> None:
    frontier, _ = grow(size)
    expected = naive_root(entries(size))
    assert merkle.root(frontier) == expected
    assert merkle.root_of(size, node) == expected


@pytest.mark.parametrize("size", range(LARGEST + 1))
def test_frontier_is_the_stored_nodes_at_its_coordinates(size: int) -> None:
    frontier, nodes = grow(size)
    named = merkle.frontier_coordinates(size)
    assert frontier == tuple(nodes[one] for one in named)


@pytest.mark.parametrize("size", range(1, LARGEST + 1, 3))
def test_path_equals_the_recursive_definition_and_verifies(size: int) -> None:
    data = entries(size)
    root = naive_root(data)
    for index in range(size):
        path = merkle.inclusion_path(index, size, node)
        assert list(path) == naive_path(index, data)
        leaf = merkle.leaf_hash(data[index])
        merkle.verify_inclusion(leaf, path, index=index, size=size, root=root)


@given(st.data())
def test_path_reads_exactly_the_coordinates_it_announces(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, LARGEST))
    index = data.draw(st.integers(0, size - 1))
    read: set[merkle.Coordinates] = set()

    def recording(level: int, place: int) -> bytes:
        read.add((level, place))
        return NODES[level, place]

    merkle.inclusion_path(index, size, recording)
    assert read == merkle.inclusion_coordinates(index, size)


@given(st.data())
def test_proof_for_another_place_size_or_leaf_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, LARGEST))
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda one: one != index))
    path = merkle.inclusion_path(index, size, node)
    leaf = merkle.leaf_hash(b"entry %d" % index)
    root = merkle.root_of(size, node)
    for wrong_leaf, wrong_path, wrong_index, wrong_size in (
        (leaf, path, other, size),
        (merkle.leaf_hash(b"other"), path, index, size),
        (leaf, path[:-1], index, size),
        (leaf, (*path, path[-1]), index, size),
        (leaf, (b"\x00" * 32, *path[1:]), index, size),
        (leaf, path, size, size),
        (leaf, path, -1, size),
    ):
        with pytest.raises(SchemaError) as refused:
            merkle.verify_inclusion(
                wrong_leaf, wrong_path, index=wrong_index, size=wrong_size, root=root
            )
        assert refused.value.code is ErrorCode.LOG_PROOF_INVALID


def test_leaf_and_node_hashes_never_meet() -> None:
    left, right = merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b")
    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)


def test_append_refuses_a_frontier_of_another_size() -> None:
    with pytest.raises(ValueError, match="frontier"):
        merkle.append((), 1, merkle.leaf_hash(b"a"))


def test_a_leaf_outside_the_tree_has_no_path() -> None:
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion_path(3, 3, node)


def naive_proof(
    first: int, data: Sequence[bytes], *, whole: bool = True
) -> list[bytes]:
    """RFC 6962 section 2.1.2, SUBPROOF."""
    if first == len(data):
        return [] if whole else [naive_root(data)]
    split = naive_split(len(data))
    if first <= split:
        deeper = naive_proof(first, data[:split], whole=whole)
        return [*deeper, naive_root(data[split:])]
    deeper = naive_proof(first - split, data[split:], whole=False)
    return [*deeper, naive_root(data[:split])]


def root_at(size: int) -> bytes:
    return naive_root(entries(size))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 127, 128, 130])
def test_consistency_path_is_that_of_the_rfc_and_holds(size: int) -> None:
    for first in range(1, size + 1):
        path = merkle.consistency_path(first, size, node)
        assert list(path) == naive_proof(first, entries(size))
        merkle.verify_consistency(
            path, first=(first, root_at(first)), second=(size, root_at(size))
        )
        assert path_by_named_nodes(first, size) == path


def path_by_named_nodes(first: int, size: int) -> tuple[bytes, ...]:
    """The path when no node is at hand but those it says it reads."""
    named = {at: NODES[at] for at in merkle.consistency_coordinates(first, size)}

    def only_named(level: int, index: int) -> bytes:
        return named[level, index]

    return merkle.consistency_path(first, size, only_named)


def test_every_log_begins_with_the_empty_one() -> None:
    assert merkle.consistency_path(0, 9, node) == ()
    merkle.verify_consistency((), first=(0, merkle.EMPTY_ROOT), second=(9, root_at(9)))
    with pytest.raises(SchemaError):
        merkle.verify_consistency((), first=(0, root_at(1)), second=(9, root_at(9)))


@given(st.data())
def test_changed_proof_of_consistency_holds_no_more(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, LARGEST))
    first = data.draw(st.integers(1, size))
    path = list(merkle.consistency_path(first, size, node))
    roots = {"first": (first, root_at(first)), "second": (size, root_at(size))}
    change = data.draw(st.sampled_from(["first", "second", "path", "more", "fewer"]))
    if change in roots:
        roots[change] = (roots[change][0], hashlib.sha256(b"x").digest())
    elif change == "path" and path:
        path[data.draw(st.integers(0, len(path) - 1))] = hashlib.sha256(b"x").digest()
    elif change == "fewer" and path:
        path.pop()
    else:
        path.append(hashlib.sha256(b"x").digest())
    with pytest.raises(SchemaError) as caught:
        merkle.verify_consistency(path, **roots)
    assert caught.value.code is ErrorCode.LOG_PROOF_INVALID


@pytest.mark.parametrize(("first", "size"), [(-1, 3), (4, 3)])
def test_log_that_shrank_is_consistent_with_nothing(first: int, size: int) -> None:
    with pytest.raises(ValueError, match="no beginning"):
        merkle.consistency_path(first, size, node)
    with pytest.raises(SchemaError):
        merkle.verify_consistency(
            (), first=(first, bytes(32)), second=(size, root_at(size))
        )
