"""The directory of one version, as decisions look agencies up in it.

Invariants:
    - A code belongs to one agency for ever; closed, it leads to a successor or ends.
    - Successors never lead back: whoever succeeds is open with no end in sight.
    - The level of an agency comes from the tree, never from its code.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from exchange.domain.access import is_open
from exchange.domain.parties import Agency
from schemas.identifiers import OrganId
from schemas.vocabulary import Level

_Relatives = Mapping[OrganId, tuple[Agency, ...]]


@dataclass(frozen=True, slots=True)
class Directory:
    """All agencies of one version, found by either form of their codes.

    Args:
        children: by the code of every parent they have, or had.
        predecessors: by the code of the agency that took over from them.
    """

    version: int = 0
    by_code: Mapping[OrganId, Agency] = field(default_factory=dict)
    children: _Relatives = field(default_factory=dict)
    predecessors: _Relatives = field(default_factory=dict)

    @classmethod
    def of(cls, agencies: Iterable[Agency], *, version: int) -> "Directory":
        """Index agencies; a code of today wins over one of 2016."""
        found = tuple(agencies)
        old = {one.code_2016: one for one in found if one.code_2016}
        return cls(
            version,
            {**old, **{one.code: one for one in found}},
            _grouped((parent, one) for one in found for parent in _parents(one)),
            _grouped((one.successor, one) for one in found if one.successor),
        )

    def agency(self, code: OrganId) -> Agency | None:
        """Find an agency."""
        return self.by_code.get(code)

    def name_of(self, code: OrganId, at: datetime) -> str | None:
        """Return what an agency is called at a moment; None where nobody knows it.

        The name in its own row is the last one known, which may begin at a later day.
        """
        found = self.agency(code)
        return standing(found, at).name if found else None

    def names(self, at: datetime) -> dict[OrganId, str]:
        """Return what all agencies are called at a moment, by all of their codes."""
        return {code: standing(one, at).name for code, one in self.by_code.items()}

    def succession(self, agency: Agency, at: datetime) -> tuple[Agency, ...]:
        """Return who took over from an agency by then, and from those, in order.

        The last one is open, or closed without a successor; empty if nobody did.
        """
        found = [agency]
        while is_closed(found[-1], at) and found[-1].successor is not None:
            following = self.agency(found[-1].successor)
            if following is None or following in found:
                break
            found.append(following)
        return tuple(found[1:])

    def answerable(self, code: OrganId, at: datetime) -> OrganId:
        """Return who answers for a code at a moment: itself, or who took over last."""
        agency = self.agency(code)
        heirs = self.succession(agency, at) if agency else ()
        return heirs[-1].code if heirs else code

    def inherited(self, code: OrganId, at: datetime) -> frozenset[OrganId]:
        """Return the closed codes that lead to `code` at a moment."""
        found: set[OrganId] = set()
        waiting = [code]
        while waiting:
            for one in self.predecessors.get(waiting.pop(), ()):
                if is_closed(one, at) and one.code not in found:
                    found.add(one.code)
                    waiting.append(one.code)
        return frozenset(found - {code})

    def with_inherited(
        self, codes: Collection[OrganId], at: datetime
    ) -> frozenset[OrganId]:
        """Return codes and the closed ones that lead to them at a moment."""
        return frozenset(codes).union(*(self.inherited(one, at) for one in codes))

    def above(self, agency: Agency, at: datetime) -> tuple[Agency, ...]:
        """Return the agencies above one at a moment, the nearest first."""
        found: list[Agency] = []
        parent = standing(agency, at).parent
        while parent is not None:
            one = self.agency(parent)
            if one is None or one in found:
                break
            found.append(one)
            parent = standing(one, at).parent
        return tuple(found)

    def below(self, agency: Agency, at: datetime) -> Iterator[Agency]:
        """Yield the agencies that are open below one at a moment, as they stand."""
        seen = {agency.code}
        waiting = [agency.code]
        while waiting:
            parent = waiting.pop()
            for one in self.children.get(parent, ()):
                now = standing(one, at)
                if now.parent == parent and one.code not in seen:
                    seen.add(one.code)
                    waiting.append(one.code)
                    if is_open(one, at):
                        yield now

    def below_of_level(
        self, agency: Agency, level: Level, at: datetime
    ) -> tuple[Agency, ...]:
        """Return the open agencies of a level below one, ordered by code."""
        found = (one for one in self.below(agency, at) if one.level is level)
        return tuple(sorted(found, key=lambda one: one.code))


def standing(agency: Agency, at: datetime) -> Agency:
    """Return an agency under the name, parent and level it has at a moment."""
    for one in agency.former:
        if at < one.until:
            return replace(agency, name=one.name, parent=one.parent, level=one.level)
    return agency


def is_closed(agency: Agency, at: datetime) -> bool:
    """Tell whether an agency has ended by a moment."""
    return agency.valid_to is not None and agency.valid_to <= at


def _parents(agency: Agency) -> frozenset[OrganId]:
    every = {agency.parent, *(one.parent for one in agency.former)}
    return frozenset(one for one in every if one is not None)


def _grouped(pairs: Iterable[tuple[OrganId, Agency]]) -> _Relatives:
    found: dict[OrganId, list[Agency]] = defaultdict(list)
    for key, agency in pairs:
        found[key].append(agency)
    return {key: tuple(agencies) for key, agencies in found.items()}
