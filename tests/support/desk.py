"""A registration desk over a real hierarchy in a folder, with a clock to turn."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from pki.ca.founding import HierarchySettings, create_hierarchy
from pki.ca.hierarchy import Hierarchy
from pki.journal.store import Act
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
class Moment:
    """A clock that is turned by hand."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@dataclass(slots=True)
class Desk:
    """A desk, its CAs and the time."""

    folder: Path
    hierarchy: Hierarchy
    time: Moment
    desk: RegistrationDesk = field(init=False)

    def __post_init__(self) -> None:
        self._open()

    def reopen(self) -> None:
        self.desk.close()
        self._open()

    def pass_time(self, span: timedelta) -> None:
        self.time.at += span

    def _open(self) -> None:
        self.desk = RegistrationDesk.open(
            self.folder, self.hierarchy, clock=self.time.now
        )


@contextmanager
def open_desk(
    folder: Path, *, operators: int = 2, demo: bool = False
) -> Iterator[Desk]:
    """Open the desk of a CA, with the first operators added."""
    ca = folder / "pki"
    shutil.copytree(Path(_founded(operators, demo).name) / "pki", ca)
    time = Moment()
    with Hierarchy.open(ca, clock=time.now) as hierarchy:
        made = Desk(ca, hierarchy, time)
        try:
            yield made
        finally:
            made.desk.close()


@cache
def _founded(operators: int, demo: bool) -> TemporaryDirectory[str]:
    """Found a CA once for the many tests that begin with it."""
    kept = TemporaryDirectory()
    folder, settings = Path(kept.name) / "pki", HierarchySettings(demo=demo)
    with (
        create_hierarchy(folder, settings, Moment().now) as hierarchy,
        RegistrationDesk.open(folder, hierarchy, clock=Moment().now) as desk,
    ):
        for number, one in enumerate((FIRST, SECOND)[:operators]):
            desk.add_operator(one, CLERK, (FIRST, SECOND)[:number])
    return kept


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
