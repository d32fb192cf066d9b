"""What may be ordered of agencies: one frozen order per kind of change."""

from dataclasses import dataclass

from schemas.identifiers import OrganId
from schemas.vocabulary import AgencyChange, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgency:
    """An agency that begins with a change.

    Args:
        parent: above it; None: as that of the agency it comes from.
        level: None: as that of the agency it comes from.
    """

    code: OrganId
    name: str
    parent: OrganId | None = None
    level: Level | None = None
    code_2016: OrganId | None = None
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Several become one: `into` one that is there, maybe one of them, or a new one."""

    sources: tuple[OrganId, ...]
    into: OrganId | NewAgency

    change = AgencyChange.MERGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """One becomes several; its documents go to `main`, one of `parts`.

    Where `main` is the agency itself, it stays open beside its parts.
    """

    source: OrganId
    parts: tuple[OrganId | NewAgency, ...]
    main: OrganId

    change = AgencyChange.SPLIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """Another name under the same code."""

    code: OrganId
    name: str

    change = AgencyChange.RENAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Another parent, and maybe another level."""

    code: OrganId
    parent: OrganId
    level: Level | None = None

    change = AgencyChange.MOVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """The end of an agency, with a successor or without."""

    code: OrganId
    successor: OrganId | None = None

    change = AgencyChange.CLOSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Recode:
    """The same agency under another code; the former one is closed."""

    code: OrganId
    new_code: OrganId
    code_2016: OrganId | None = None

    change = AgencyChange.RECODE


Order = Merge | Split | Rename | Move | Close | Recode


def code_of(one: OrganId | NewAgency) -> OrganId:
    """Return the code of an agency that is there or begins."""
    return one.code if isinstance(one, NewAgency) else one
