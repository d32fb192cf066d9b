"""A stored log that is not what its entries make is named at the first such entry."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from exchange.domain.log_entries import LogLeaf
from exchange.storage.memory import MemoryStorage
from exchange.usecases.audit_log import audit_leaves
from schemas.errors import ErrorCode, SchemaError
from tests.support.stored import acceptance


async def stored_leaves() -> list[LogLeaf]:
    storage = MemoryStorage()
    for number in range(9):
        await storage.envelopes.accept(acceptance(number))
    await storage.log.sequence(limit=100)
    return list(await storage.log.leaves(0, limit=100))


def other(leaf: LogLeaf, *, node: int) -> LogLeaf:
    nodes = list(leaf.nodes)
    nodes[node] = bytes(32)
    return replace(leaf, nodes=tuple(nodes))


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (3, lambda one: replace(one, content=b"{}")),
        (5, lambda one: replace(one, index=6)),
        (7, lambda one: other(one, node=0)),
        (7, lambda one: other(one, node=3)),
        (7, lambda one: replace(one, nodes=one.nodes[:-1])),
    ],
)
async def test_changed_leaf_is_named(
    number: int, change: Callable[[LogLeaf], LogLeaf]
) -> None:
    leaves = await stored_leaves()
    audit_leaves((), 0, tuple(leaves))
    leaves[number] = change(leaves[number])
    with pytest.raises(SchemaError) as caught:
        audit_leaves((), 0, tuple(leaves))
    assert caught.value.code is ErrorCode.LOG_PROOF_INVALID
    assert caught.value.place == str(number)


async def test_missing_leaf_is_named() -> None:
    leaves = await stored_leaves()
    del leaves[4]
    with pytest.raises(SchemaError) as caught:
        audit_leaves((), 0, tuple(leaves))
    assert caught.value.place == "4"
