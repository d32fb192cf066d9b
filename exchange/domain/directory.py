"""The directory of one version, as decisions look agencies up in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from exchange.domain.records import Agency
from schemas.identifiers import OrganId


@dataclass(frozen=True, slots=True)
class Directory:
    """All agencies of one version, found by either form of their codes."""

    version: int = 0
    by_code: Mapping[OrganId, Agency] = field(default_factory=dict)

    @classmethod
    def of(cls, agencies: Iterable[Agency], *, version: int) -> "Directory":
        """Index agencies; a code of today wins over one of 2016."""
        found = tuple(agencies)
        old = {one.code_2016: one for one in found if one.code_2016}
        return cls(version, {**old, **{one.code: one for one in found}})

    def agency(self, code: OrganId) -> Agency | None:
        """Find an agency."""
        return self.by_code.get(code)
