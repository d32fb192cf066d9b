"""The directory in time over TLS and MongoDB: changes, copies, lists, delegations."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from clients.agency import AgencyClient
from clients.directory import DirectoryCopy, follow, load_copy, save_copy
from clients.transport import HubAddress, Transport
from exchange.domain.agency_orders import Merge, Rename
from exchange.storage.mongo.store import MongoStorage
from exchange.usecases.change_agencies import ChangeAgencies, change_agencies
from pki.keys.api import Credential
from schemas.delegation import Delegation, write_delegation
from schemas.edxml.document import Organisation
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.verdict import FileKind, Indication
from signing.xmldsig.sign import sign_receipt
from tests.support.hub import Answer, Hub, running_hub, write_credential
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    World,
    make_world,
    material_of,
)

pytestmark = pytest.mark.integration


@pytest.fixture
async def hub(tmp_path: Path, emptied_storage: MongoStorage) -> AsyncIterator[Hub]:
    world = await make_world(storage=emptied_storage)
    async with running_hub(world, tmp_path) as running:
        yield running


async def change(world: World, order: Merge | Rename) -> None:
    world.clock.move(minutes=1)
    command = ChangeAgencies(
        order=order, effective=world.clock.now, reason="Sắp xếp", operator="test"
    )
    await change_agencies(world.services, command)


def to(*codes: str) -> tuple[Organisation, ...]:
    return tuple(Organisation(organ_id=OrganId(one)) for one in codes)


async def ask(
    hub: Hub, method: str, path: str, *, by: Credential | None = None, **body: object
) -> Answer:
    headers = {"Content-Type": "application/json"} if body else {}
    content = json.dumps(body).encode() if body else None
    caller = by or hub.world.commune
    return await hub.call(method, path, by=caller, body=content, headers=headers)


@asynccontextmanager
async def connected(hub: Hub) -> AsyncIterator[AgencyClient]:
    own = write_credential(hub.folder, hub.world.commune)
    own.chmod(0o600)
    root = hub.folder / "root.pem"
    address = HubAddress(url=hub.url, authority=root, certificate=own, key=own)
    async with Transport(address) as transport:
        yield AgencyClient(transport, trust=material_of(hub.world.pki))


async def test_document_to_a_merged_commune_is_explained_and_delivered_once(
    hub: Hub,
) -> None:
    merge = Merge(sources=(FAR_COMMUNE,), into=PROVINCE)
    await change(hub.world, merge)
    message = hub.world.document(recipients=to(FAR_COMMUNE, PROVINCE))
    sent = await hub.post(message, by=hub.world.commune)
    assert sent.status == 201
    page = await hub.inbox(f"agency={PROVINCE}&wait=10", by=hub.world.province)
    (item,) = page["items"]
    assert item["meant_for"] == [FAR_COMMUNE]
    trace = await ask(hub, "GET", f"{sent.headers['Location']}/trace")
    assert trace.json["redirected"] == {FAR_COMMUNE: PROVINCE}
    states = {one["agency"]: one["state"] for one in trace.json["deliveries"]}
    assert states == {FAR_COMMUNE: "redirected", PROVINCE: "available"}
    assert "redirected" in {one["step"] for one in trace.json["steps"]}
    evidence = await ask(hub, "GET", f"{sent.headers['Location']}/evidence")
    world = hub.world
    verdict = await world.services.pdfs.judge_file(
        evidence.body, material=material_of(world.pki), now=world.clock.now
    )
    assert verdict.indication is Indication.TOTAL_PASSED


async def test_copy_follows_the_directory_version_by_version(
    hub: Hub, tmp_path: Path
) -> None:
    world, path = hub.world, tmp_path / "copy" / "agencies.json"
    whole = await ask(hub, "GET", "/v1/agencies")
    async with connected(hub) as client:
        first = await follow(client, load_copy(path), page_size=2)
        save_copy(path, first)
        assert list(first.agencies) == [one["code"] for one in whole.json["items"]]
        await change(world, Merge(sources=(FAR_COMMUNE,), into=COMMUNE))
        counts: list[int] = []
        second = await follow(client, load_copy(path), told=counts.append)
    assert counts == [1]
    assert second.version == first.version + 1
    closed = second.agencies[FAR_COMMUNE]
    assert (closed["closed"], closed["successor"]) == (True, COMMUNE)
    assert load_copy(path) == first
    assert load_copy(tmp_path / "none.json") == DirectoryCopy()


async def test_copy_of_before_a_restore_is_made_anew(hub: Hub) -> None:
    whole = await ask(hub, "GET", "/v1/agencies")
    later = whole.json["version"] + 9
    never = {"code": "H99.199", "name": "UBND xã của bản đã mất"}

    everything = await ask(hub, "GET", f"/v1/agencies?since={later}")
    async with connected(hub) as client:
        copy = await follow(client, DirectoryCopy(later, {"H99.199": never}))

    codes = [one["code"] for one in whole.json["items"]]
    assert [one["code"] for one in everything.json["items"]] == codes
    assert (copy.version, list(copy.agencies)) == (whole.json["version"], codes)


async def test_directory_that_did_not_change_is_not_sent_again(hub: Hub) -> None:
    first = await ask(hub, "GET", "/v1/agencies")
    tag = {"If-None-Match": first.headers["ETag"]}
    by = hub.world.commune
    again = await hub.call("GET", "/v1/agencies", by=by, headers=tag)
    assert (again.status, again.body) == (304, b"")
    await change(hub.world, Rename(code=COMMUNE, name="UBND xã Khác"))
    changed = await hub.call("GET", "/v1/agencies?since=1", by=by, headers=tag)
    assert changed.status == 200
    assert [one["code"] for one in changed.json["items"]] == [COMMUNE]


async def test_agency_is_shown_as_it_was_on_a_day(hub: Hub) -> None:
    world = hub.world
    before = world.clock.now
    await change(world, Merge(sources=(FAR_COMMUNE,), into=PROVINCE))
    path = f"/v1/agencies/{FAR_COMMUNE}?at="

    def moment(days: int) -> str:
        return (before + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")

    was = (await ask(hub, "GET", path + moment(-1))).json
    now = (await ask(hub, "GET", path + moment(1))).json
    assert (was["open"], now["open"]) == (True, False)
    assert [one["code"] for one in now["successors"]] == [PROVINCE]
    assert [one["id"] for one in was["systems"]] == ["qlvb-h99-153"]
    assert [one["code"] for one in was["parents"]] == [PROVINCE]
    assert [one["change"] for one in was["events"]] == ["merge"]
    wrong = await ask(hub, "GET", path + "yesterday")
    assert (wrong.status, wrong.code) == (400, ErrorCode.REQUEST_INVALID)


async def test_saved_list_is_its_owners_alone(hub: Hub) -> None:
    path = f"/v1/lists/hop-giao-ban?agency={COMMUNE}"
    members = [MINISTRY, "H99_all.commune"]
    saved = await ask(hub, "PUT", path, members=members)
    assert (saved.status, saved.json["members"]) == (200, members)
    found = await ask(hub, "GET", f"/v1/lists?agency={COMMUNE}")
    assert [one["name"] for one in found.json["items"]] == ["hop-giao-ban"]
    stranger = await ask(hub, "GET", path, by=hub.world.province)
    assert stranger.code == ErrorCode.AGENCY_NOT_ACTED_FOR
    unknown = await ask(hub, "PUT", path, members=["X1"])
    assert unknown.code == ErrorCode.RECIPIENT_LIST_INVALID
    message = hub.world.document(recipients=to(saved.json["to"]))
    sent = await hub.post(message, by=hub.world.commune)
    trace = await ask(hub, "GET", f"{sent.headers['Location']}/trace")
    assert set(trace.json["to"]) == {MINISTRY, FAR_COMMUNE}
    assert (await ask(hub, "DELETE", path)).status == 204
    gone = await ask(hub, "GET", path)
    assert (gone.status, gone.code) == (404, ErrorCode.RECIPIENT_LIST_NOT_FOUND)


def sealed(world: World, seal: Credential, *, kinds: tuple[str, ...]) -> bytes:
    delegation = Delegation(
        delegator=COMMUNE,
        delegate=PROVINCE,
        kinds=kinds,
        valid_from=world.clock.now,
        valid_to=world.clock.now + timedelta(days=30),
        reason="QĐ 12/QĐ-UBND",
    )
    return sign_receipt(
        write_delegation(delegation), credential=seal, at=world.clock.now
    )


async def test_delegate_signs_within_kind_and_time_until_revoked(hub: Hub) -> None:
    world = hub.world
    seal = world.pki.issuing.issue("Con dấu xã", organ_id=COMMUNE)
    # The province's key signs what the commune's system sends.
    by_province = replace(world, commune=world.province)

    async def send(subject: str, path: str = "/v1/envelopes") -> Answer:
        message = by_province.document(subject=subject)
        return await hub.post(message, by=world.commune, path=path)

    async def file(content: bytes) -> Answer:
        headers = {"Content-Type": "application/xml"}
        path = "/v1/delegations"
        return await hub.call(
            "POST", path, by=world.province, body=content, headers=headers
        )

    assert (await send("Một")).code == ErrorCode.SIGNER_NOT_OF_SENDER
    other = await file(sealed(world, seal, kinds=("07",)))
    assert other.status == 201
    assert (await send("Hai")).code == ErrorCode.SIGNER_NOT_OF_SENDER
    filed = await file(sealed(world, seal, kinds=("22",)))
    asked = await send("Ba", path="/v1/envelopes:preflight")
    assert (asked.json["acceptable"], asked.json["document"]["delegation"]) == (
        True,
        filed.json["id"],
    )
    by_leave = await send("Ba")
    assert by_leave.status == 201
    foreign = world.pki.issuing.issue("Con dấu tỉnh", organ_id=PROVINCE)
    chained = await file(sealed(world, foreign, kinds=("22",)))
    assert chained.code == ErrorCode.SIGNER_NOT_OF_SENDER
    path = f"/v1/delegations/{filed.json['id']}/revocation"
    stranger = await ask(hub, "POST", path, by=world.province)
    assert stranger.code == ErrorCode.DELEGATION_NOT_FOUND
    world.clock.move(seconds=1)
    assert (await ask(hub, "POST", path)).json["revoked_at"] is not None
    assert (await send("Bốn")).code == ErrorCode.SIGNER_NOT_OF_SENDER
    listed = await ask(hub, "GET", f"/v1/delegations?agency={COMMUNE}")
    assert len(listed.json["items"]) == 2
    # Revoked since, it still shows by whose leave was signed.
    evidence = await ask(hub, "GET", f"{by_leave.headers['Location']}/evidence")
    verdict = await world.services.pdfs.judge_file(
        evidence.body, material=material_of(world.pki), now=world.clock.now
    )
    assert verdict.indication is Indication.TOTAL_PASSED
    shown = [one for one in verdict.parts if one.kind is FileKind.DELEGATION]
    assert [one.name for one in shown] == ["delegations/01.xml"]
