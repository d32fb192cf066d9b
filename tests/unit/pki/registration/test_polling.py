"""A code used before tells how its request stands: made, waiting, or closed."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from pki.ca.hierarchy import Hierarchy
from pki.errors import PkiError
from pki.kinds import CertificateKind
from pki.registration.approvals import PENDING_FOR
from pki.registration.records import EnrolmentOrder, RequestState
from schemas.errors import ErrorCode
from tests.support.desk import FIRST, SECOND, Desk, open_desk, person, system
from tests.support.requests import csr

PERSON = EnrolmentOrder(kind=CertificateKind.PERSON, names=person())
SYSTEM = EnrolmentOrder(kind=CertificateKind.SYSTEM, names=system())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as made:
        yield made


def refused(action: Callable[[], object]) -> PkiError:
    with pytest.raises(PkiError) as refusal:
        action()
    return refusal.value


def test_refused_request_is_told_as_closed(desk: Desk) -> None:
    code, asked = desk.desk.make_code(PERSON, FIRST), csr()
    waiting = desk.desk.enrol_with_code(code.id, code.secret, asked)
    desk.desk.refuse(waiting.request_id, SECOND, "không phải người này")
    for _ in range(2):
        told = refused(lambda: desk.desk.enrol_with_code(code.id, code.secret, asked))
        assert (told.code, told.place) == (ErrorCode.REQUEST_CLOSED, "refused")


def test_request_nobody_decided_on_is_told_as_expired(desk: Desk) -> None:
    code, asked = desk.desk.make_code(PERSON, FIRST), csr()
    waiting = desk.desk.enrol_with_code(code.id, code.secret, asked)
    desk.pass_time(PENDING_FOR - timedelta(seconds=1))
    assert desk.desk.enrol_with_code(code.id, code.secret, asked) == waiting
    desk.pass_time(timedelta(seconds=1))
    told = refused(lambda: desk.desk.enrol_with_code(code.id, code.secret, asked))
    assert (told.code, told.place) == (ErrorCode.REQUEST_CLOSED, "expired")


def test_refusal_of_the_ca_is_told_again_by_its_code(desk: Desk) -> None:
    code, asked = desk.desk.make_code(SYSTEM, FIRST), csr()
    lint = PkiError(ErrorCode.LINT_REFUSED, place="x")
    with patch.object(Hierarchy, "issue", side_effect=lint):
        first = refused(lambda: desk.desk.enrol_with_code(code.id, code.secret, asked))
    again = refused(lambda: desk.desk.enrol_with_code(code.id, code.secret, asked))
    assert (first.code, again.code) == (ErrorCode.LINT_REFUSED,) * 2


def test_ca_that_could_not_sign_is_asked_again(desk: Desk) -> None:
    code, asked = desk.desk.make_code(SYSTEM, FIRST), csr()
    away = PkiError(ErrorCode.KEY_DEVICE_UNAVAILABLE, place="token")
    with patch.object(Hierarchy, "issue", side_effect=away):
        for _ in range(2):
            told = refused(
                lambda: desk.desk.enrol_with_code(code.id, code.secret, asked)
            )
            assert told.code is ErrorCode.KEY_DEVICE_UNAVAILABLE
    done = desk.desk.enrol_with_code(code.id, code.secret, asked)
    assert done.certificate is not None
    assert desk.desk.get(done.request_id).state is RequestState.ISSUED
