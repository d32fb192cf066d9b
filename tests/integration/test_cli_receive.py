"""What `receive` leaves on the disk when it is met by another one, or cut off."""

import asyncio
import os
import stat
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Thread

import pytest
from aiohttp import web

from clients.agency import AgencyClient
from clients.encryption import encrypted
from clients.messages import Message, prepare_document
from pki.files import PRIVATE, write_atomically
from pki.keys.api import Credential
from pki.keys.software import save_pkcs12
from schemas.edxml.document import Attachment
from schemas.identifiers import EnvelopeId, OrganId
from signing.xmldsig.sign import sign_receipt
from tests.support import receipts
from tests.support.breaking_hub import TAG, BreakingHub, breaking
from tests.support.cli import Said, lienthong, passphrase
from tests.support.client_profile import write_profile
from tests.support.disk import SyncedFolders, files_of_at_most
from tests.support.enveloped import recipient
from tests.support.pki import TestPki
from tests.support.receipts import write_acceptance
from tests.support.scripted_hub import refused, scripted_hub
from tests.support.world import edxml_document, note

PART = f".{receipts.ENVELOPE}.part"
FILES = ["001.bin", "002.bin", "envelope.eml"]
_NOTES = (note(b"mot" * 1000), note(b"hai" * 1000, number=2))


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of two files, and the hub's receipt for it."""

    message: Message
    receipt: bytes

    @property
    def headers(self) -> dict[str, str]:
        """What a hub tells of it."""
        return {
            "Lienthong-Body-Sha256": self.message.body_sha256,
            "Content-Type": self.message.content_type,
        }

    def answers(self) -> list[web.Response]:
        """What a hub answers one `receive` of it."""
        return [
            web.Response(body=self.message.body, headers=self.headers),
            web.Response(body=self.receipt),
        ]


def letter_of(pki: TestPki, *notes: Attachment) -> Letter:
    """Write the letter, and a receipt of the hub of `pki` for it."""
    now, carried = datetime.now(UTC), notes or _NOTES
    message = prepare_document(
        edxml_document(*carried), carried, credential=pki.system(), at=now
    )
    receipt = replace(receipts.acceptance(), body_sha256=message.body_sha256)
    signed = sign_receipt(write_acceptance(receipt), credential=pki.receipt(), at=now)
    return Letter(message, signed)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """Acknowledge nowhere; what is put in here is called in its place."""
    calls: list[Callable[[], None]] = []

    async def acknowledge(
        _client: AgencyClient, _agency: OrganId, _id: EnvelopeId, receipt: bytes
    ) -> bytes:
        for one in calls:
            one()
        return receipt

    monkeypatch.setattr(AgencyClient, "acknowledge", acknowledge)
    return calls


def words(profile: Path) -> tuple[str | Path, ...]:
    """How the letter is received into the folder `in` beside the profile."""
    return (
        *("receive", receipts.ENVELOPE, "--profile", profile, "--json"),
        *("--out", profile.parent / "in" / "letter"),
    )


def received(profile: Path) -> Said:
    """Receive the letter into the folder `in` beside the profile."""
    return lienthong(*words(profile))


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


