"""Warnings before certificates end."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from pki.ca.founding import HierarchySettings, create_generation
from pki.ca.hierarchy import Hierarchy
from pki.journal.store import CaAction
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from pki.registration.expiry import (
    STAGES,
    ending,
    look,
)
from tests.support.certificates import p256
from tests.support.desk import Desk, open_desk, person, system

DAY = timedelta(days=1)
PERSON, SYSTEM = CertificateKind.PERSON, CertificateKind.SYSTEM
SERVER = CertificateKind.TLS_SERVER


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path, operators=0) as made:
        yield made


def issue(desk: Desk, days: int = 200) -> x509.Certificate:
    return desk.hierarchy.issue(PERSON, person(), p256().public_key(), days=days)


def told(desk: Desk) -> list[int | None]:
    return [one.stage for one in look(desk.desk.office).due]


def end_of(certificate: x509.Certificate) -> datetime:
    return certificate.not_valid_after_utc


def test_each_stage_is_told_once(desk: Desk) -> None:
    ends = end_of(issue(desk))
    said = []
    for days in (61, 60, 59, 31, 30, 14, 8, 7, 2, 1, 0.5, 0, -1):
        desk.time.at = ends - days * DAY
        said.append((days, told(desk)))
        assert told(desk) == []
    assert [one for one in said if one[1]] == [(stage, [stage]) for stage in STAGES]


def test_stage_that_passed_unseen_is_not_told_later(desk: Desk) -> None:
    desk.time.at = end_of(issue(desk)) - 10 * DAY
    assert told(desk) == [14]


def test_warning_is_in_the_journal_before_it_is_told(desk: Desk) -> None:
    made = issue(desk)
    desk.time.at = end_of(made) - 30 * DAY
    told(desk)
    last = desk.desk.journal.entries()[-1]
    assert last.action is CaAction.EXPIRY_WARNED
    assert last.subject == f"{made.serial_number:x}"
    assert last.facts["stage"] == "30"


def test_renewed_certificate_is_not_warned_about(desk: Desk) -> None:
    ends = end_of(issue(desk))
    desk.time.at = ends - 40 * DAY
    issue(desk)
    assert told(desk) == []


def test_revoked_renewal_does_not_silence_the_warning(desk: Desk) -> None:
    ends = end_of(issue(desk))
    desk.time.at = ends - 40 * DAY
    desk.hierarchy.revoke(issue(desk).serial_number)
    assert told(desk) == [60]


def test_certificate_of_another_kind_is_no_renewal(desk: Desk) -> None:
    ends = end_of(issue(desk))
    desk.time.at = ends - 40 * DAY
    desk.hierarchy.issue(SYSTEM, system(), p256().public_key())
    assert told(desk) == [60]


def host(*names: str) -> SubjectFields:
    return SubjectFields(common_name="Máy chủ", dns_names=names)


def named(system_id: str) -> SubjectFields:
    return replace(system(system_id), common_name="QLVB")


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        (SYSTEM, named("qlvb-1"), named("qlvb-2")),
        (SERVER, host("a.example"), host("b.example")),
        (SERVER, host("a.example", "b.example"), host("a.example")),
    ],
    ids=["system", "server", "host-left-out"],
)
def test_namesake_is_no_renewal(
    desk: Desk, kind: CertificateKind, first: SubjectFields, second: SubjectFields
) -> None:
    ending_first = desk.hierarchy.issue(kind, first, p256().public_key(), days=200)
    desk.time.at = end_of(ending_first) - 40 * DAY
    desk.hierarchy.issue(kind, second, p256().public_key(), days=300)
    assert told(desk) == [60]


def test_renewal_may_name_more_hosts(desk: Desk) -> None:
    key = p256().public_key()
    first = desk.hierarchy.issue(SERVER, host("a.example"), key, days=200)
    desk.time.at = end_of(first) - 40 * DAY
    more = host("b.example", "a.example")
    desk.hierarchy.issue(SERVER, more, p256().public_key(), days=300)
    assert told(desk) == []


def test_revoked_and_expired_certificates_are_not_warned_about(desk: Desk) -> None:
    first = issue(desk)
    desk.hierarchy.revoke(first.serial_number)
    desk.time.at = end_of(first) - 5 * DAY
    assert told(desk) == []


def test_short_lived_certificate_is_not_warned_about_from_its_first_day(
    desk: Desk,
) -> None:
    made = issue(desk, days=30)
    assert told(desk) == []
    desk.time.at = end_of(made) - 14 * DAY
    assert told(desk) == [14]


def test_counters_come_from_the_certificates_not_from_what_was_told(
    desk: Desk,
) -> None:
    desk.time.at = end_of(issue(desk)) - 10 * DAY
    told(desk)
    assert look(desk.desk.office).counts == {60: 1, 30: 1, 14: 1, 7: 0, 1: 0}


def test_counter_of_a_stage_does_not_fall_until_it_is_renewed_or_over(
    desk: Desk,
) -> None:
    ends = end_of(issue(desk))
    said = []
    for days in (61, 60, 30, 14, 7, 1, 0):
        desk.time.at = ends - days * DAY
        said.append(look(desk.desk.office).counts[60])
    assert said == [0, 1, 1, 1, 1, 1, 0]


def test_short_life_is_counted_in_its_own_stages_alone(desk: Desk) -> None:
    desk.time.at = end_of(issue(desk, days=30)) - 7 * DAY
    assert look(desk.desk.office).counts == {60: 0, 30: 0, 14: 1, 7: 1, 1: 0}


def test_renewal_by_a_later_generation_silences_the_warning(desk: Desk) -> None:
    ends = end_of(issue(desk))
    desk.time.at = ends - 40 * DAY
    settings = HierarchySettings()
    create_generation(
        desk.folder, CertificateKind.ISSUING_PERSONS, settings, desk.time.now
    )
    with Hierarchy.open(desk.folder, clock=desk.time.now) as hierarchy:
        (found,) = ending(hierarchy, desk.time.at)
        hierarchy.issue(PERSON, person(), p256().public_key(), days=200)
        assert ending(hierarchy, desk.time.at) == ()
    assert (found.stage, found.not_after) == (60, ends)
