"""A registration desk over a real hierarchy in a folder, with a clock to turn."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from pki.founding import HierarchySettings, create_hierarchy
from pki.hierarchy import Hierarchy
from pki.journal import Act
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from pki.registration.desk import RegistrationDesk
from pki.registration.records import Application, OperatorProof
from schemas.identifiers import OrganId, SystemId
from tests.support.pki import NOW
from tests.support.requests import csr

CLERK = Act(actor="văn thư")
FIRST = OperatorProof(name="Hoàng Thạch", passphrase="mật khẩu thứ nhất".encode())
SECOND = OperatorProof(name="Bùi Khế", passphrase="mật khẩu thứ hai".encode())
AGENCY = OrganId("H99.151")


@dataclass(slots=True)
class Desk:
    """A desk, its CAs and the time."""

    folder: Path
    hierarchy: Hierarchy
    now: datetime = NOW
    desk: RegistrationDesk = field(init=False)

    def __post_init__(self) -> None:
        self.reopen()

    def reopen(self) -> None:
        self.desk = RegistrationDesk.open(
            self.folder, self.hierarchy, clock=lambda: self.now
        )

    def pass_time(self, span: timedelta) -> None:
        self.now += span


@contextmanager
def open_desk(
    folder: Path, *, operators: int = 2, demo: bool = False
) -> Iterator[Desk]:
    """Found a CA and open its desk, with the first operators added."""
    made: list[Desk] = []
    now = lambda: made[0].now if made else NOW  # noqa: E731 - a clock, not a function
    settings = HierarchySettings(demo=demo)
    with create_hierarchy(folder / "pki", settings, now) as hierarchy:
        made.append(Desk(folder / "pki", hierarchy))
        for number, one in enumerate((FIRST, SECOND)[:operators]):
            made[0].desk.add_operator(one, CLERK, (FIRST, SECOND)[:number])
        yield made[0]


def person(**changes: object) -> SubjectFields:
    fields = {"common_name": "Đoàn Thạch Khuê", "organ_id": AGENCY} | changes
    return SubjectFields(**fields)  # type: ignore[arg-type]  # a builder's shorthand


def system(name: str = "qlvb-suoimay", agency: OrganId = AGENCY) -> SubjectFields:
    return SubjectFields(common_name=name, organ_id=agency, system_id=SystemId(name))


def application(
    kind: CertificateKind = CertificateKind.PERSON,
    names: SubjectFields | None = None,
    *,
    request: bytes | None = None,
    days: int | None = None,
) -> Application:
    return Application(
        kind=kind, names=names or person(), csr=request or csr(), days=days
    )