@pytest.mark.usefixtures("told")
async def test_what_has_come_over_the_line_is_not_fetched_again(
    tmp_path: Path,
) -> None:
    pki = TestPki.create(now=datetime.now(UTC))
    async with scripted_hub(tmp_path, pki) as hub:
        profile = write_profile(tmp_path, pki, hub)
        hub.answers = letter_of(pki).answers()
        said = await asyncio.to_thread(received, profile)

    assert (said.code, len(hub.asked)) == (0, 2)
    for number, one in enumerate(_NOTES, start=1):
        kept = tmp_path / "in" / "letter" / f"{number:03}.bin"
        assert kept.read_bytes() == one.content


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("kept", [True, False], ids=["the letter", "something else"])
async def test_acknowledging_again_takes_no_second_download(
    tmp_path: Path, *, kept: bool
) -> None:
    pki = TestPki.create(now=datetime.now(UTC))
    async with scripted_hub(tmp_path, pki) as hub:
        profile, letter = write_profile(tmp_path, pki, hub), letter_of(pki)
        hub.answers = letter.answers()
        await asyncio.to_thread(received, profile)
        if not kept:
            (tmp_path / "in" / "letter" / "envelope.eml").write_bytes(b"another")
        byte = web.Response(
            status=206, body=letter.message.body[:1], headers=letter.headers
        )
        receipt = web.Response(body=letter.receipt)
        hub.answers = [byte, receipt] if kept else [byte]
        hub.asked.clear()
        again = await asyncio.to_thread(received, profile)

    assert len(hub.asked) == (2 if kept else 1)
    assert again.code == (0 if kept else 1)
    assert kept or again.error == "file_not_written"


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
async def test_place_of_something_else_is_refused_before_a_letter_comes(
    tmp_path: Path, kind: str
) -> None:
    pki, place = TestPki.create(now=datetime.now(UTC)), tmp_path / "in" / "letter"
    place.parent.mkdir()
    if kind == "folder":
        place.mkdir()
    elif kind == "file":
        place.write_bytes(b"of somebody else")
    else:
        place.symlink_to(tmp_path / "nowhere")
    async with scripted_hub(tmp_path, pki) as hub:
        said = await asyncio.to_thread(received, write_profile(tmp_path, pki, hub))

    assert (said.code, said.error) == (1, "file_not_written")
    assert said.json["error"]["place"] == str(place)
    assert hub.asked == []


def store_of(folder: Path, credential: Credential, secret: str) -> tuple[Path, Path]:
    """Write a key as people keep it, and the passphrase that opens it."""
    number = credential.certificate.serial_number
    place = folder / f"key-{number}"
    place.mkdir()
    written = save_pkcs12(credential, "x", secret.encode())
    write_atomically(place / "key.p12", written, mode=PRIVATE)
    return place / "key.p12", passphrase(place, secret)


@pytest.mark.usefixtures("told")
async def test_what_is_decrypted_later_is_its_owners_alone(tmp_path: Path) -> None:
    pki, key = TestPki.create(now=datetime.now(UTC)), recipient()
    sealed = encrypted([note(b"mot" * 1000)], [key.certificate])
    async with scripted_hub(tmp_path, pki) as hub:
        profile = write_profile(tmp_path, pki, hub)
        letter = letter_of(pki, *sealed)
        hub.answers = letter.answers()
        await asyncio.to_thread(received, profile)
        store, secret = store_of(tmp_path, key, "mật khẩu")
        hub.answers = letter.answers()
        said = await asyncio.to_thread(
            lienthong,
            *(*words(profile), "--decrypt", store),
            *("--decrypt-passphrase-file", secret),
        )

    assert said.json["files"] == ["001.bin", "001.p7m", "envelope.eml"]
    plain = tmp_path / "in" / "letter" / "001.bin"
    assert plain.read_bytes() == b"mot" * 1000
    assert stat.S_IMODE(plain.stat().st_mode) == PRIVATE


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("secrets", [("chung", "chung"), ("moi", "cu")])
async def test_letter_opens_with_the_key_that_was_replaced_meanwhile(
    tmp_path: Path, secrets: tuple[str, str]
) -> None:
    pki = TestPki.create(now=datetime.now(UTC))
    new, old = recipient(serial=8), recipient(serial=7)
    sealed = [
        *encrypted([note(b"mot" * 1000)], [old.certificate]),
        *encrypted([note(b"hai" * 1000, number=2)], [new.certificate]),
    ]
    stores = [
        store_of(tmp_path, key, secret)
        for key, secret in zip((new, old), secrets, strict=True)
    ]
    keys = [word for store, _ in stores for word in ("--decrypt", store)]
    files = [
        word
        for _, secret in stores[: len(set(secrets))]
        for word in ("--decrypt-passphrase-file", secret)
    ]
    async with scripted_hub(tmp_path, pki) as hub:
        profile = write_profile(tmp_path, pki, hub)
        letter = letter_of(pki, *sealed)
        hub.answers = [*letter.answers(), *letter.answers()]
        by_one = await asyncio.to_thread(
            lienthong, *words(profile), *keys[:2], *files[:2]
        )
        by_both = await asyncio.to_thread(lienthong, *words(profile), *keys, *files)

    assert (by_one.code, by_one.error) == (1, "not_encrypted_to_this_key")
    assert by_both.code == 0, by_both.out
    kept = tmp_path / "in" / "letter"
    assert (kept / "001.bin").read_bytes() == b"mot" * 1000
    assert (kept / "002.bin").read_bytes() == b"hai" * 1000


