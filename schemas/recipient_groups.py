"""Groups of recipients, as To/OrganId names them.

``H99_all.commune`` is every open commune below H99, ``H99.151_list.giao-ban`` a list
that H99.151 keeps. Small letters after an underscore occur in no code of Decision
20/2020 or QCVN 102:2016, so a group is never mistaken for an agency, and the name of a
group fits the 35 characters of an OrganId.
"""

import re
from dataclasses import dataclass

from schemas.errors import ErrorCode, SchemaError
from schemas.identifiers import OrganId, parse_organ_id
from schemas.vocabulary import Level

_LEVEL = re.compile(r"(?P<base>[^_]+)_all\.(?P<level>[a-z]+)")
_LIST = re.compile(r"(?P<owner>[^_]+)_list\.(?P<name>[a-z0-9]+(-[a-z0-9]+)*)")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LEVELS = frozenset(str(one) for one in Level)


@dataclass(frozen=True, slots=True)
class LevelGroup:
    """All agencies of a level below one."""

    base: OrganId
    level: Level

    def written(self) -> OrganId:
        """Return how To names it.

        Raises:
            IdentifierError: it does not fit (ORGAN_ID_MALFORMED).
        """
        return parse_organ_id(f"{self.base}_all.{self.level}")


@dataclass(frozen=True, slots=True)
class ListGroup:
    """A list an agency keeps."""

    owner: OrganId
    name: str

    def written(self) -> OrganId:
        """Return how To names it.

        Raises:
            SchemaError: its name is none (RECIPIENT_LIST_INVALID), or too long
                (ORGAN_ID_MALFORMED).
        """
        if not _NAME.fullmatch(self.name):
            raise SchemaError(ErrorCode.RECIPIENT_LIST_INVALID, place=self.name[:35])
        return parse_organ_id(f"{self.owner}_list.{self.name}")


def read_group(written: OrganId) -> LevelGroup | ListGroup | None:
    """Return the group a code names; None for an agency."""
    level = _LEVEL.fullmatch(written)
    if level and level["level"] in _LEVELS:
        return LevelGroup(OrganId(level["base"]), Level(level["level"]))
    named = _LIST.fullmatch(written)
    return ListGroup(OrganId(named["owner"]), named["name"]) if named else None
