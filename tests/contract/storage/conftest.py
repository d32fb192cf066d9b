"""Every contract test runs on each implementation of the storage ports."""

import pytest

from exchange.storage.memory import MemoryStorage
from exchange.storage.ports import Storage


@pytest.fixture(params=["memory", "mongo"])
def storage(request: pytest.FixtureRequest) -> Storage:
    """All ports, with nothing in them."""
    if request.param == "memory":
        return MemoryStorage()
    opened: Storage = request.getfixturevalue("emptied_storage")
    return opened