async def test_passphrases_are_as_many_as_keys_or_one(tmp_path: Path) -> None:
    pki = TestPki.create(now=datetime.now(UTC))
    store, secret = store_of(tmp_path, recipient(), "mật khẩu")
    async with scripted_hub(tmp_path, pki) as hub:
        profile = write_profile(tmp_path, pki, hub)
        said = await asyncio.to_thread(
            lienthong,
            *(*words(profile), "--decrypt", store),
            *("--decrypt-passphrase-file", secret) * 2,
        )

    assert (said.code, said.error, hub.asked) == (3, "usage", [])


async def test_key_that_does_not_open_is_told_before_a_letter_comes(
    tmp_path: Path,
) -> None:
    pki = TestPki.create(now=datetime.now(UTC))
    store, _ = store_of(tmp_path, recipient(), "mật khẩu")
    async with scripted_hub(tmp_path, pki) as hub:
        profile = write_profile(tmp_path, pki, hub)
        said = await asyncio.to_thread(
            lienthong,
            *(*words(profile), "--decrypt", store),
            *("--decrypt-passphrase-file", passphrase(tmp_path, "khác")),
        )

    assert (said.code, said.error, hub.asked) == (1, "key_unreadable", [])


async def test_the_hub_hears_of_what_outlives_a_power_cut(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: list[Callable[[], None]],
) -> None:
    pki = TestPki.create(now=datetime.now(UTC))
    synced, held = SyncedFolders(monkeypatch), list[bool]()
    there = (tmp_path, tmp_path / "in", tmp_path / "in" / "letter")
    told.append(lambda: held.append(synced.hold(*there)))
    async with scripted_hub(tmp_path, pki) as hub:
        profile = write_profile(tmp_path, pki, hub)
        hub.answers = letter_of(pki).answers()
        said = await asyncio.to_thread(received, profile)

    assert (said.code, said.json["files"], held) == (0, FILES, [True])


@pytest.mark.parametrize("written", range(5))
async def test_two_programs_that_receive_one_letter_at_once_both_have_all_of_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: list[Callable[[], None]],
    written: int,
) -> None:
    pki = TestPki.create(now=datetime.now(UTC))
    found: list[list[str]] = []
    told.append(lambda: found.append(names(tmp_path / "in" / "letter")))
    async with scripted_hub(tmp_path, pki) as hub:
        profile = write_profile(tmp_path, pki, hub)
        letter, fsync, others = letter_of(pki), os.fsync, list[Said]()
        hub.answers = [*letter.answers(), *letter.answers()]
        syncs = count()

        def meeting(descriptor: int) -> None:
            if next(syncs) < written:
                return
            monkeypatch.setattr(os, "fsync", fsync)
            other = Thread(target=lambda: others.append(received(profile)))
            other.start()
            other.join()
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", meeting)
        said = await asyncio.to_thread(received, profile)

    assert [(one.code, one.json["files"]) for one in (said, *others)] == [
        (0, FILES)
    ] * 2
    assert found == [FILES, FILES]
    assert names(tmp_path / "in") == ["letter"]


async def test_full_disk_leaves_nothing_and_nothing_is_acknowledged(
    tmp_path: Path, told: list[Callable[[], None]]
) -> None:
    pki = TestPki.create(now=datetime.now(UTC))
    told.append(lambda: pytest.fail("acknowledged"))
    async with scripted_hub(tmp_path, pki) as hub:
        profile = write_profile(tmp_path, pki, hub)
        hub.answers = letter_of(pki).answers()
        with files_of_at_most(6000):
            said = await asyncio.to_thread(received, profile)

    assert (said.code, said.error) == (1, "file_not_written")
    assert names(tmp_path / "in") == []


