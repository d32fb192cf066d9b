"""Changes of agencies: the directory and an order in, the rows that change out.

Invariants:
    - A code that was ever used is never given to another agency, and none that names
      a group is given at all.
    - Whoever succeeds is open at the change, with no end in sight; so successors
      never lead back, and every closed code leads to an open one or ends.
    - The children of an agency that ends go to its successor.
    - What was so before the change stays on record with its last moment.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from exchange.domain.agency_names import agency_name
from exchange.domain.agency_orders import (
    Close,
    Merge,
    Move,
    NewAgency,
    Order,
    Recode,
    Rename,
    Split,
    code_of,
)
from exchange.domain.directory import Directory, standing
from exchange.domain.mail_address import mail_address
from exchange.domain.parties import Agency, FormerStanding
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import OrganId
from schemas.recipient_groups import read_group
from schemas.vocabulary import Level

RANK = {level: rank for rank, level in enumerate(Level)}
"""Central is the highest, 0."""


class AgencyChangeError(CodedError):
    """A change of agencies cannot be; its place names the agency or the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedChange:
    """What an order comes to.

    Args:
        rows: every agency that is new or changes, as it is stored afterwards.
        agencies: those it happens to.
        results: those in their place, or above them after a move.
        successor: where the documents of the closed ones go.
        name: afterwards, where it changes.
    """

    rows: tuple[Agency, ...]
    agencies: tuple[OrganId, ...]
    results: tuple[OrganId, ...] = ()
    successor: OrganId | None = None
    name: str = ""


def decide_change(
    directory: Directory, order: Order, *, effective: datetime, event_id: str
) -> DecidedChange:
    """Return what an order changes from `effective` on.

    Raises:
        AgencyChangeError: an agency is not known (AGENCY_UNKNOWN), a new code was
            used before (AGENCY_CODE_USED), or the change makes no sense
            (AGENCY_CHANGE_REFUSED).
    """
    draft = _Draft(directory, effective, event_id)
    decided = _decide(draft, order)
    draft.require_tree()
    return replace(decided, rows=draft.rows())


def _decide(draft: "_Draft", order: Order) -> DecidedChange:
    match order:
        case Merge():
            return _merge(draft, order)
        case Split():
            return _split(draft, order)
        case Rename():
            return _rename(draft, order)
        case Move():
            return _move(draft, order)
        case Close():
            return _close(draft, order)
        case Recode():
            return _recode(draft, order)


def _refused(place: str) -> AgencyChangeError:
    return AgencyChangeError(ErrorCode.AGENCY_CHANGE_REFUSED, place=place)


@dataclass(slots=True)
class _Draft:
    """The directory while a change is worked out."""

    directory: Directory
    effective: datetime
    event_id: str
    changed: dict[OrganId, Agency] = field(default_factory=dict)

    def rows(self) -> tuple[Agency, ...]:
        return tuple(self.changed[code] for code in sorted(self.changed))

    def find(self, code: OrganId) -> Agency:
        found = self.directory.agency(code)
        known = self.changed.get(found.code if found else code, found)
        if known is None:
            raise AgencyChangeError(ErrorCode.AGENCY_UNKNOWN, place=code)
        return known

    def open(self, code: OrganId) -> Agency:
        """Find an agency that is open at the change, with no end in sight."""
        agency = self.find(code)
        if agency.valid_to is not None or self.effective < agency.valid_from:
            raise _refused(agency.code)
        return agency

    def put(self, agency: Agency) -> None:
        self.changed[agency.code] = agency

    def begin(self, new: NewAgency, like: Agency) -> Agency:
        """Add an agency that begins with the change."""
        for code in (new.code, new.code_2016):
            if code:
                self._require_free(code)
        before = standing(like, self.effective)
        parent = self.open(new.parent).code if new.parent else before.parent
        begun = Agency(
            code=new.code,
            name=_name(new.name),
            parent=parent,
            level=new.level or before.level,
            code_2016=new.code_2016,
            email=_email(new.email.strip()),
            valid_from=self.effective,
        )
        self.put(begun)
        return begun

    def _require_free(self, code: OrganId) -> None:
        """Require that no agency has a code, in either form, and no group."""
        begun = ((one.code, one.code_2016) for one in self.changed.values())
        if self.directory.agency(code) or any(code in codes for codes in begun):
            raise AgencyChangeError(ErrorCode.AGENCY_CODE_USED, place=code)
        if read_group(code) is not None:
            raise _refused(code)

    def result(self, one: OrganId | NewAgency, like: Agency) -> Agency:
        """Find the agency a change leads to, or begin it."""
        if isinstance(one, NewAgency):
            return self.begin(one, like)
        return self.open(one)

    def alter(self, agency: Agency, **values: object) -> None:
        """Change name, parent or level, keeping what was before."""
        if agency.valid_from >= self.effective:
            self.put(replace(agency, **values))  # type: ignore[arg-type]  # by name
            return
        if agency.former and agency.former[-1].until > self.effective:
            # Standings stay in order: what was decided for later comes first to undo.
            raise _refused(f"{agency.code}: {agency.former[-1].until.isoformat()}")
        left = FormerStanding(
            until=self.effective,
            name=agency.name,
            parent=agency.parent,
            level=agency.level,
        )
        former = agency.former
        if not former or former[-1].until < self.effective:
            former = (*former, left)
        self.put(replace(agency, former=former, **values))  # type: ignore[arg-type]

    def end(self, agency: Agency, successor: Agency | None) -> None:
        """Close an agency; its children go to the successor."""
        if self.effective <= agency.valid_from:
            raise _refused(agency.code)
        if agency.former and agency.former[-1].until > self.effective:
            raise _refused(f"{agency.code}: {agency.former[-1].until.isoformat()}")
        self._hand_over_children(agency, successor)
        closed = replace(
            self.find(agency.code),
            valid_to=self.effective,
            successor=successor.code if successor else None,
            closed_by=self.event_id,
        )
        self.put(closed)

    def _hand_over_children(self, agency: Agency, successor: Agency | None) -> None:
        for child in self.directory.children.get(agency.code, ()):
            now = self.find(child.code)
            is_gone = now.valid_to is not None and now.valid_to <= self.effective
            if is_gone or now.parent != agency.code:
                continue
            if successor is None:
                raise _refused(child.code)
            # A successor from below takes the place of what was above it.
            heir = agency.parent if child.code == successor.code else successor.code
            self.alter(now, parent=heir)

    def require_tree(self) -> None:
        """Require of what changed: parents are open and not below, no cycle."""
        for agency in self.changed.values():
            if agency.valid_to is None:
                self._require_rooted(agency)
                self._require_above_children(agency)

    def _require_above_children(self, agency: Agency) -> None:
        for child in self.directory.children.get(agency.code, ()):
            now = self.find(child.code)
            is_other = now.valid_to is not None or now.parent != agency.code
            if not is_other and RANK[now.level] < RANK[agency.level]:
                raise _refused(f"{now.code}: {now.level}")

    def _require_rooted(self, agency: Agency) -> None:
        seen = {agency.code}
        current = agency
        while current.parent is not None:
            above = self.find(current.parent)
            if above.valid_to is not None or above.code in seen:
                raise _refused(f"{current.code} → {above.code}")
            if RANK[current.level] < RANK[above.level]:
                raise _refused(f"{current.code}: {current.level}")
            seen.add(above.code)
            current = above


