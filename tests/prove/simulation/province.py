"""The agencies of a province, the systems that act for them, and who merges."""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.identifiers import OrganId, SystemId
from schemas.vocabulary import Level

PROVINCE = OrganId("H99")
ALL_COMMUNES = OrganId("H99_all.commune")
_CENTRAL = (OrganId("G06"), OrganId("G09"), OrganId("G22"))
_PER_MERGER = 5
"""Communes that become one, as in 2025."""


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency of the directory."""

    code: OrganId
    name: str
    level: Level
    parent: OrganId | None = None


@dataclass(frozen=True, slots=True)
class Merger:
    """Communes that become a new one."""

    sources: tuple[OrganId, ...]
    into: OrganId


@dataclass(frozen=True, slots=True, kw_only=True)
class Province:
    """Everybody who takes part.

    Args:
        systems: whom each system acts for, before the mergers.
        mergers: what happens in the middle of the run.
    """

    agencies: tuple[Agency, ...]
    systems: Mapping[SystemId, tuple[OrganId, ...]]
    mergers: tuple[Merger, ...]

    @property
    def communes(self) -> tuple[OrganId, ...]:
        """The communes before the mergers."""
        return tuple(one.code for one in self.agencies if one.level is Level.COMMUNE)

    @property
    def heirs(self) -> Mapping[OrganId, OrganId]:
        """Who takes over from whom in the mergers."""
        return {code: one.into for one in self.mergers for code in one.sources}

    @property
    def acting(self) -> dict[OrganId, SystemId]:
        """The system of each agency, before and after the mergers."""
        found = {code: name for name, codes in self.systems.items() for code in codes}
        for one in self.mergers:
            found[one.into] = found[one.sources[0]]
        return found


def make_province(*, agencies: int, systems: int, merging: int) -> Province:
    """Lay out a province of so many agencies, connected through so many systems."""
    everybody = _agencies(agencies)
    codes = [one.code for one in everybody]
    names = [SystemId(f"qlvb-{number:02}") for number in range(systems)]
    return Province(
        agencies=everybody,
        systems={
            name: tuple(codes[number::systems]) for number, name in enumerate(names)
        },
        mergers=_mergers(
            [one for one in everybody if one.level is Level.COMMUNE][:merging]
        ),
    )


def _agencies(count: int) -> tuple[Agency, ...]:
    central = [Agency(one, f"Bộ {one}", Level.CENTRAL) for one in _CENTRAL]
    top = Agency(PROVINCE, "Ủy ban nhân dân tỉnh Bình Sơn", Level.PROVINCE)
    departments = _below("Sở", Level.DISTRICT, first=1, count=max(2, count // 26))
    communes = count - len(central) - 1 - len(departments)
    return (
        *central,
        top,
        *departments,
        *_below("Ủy ban nhân dân xã", Level.COMMUNE, first=151, count=communes),
    )


def _below(title: str, level: Level, *, first: int, count: int) -> list[Agency]:
    numbers = range(first, first + count)
    return [
        Agency(OrganId(f"H99.{one:02}"), f"{title} {one}", level, PROVINCE)
        for one in numbers
    ]


def _mergers(merging: list[Agency]) -> tuple[Merger, ...]:
    parts = [
        merging[start : start + _PER_MERGER]
        for start in range(0, len(merging), _PER_MERGER)
    ]
    return tuple(
        Merger(tuple(one.code for one in part), OrganId(f"H99.9{number:02}"))
        for number, part in enumerate(parts, start=1)
    )