async def test_what_a_killed_run_left_is_cleared_away_and_nothing_else(
    tmp_path: Path, told: list[Callable[[], None]]
) -> None:
    pki = TestPki.create(now=datetime.now(UTC))
    inbox = tmp_path / "in"
    for left in ("letter.partial", f"letter.{'0a' * 8}.partial", "letter.2.partial"):
        (inbox / left).mkdir(parents=True)
    async with scripted_hub(tmp_path, pki) as hub:
        profile = write_profile(tmp_path, pki, hub)
        hub.answers = letter_of(pki).answers()
        said = await asyncio.to_thread(received, profile)

    assert (said.code, told) == (0, [])
    assert names(inbox) == ["letter", "letter.2.partial"]


async def killed_while_it_received(profile: Path, *, at: int) -> bytes:
    """End a `receive` by `kill -9` once it kept so many bytes; return what it kept."""
    part = profile.parent / "in" / PART
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "exchange", *map(str, words(profile))),
        stdin=DEVNULL,
        stdout=DEVNULL,
    )
    async with asyncio.timeout(30):
        while not part.exists() or part.stat().st_size < at:  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.02)
    process.kill()
    await process.wait()
    return part.read_bytes()


def hand_out(hub: BreakingHub, letter: Letter) -> None:
    """Let the hub hand out a letter, as much as the line takes."""
    hub.content, hub.headers = letter.message.body, letter.headers
    hub.answers = [None, None, web.Response(body=letter.receipt)]


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("spoiled", [False, True], ids=["kept", "spoiled"])
async def test_download_goes_on_after_kill_9_and_a_power_cut_spoils_no_letter(
    tmp_path: Path, *, spoiled: bool
) -> None:
    pki, large = TestPki.create(now=datetime.now(UTC)), os.urandom(700_000)
    async with breaking(tmp_path, pki) as hub:
        profile = write_profile(tmp_path, pki, hub.hub)
        hand_out(hub, letter_of(pki, note(large)))
        hub.stands_still = True
        kept = await killed_while_it_received(profile, at=hub.breaks_after)
        if spoiled:
            zeros = kept[:100] + bytes(len(kept) - 100)
            (tmp_path / "in" / PART).write_bytes(zeros)
            hub.answers.insert(1, None)
        hub.breaks_after = len(hub.content)
        said = await asyncio.to_thread(received, profile)

    assert (said.code, said.json["files"]) == (0, ["001.bin", "envelope.eml"])
    assert (tmp_path / "in" / "letter" / "001.bin").read_bytes() == large
    assert names(tmp_path / "in") == ["letter"]
    arrived = len(kept.partition(b"\n")[2])
    again = [""] if spoiled else []
    assert hub.asked == ["", f"bytes={arrived - 1}-", *again, ""]


async def test_letter_that_is_not_handed_out_any_more_is_not_acknowledged_again(
    tmp_path: Path, told: list[Callable[[], None]]
) -> None:
    pki, acknowledged = TestPki.create(now=datetime.now(UTC)), list[int]()
    told.append(lambda: acknowledged.append(1))
    async with scripted_hub(tmp_path, pki) as hub:
        profile, letter = write_profile(tmp_path, pki, hub), letter_of(pki)
        hub.answers = letter.answers()
        await asyncio.to_thread(received, profile)
        hub.answers = [refused("document_recalled", status=409)]
        again = await asyncio.to_thread(received, profile)

    assert (again.code, again.error) == (1, "document_recalled")
    assert acknowledged == [1]