def _merge(draft: _Draft, order: Merge) -> DecidedChange:
    sources = [draft.open(one) for one in order.sources]
    codes = tuple(one.code for one in sources)
    if not sources or len(set(codes)) < len(codes):
        raise _refused("from")
    into = draft.result(order.into, sources[0])
    ending = [one for one in sources if one.code != into.code]
    if not ending:
        raise _refused(into.code)
    _end_all(draft, ending, into)
    return DecidedChange(
        rows=(),
        agencies=tuple(one.code for one in ending),
        results=(into.code,),
        successor=into.code,
    )


def _split(draft: _Draft, order: Split) -> DecidedChange:
    source = draft.open(order.source)
    parts = [draft.result(one, source) for one in order.parts]
    codes = tuple(one.code for one in parts)
    if not codes or source.code in codes or len(set(codes)) < len(codes):
        raise _refused("into")
    main = draft.find(order.main)
    if main.code not in {*codes, source.code}:
        raise _refused(f"main: {main.code}")
    if main.code != source.code:
        draft.end(draft.find(source.code), main)
    successor = None if main.code == source.code else main.code
    return DecidedChange(
        rows=(), agencies=(source.code,), results=codes, successor=successor
    )


def _rename(draft: _Draft, order: Rename) -> DecidedChange:
    agency, name = draft.open(order.code), _name(order.name)
    if name == agency.name:
        raise _refused("name")
    draft.alter(agency, name=name)
    return DecidedChange(
        rows=(), agencies=(agency.code,), results=(agency.code,), name=name
    )


def _move(draft: _Draft, order: Move) -> DecidedChange:
    agency, parent = draft.open(order.code), draft.open(order.parent)
    level = order.level or agency.level
    if (parent.code, level) == (agency.parent, agency.level):
        raise _refused("parent")
    draft.alter(agency, parent=parent.code, level=level)
    return DecidedChange(rows=(), agencies=(agency.code,), results=(parent.code,))


def _close(draft: _Draft, order: Close) -> DecidedChange:
    agency = draft.open(order.code)
    successor = draft.open(order.successor) if order.successor else None
    if successor is not None and successor.code == agency.code:
        raise _refused(agency.code)
    draft.end(agency, successor)
    results = (successor.code,) if successor else ()
    return DecidedChange(
        rows=(),
        agencies=(agency.code,),
        results=results,
        successor=successor.code if successor else None,
    )


def _recode(draft: _Draft, order: Recode) -> DecidedChange:
    agency = draft.open(order.code)
    new = NewAgency(
        code=order.new_code,
        name=agency.name,
        code_2016=order.code_2016,
        email=agency.email,
    )
    begun = draft.begin(new, agency)
    draft.end(agency, begun)
    return DecidedChange(
        rows=(),
        agencies=(agency.code,),
        results=(begun.code,),
        successor=begun.code,
    )


def _end_all(draft: _Draft, ending: Iterable[Agency], into: Agency) -> None:
    for one in ending:
        draft.end(draft.find(one.code), into)


def _name(text: str) -> str:
    try:
        return agency_name(text)
    except ValueError as error:
        raise _refused("name") from error


def _email(text: str) -> str:
    try:
        return mail_address(text)
    except ValueError as error:
        raise _refused("email") from error


def new_codes(order: Order) -> tuple[OrganId, ...]:
    """Return the codes an order begins."""
    match order:
        case Merge():
            begun: tuple[OrganId | NewAgency, ...] = (order.into,)
        case Split():
            begun = order.parts
        case Recode():
            return (order.new_code,)
        case _:
            return ()
    return tuple(code_of(one) for one in begun if isinstance(one, NewAgency))
