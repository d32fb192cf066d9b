"""A line of the catalogue of failures."""

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What kind of failures a part of the catalogue holds."""

    DEFECT = "Defects"
    SECURITY = "Classes of attacks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failure, and what of ours would have caught it.

    Args:
        part: where it belongs.
        name: what it is called here.
        elsewhere: what went wrong, and where.
        tests: node ids below `tests`, without parameters.
        remark: why it does not apply, or what of it does not.
    """

    part: Part
    name: str
    elsewhere: str
    tests: tuple[str, ...] = ()
    remark: str = ""