@pytest.mark.usefixtures("told")
async def test_refusal_of_the_rest_leaves_nothing_of_a_letter(tmp_path: Path) -> None:
    pki = TestPki.create(now=datetime.now(UTC))
    async with breaking(tmp_path, pki) as hub:
        profile = write_profile(tmp_path, pki, hub.hub)
        hand_out(hub, letter_of(pki, note(os.urandom(700_000))))
        hub.answers = [None, refused("document_recalled", status=409)]
        said = await asyncio.to_thread(received, profile)

    assert (said.code, said.error) == (1, "document_recalled")
    assert names(tmp_path / "in") == []


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("refusal", "is_kept"),
    [
        (web.Response(status=500, text="<html>"), True),
        (web.Response(status=404, text="<html>"), True),
        (web.Response(status=302, headers={"Location": "https://login/"}), True),
        (refused("client_certificate_unknown", status=403), True),
        (refused("internal", status=500), True),
        (refused("envelope_not_found", status=404), False),
        (refused("payload_purged", status=410), False),
    ],
    ids=["page", "absent", "login", "caller", "crash", "unknown", "purged"],
)
async def test_what_arrived_outlives_a_refusal_that_may_end(
    tmp_path: Path, refusal: web.Response, *, is_kept: bool
) -> None:
    pki = TestPki.create(now=datetime.now(UTC))
    async with breaking(tmp_path, pki) as hub:
        profile = write_profile(tmp_path, pki, hub.hub)
        part = tmp_path / "in" / PART
        part.parent.mkdir()
        part.touch(mode=0o600)
        part.write_bytes(f"{TAG}\nwhat arrived".encode())
        hub.answers = [refusal]
        said = await asyncio.to_thread(received, profile)

    assert (said.code, hub.asked) == (1, ["bytes=11-"])
    assert names(tmp_path / "in") == ([PART] if is_kept else [])


@pytest.mark.usefixtures("told")
async def test_all_that_arrived_before_the_receipt_did_not_is_not_fetched_again(
    tmp_path: Path,
) -> None:
    pki = TestPki.create(now=datetime.now(UTC))
    letter = letter_of(pki, note(os.urandom(700_000)))
    async with breaking(tmp_path, pki) as hub:
        profile = write_profile(tmp_path, pki, hub.hub)
        hand_out(hub, letter)
        hub.breaks_after = len(hub.content)
        # The whole letter, and then nothing any more.
        hub.answers = [None, *(web.Response(status=503) for _ in range(5))]
        cut = await asyncio.to_thread(received, profile)
        hub.asked.clear()
        hub.answers = [None, web.Response(body=letter.receipt)]
        said = await asyncio.to_thread(received, profile)

    assert (cut.code, cut.error) == (1, "hub_unreachable")
    assert (said.code, hub.asked) == (0, [f"bytes={len(letter.message.body) - 1}-", ""])


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("kind", ["link", "shared", "pipe"])
async def test_what_stands_in_the_place_of_a_part_stays_and_is_not_written(
    tmp_path: Path, kind: str
) -> None:
    pki, theirs = TestPki.create(now=datetime.now(UTC)), tmp_path / "theirs"
    part = tmp_path / "in" / PART
    part.parent.mkdir()
    theirs.write_bytes(b"of somebody else")
    theirs.chmod(0o600)
    if kind == "link":
        part.symlink_to(theirs)
    elif kind == "pipe":
        os.mkfifo(part, 0o600)
    else:
        part.write_bytes(b"shared")
        part.chmod(0o666)
    async with scripted_hub(tmp_path, pki) as hub:
        profile = write_profile(tmp_path, pki, hub)
        hub.answers = letter_of(pki).answers()
        said = await asyncio.to_thread(received, profile)

    assert (said.code, said.json["files"]) == (0, FILES)
    assert names(part.parent) == [PART, "letter"]
    assert theirs.read_bytes() == b"of somebody else"


@pytest.mark.usefixtures("told")
async def test_what_no_run_wrote_is_no_part_of_a_letter(tmp_path: Path) -> None:
    pki = TestPki.create(now=datetime.now(UTC))
    part = tmp_path / "in" / PART
    part.parent.mkdir()
    part.write_bytes(b"W/ nothing that a run would write")
    part.chmod(0o600)
    async with scripted_hub(tmp_path, pki) as hub:
        profile = write_profile(tmp_path, pki, hub)
        hub.answers = letter_of(pki).answers()
        said = await asyncio.to_thread(received, profile)

    assert (said.code, said.json["files"]) == (0, FILES)
    assert names(tmp_path / "in") == ["letter"]
