"""Who owns a certificate: looked up together, and believed for five seconds."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from exchange.domain.parties import System
from exchange.known_systems import REMEMBERED, KnownSystems
from exchange.storage.memory.directory import MemoryDirectory
from exchange.storage.memory.tables import Tables
from schemas.identifiers import SystemId

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
TICK = timedelta(milliseconds=1)


class Asked(MemoryDirectory):
    """A directory that remembers what it was asked for."""

    def __init__(self, *systems: System) -> None:
        self._rows = Tables()
        super().__init__(self._rows)
        self.put(*systems)
        self.questions: list[set[str]] = []

    def put(self, *systems: System) -> None:
        self._rows.systems.clear()
        self._rows.systems.update({one.system_id: one for one in systems})

    async def systems_by_certificates(
        self, sha256s: Collection[str]
    ) -> Mapping[str, System]:
        self.questions.append(set(sha256s))
        return await super().systems_by_certificates(sha256s)


def system(name: str, *certificates: str) -> System:
    return System(
        system_id=SystemId(name),
        name=name,
        certificates=frozenset(certificates),
        acts_for=(),
    )


async def test_system_is_asked_for_once_in_five_seconds() -> None:
    directory, known = Asked(system("a", "aa")), KnownSystems()

    for moment in (NOW, NOW + TICK, NOW + REMEMBERED - TICK):
        assert await known.owner("aa", directory, now=moment) == system("a", "aa")

    assert directory.questions == [{"aa"}]


async def test_who_called_meanwhile_is_asked_for_together() -> None:
    directory, known = Asked(system("a", "aa"), system("b", "bb")), KnownSystems()
    for certificate in ("aa", "bb"):
        await known.owner(certificate, directory, now=NOW)

    await known.owner("bb", directory, now=NOW + REMEMBERED)
    await known.owner("aa", directory, now=NOW + REMEMBERED)

    assert directory.questions == [{"aa"}, {"bb"}, {"aa", "bb"}]


async def test_change_of_a_system_is_noticed_after_five_seconds() -> None:
    directory, known = Asked(system("a", "aa")), KnownSystems()
    await known.owner("aa", directory, now=NOW)
    directory.put(system("a", "bb"))

    assert await known.owner("aa", directory, now=NOW + REMEMBERED) is None
    assert await known.owner("bb", directory, now=NOW + REMEMBERED) is not None


async def test_clock_that_jumped_back_does_not_keep_a_system() -> None:
    directory, known = Asked(system("a", "aa")), KnownSystems()
    await known.owner("aa", directory, now=NOW)
    directory.put()

    assert await known.owner("aa", directory, now=NOW - TICK) is None


async def test_strangers_are_asked_for_alone_and_not_remembered() -> None:
    directory, known = Asked(system("a", "aa")), KnownSystems()
    await known.owner("aa", directory, now=NOW)
    assert await known.owner("zz", directory, now=NOW) is None
    directory.put(system("a", "aa"), system("z", "zz"))

    assert await known.owner("zz", directory, now=NOW + TICK) == system("z", "zz")

    assert directory.questions == [{"aa"}, {"zz"}, {"zz"}]
