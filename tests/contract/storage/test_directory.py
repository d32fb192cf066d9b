from dataclasses import replace
from datetime import timedelta

import pytest

from exchange.domain.parties import ActsFor, System
from exchange.errors import ExchangeError
from exchange.storage.ports import Storage
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId, SystemId
from schemas.vocabulary import AuditEvent
from tests.support.pki import NOW
from tests.support.stored import COMMUNE, PROVINCE, agency, audit_line

IMPORTED = audit_line(1, AuditEvent.DIRECTORY_IMPORTED)
REGISTERED = audit_line(2, AuditEvent.SYSTEM_REGISTERED)


def system(name: str, *certificates: str) -> System:
    return System(
        system_id=SystemId(name),
        name="Hệ thống quản lý văn bản",
        certificates=frozenset(certificates),
        acts_for=(
            ActsFor(COMMUNE, NOW),
            ActsFor(PROVINCE, NOW, NOW + timedelta(days=365)),
        ),
        may_channel=True,
    )


async def test_empty_directory_has_version_zero(storage: Storage) -> None:
    assert await storage.directory.version() == 0
    assert await storage.directory.agencies() == []
    assert await storage.directory.agency(PROVINCE) is None


async def test_agency_is_found_by_either_code(storage: Storage) -> None:
    commune = agency("H99.151.7", code_2016="000.07.51.H99")
    closed = replace(
        agency("H99.152"), valid_to=NOW + timedelta(days=1), successor=commune.code
    )

    version = await storage.directory.import_agencies([closed, commune], audit=IMPORTED)

    assert version == await storage.directory.version() == 1
    assert await storage.directory.agency(OrganId("H99.151.7")) == commune
    assert await storage.directory.agency(OrganId("000.07.51.H99")) == commune
    assert await storage.directory.agencies() == [commune, closed]
    assert await storage.audit.lines(limit=9) == [IMPORTED]


async def test_same_import_again_keeps_the_version(storage: Storage) -> None:
    agencies = [agency("H99"), agency("H99.151")]
    await storage.directory.import_agencies(agencies, audit=IMPORTED)

    again = await storage.directory.import_agencies(agencies[::-1], audit=IMPORTED)

    assert again == 1
    assert len(await storage.audit.lines(limit=9)) == 1


async def test_import_tells_how_many_are_written(storage: Storage) -> None:
    many, told = [agency(f"H99.{number}") for number in range(1200)], list[int]()
    await storage.directory.import_agencies(many, audit=IMPORTED, told=told.append)
    written = list(told)
    await storage.directory.import_agencies(many, audit=IMPORTED, told=told.append)

    assert (written[-1], sorted(written)) == (1200, written)
    assert told == written  # nothing is written again


async def test_import_replaces_by_code_and_keeps_the_others(storage: Storage) -> None:
    kept, old = agency("G22"), agency("H99", name="old", code_2016="000.00.00.H99")
    new = agency("H99", name="new")
    await storage.directory.import_agencies([kept, old], audit=IMPORTED)

    assert await storage.directory.import_agencies([new], audit=IMPORTED) == 2

    assert await storage.directory.agencies() == [kept, new]
    assert await storage.directory.agency(OrganId("000.00.00.H99")) is None


async def test_two_agencies_with_one_2016_code_are_refused(storage: Storage) -> None:
    first = agency("H99", code_2016="000.00.00.H99")
    await storage.directory.import_agencies([first], audit=IMPORTED)

    with pytest.raises(ExchangeError) as caught:
        await storage.directory.import_agencies(
            [agency("H98"), agency("H97", code_2016="000.00.00.H99")], audit=IMPORTED
        )

    assert caught.value.code is ErrorCode.DIRECTORY_IMPORT_INVALID
    assert caught.value.place == "000.00.00.H99"
    assert await storage.directory.agencies() == [first]
    assert await storage.directory.version() == 1


@pytest.mark.parametrize("first", [0, 1])
async def test_agencies_of_one_list_take_2016_codes_from_one_another(
    storage: Storage, first: int
) -> None:
    """In whatever order they are listed: each code is one agency's in the end."""
    one, two = (
        agency(code, code_2016=old)
        for code, old in (("H97", "000.00.00.H97"), ("H98", "000.00.00.H98"))
    )
    await storage.directory.import_agencies([one, two], audit=IMPORTED)
    swapped = [
        replace(one, code_2016=two.code_2016),
        replace(two, code_2016=one.code_2016),
    ]
    ordered = swapped[first:] + swapped[:first]
    assert await storage.directory.import_agencies(ordered, audit=IMPORTED) == 2
    assert await storage.directory.agencies() == swapped

    given = [
        replace(swapped[0], code_2016=None),
        replace(two, code_2016=OrganId("000.1.H97")),
    ]
    taken = [given[1], replace(agency("H99"), code_2016=swapped[0].code_2016), given[0]]
    assert await storage.directory.import_agencies(taken, audit=IMPORTED) == 3
    assert await storage.directory.agencies() == [given[0], given[1], taken[1]]


async def test_system_is_found_by_id_and_certificate(storage: Storage) -> None:
    registered = system("commune.example", "aa", "bb")

    await storage.directory.register_system(registered, audit=REGISTERED)

    assert await storage.directory.system(registered.system_id) == registered
    owners = await storage.directory.systems_by_certificates({"bb", "cc"})
    assert owners == {"bb": registered}
    assert await storage.audit.lines(limit=9) == [REGISTERED]


async def test_registering_again_replaces_the_certificates(storage: Storage) -> None:
    await storage.directory.register_system(system("a", "aa"), audit=REGISTERED)

    await storage.directory.register_system(system("a", "bb"), audit=REGISTERED)

    owners = await storage.directory.systems_by_certificates({"aa", "bb"})
    assert owners == {"bb": system("a", "bb")}


async def test_certificate_of_another_system_is_refused(storage: Storage) -> None:
    await storage.directory.register_system(system("a", "aa"), audit=REGISTERED)

    with pytest.raises(ExchangeError) as caught:
        await storage.directory.register_system(
            system("b", "aa", "bb"), audit=REGISTERED
        )

    assert caught.value.code is ErrorCode.CLIENT_CERTIFICATE_REFUSED
    assert await storage.directory.system(SystemId("b")) is None
    owners = await storage.directory.systems_by_certificates({"aa", "bb"})
    assert owners == {"aa": system("a", "aa")}


async def test_systems_are_found_together_by_any_of_their_certificates(
    storage: Storage,
) -> None:
    first, second = system("a", "aa", "ab"), system("b", "bb")
    for one in (first, second):
        await storage.directory.register_system(one, audit=REGISTERED)

    owners = await storage.directory.systems_by_certificates(["ab", "bb", "aa"])

    assert owners == {"aa": first, "ab": first, "bb": second}
    assert await storage.directory.systems_by_certificates([]) == {}


async def test_systems_without_certificates_do_not_meet(storage: Storage) -> None:
    for name in ("a", "b"):
        await storage.directory.register_system(system(name), audit=REGISTERED)

    assert await storage.directory.system(SystemId("b")) == system("b")
