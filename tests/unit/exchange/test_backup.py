"""Backups open whole, for whom they were made, or not at all."""

import io
import json
import random
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from exchange.backup.content import ContentWriter, Frame, Kind, frames
from exchange.backup.known_log import (
    KnownHead,
    LogBeginning,
    loss_of,
    require_accepted,
    require_grown,
    require_same_log,
)
from exchange.backup.locks import (
    CertificateLock,
    Lock,
    Opener,
    Passphrase,
    PrivateKey,
    PrivateKeyOpener,
)
from exchange.backup.sealed import MAGIC, Compressor, SealedWriter, unsealed
from exchange.commands.backup_files import configuration_without_secrets
from exchange.errors import ExchangeError
from schemas.backup import BackupManifest
from schemas.errors import ErrorCode
from schemas.merkle import EMPTY_ROOT, append, leaf_hash
from schemas.merkle import root as tree_root
from tests.support.keys import rsa_key

PIECE = (1 << 20) + 16
LOCK = Passphrase(b"mat khau", log_n=4)
NOISE = random.Random(7).randbytes(2_500_000)
AT = datetime(2026, 11, 21, tzinfo=UTC)
OTHER_ROOT = bytes(31) + b"\x01"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa_key(2048)


def sealed(
    content: bytes = NOISE, lock: Lock = LOCK, compressor: Compressor | None = None
) -> bytes:
    file = io.BytesIO()
    writer = SealedWriter(file, lock, compressor)
    writer.write(content)
    writer.finish()
    return file.getvalue()


SEALED = sealed()
START = len(MAGIC) + 4 + struct.unpack(">I", SEALED[16:20])[0]


def opened(data: bytes, opener: Opener = LOCK) -> bytes:
    return b"".join(unsealed(io.BytesIO(data), opener))


def refusal(act: Callable[[], object]) -> ErrorCode:
    with pytest.raises(ExchangeError) as caught:
        act()
    return caught.value.code


def certificate(key: PrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Backup")])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 1, AT, AT.replace(year=2027)
    )
    return builder.sign(key, SHA256())


def test_what_was_sealed_is_what_is_opened() -> None:
    assert opened(SEALED) == NOISE
    assert opened(sealed(b"")) == b""


def test_stream_of_the_standard_library_is_opened() -> None:
    assert opened(sealed(compressor=zlib.compressobj(9))) == NOISE


@pytest.mark.parametrize("more", [-1, 0, 1, 2, 300], ids=str)
@pytest.mark.parametrize("times", [1, 2])
def test_end_that_stays_in_the_inflator_is_not_lost(times: int, more: int) -> None:
    content = b"\0" * ((times << 20) + more)

    assert opened(sealed(content)) == content
    assert opened(sealed(content, compressor=zlib.compressobj(9))) == content


def pieces() -> list[bytes]:
    body = SEALED[START:]
    return [body[at : at + PIECE] for at in range(0, len(body), PIECE)]


def changed(name: str) -> bytes:
    start, (first, second, *rest) = SEALED[:START], pieces()
    flipped = bytes([first[5] ^ 1])
    return {
        "cut at a piece": start + first + second,
        "cut within a piece": SEALED[:-3],
        "nothing but a header": start,
        "swapped": start + second + first + b"".join(rest),
        "repeated": start + first + first + second + b"".join(rest),
        "left out": start + second + b"".join(rest),
        "added": SEALED + b"x",
        "added piece": SEALED + rest[-1],
        "flipped": start + first[:5] + flipped + first[6:] + second + b"".join(rest),
        "other magic": b"x" + SEALED[1:],
        "empty": b"",
        "huge header": MAGIC + b"\xff\xff\xff\xff" + SEALED[20:],
    }[name]


@pytest.mark.parametrize(
    "name",
    [
        "cut at a piece",
        "cut within a piece",
        "nothing but a header",
        "swapped",
        "repeated",
        "left out",
        "added",
        "added piece",
        "flipped",
        "other magic",
        "empty",
        "huge header",
    ],
)
def test_changed_stream_is_refused(name: str) -> None:
    assert refusal(lambda: opened(changed(name))) is ErrorCode.BACKUP_DAMAGED


def test_changed_header_opens_nothing() -> None:
    fields = json.loads(SEALED[20:START])
    header = json.dumps(fields | {"note": "x"}, sort_keys=True).encode()
    data = MAGIC + struct.pack(">I", len(header)) + header + SEALED[START:]

    assert refusal(lambda: opened(data)) is ErrorCode.BACKUP_DAMAGED


def test_ruinous_cost_of_a_passphrase_is_refused_before_it_is_paid() -> None:
    fields = json.loads(SEALED[20:START])

    assert (
        refusal(lambda: LOCK.open(fields | {"log_n": 40}))
        is ErrorCode.BACKUP_NOT_OPENED
    )


@pytest.mark.parametrize("key", [EC_KEY, RSA_KEY], ids=["ec", "rsa"])
def test_only_the_key_of_the_certificate_opens(key: PrivateKey) -> None:
    data = sealed(b"abc", CertificateLock(certificate(key)))
    others: list[Opener] = [
        LOCK,
        PrivateKeyOpener(ec.generate_private_key(ec.SECP256R1())),
        PrivateKeyOpener(RSA_KEY if key is EC_KEY else EC_KEY),
    ]

    assert opened(data, PrivateKeyOpener(key)) == b"abc"
    for other in others:
        assert refusal(lambda: opened(data, other)) is ErrorCode.BACKUP_NOT_OPENED  # noqa: B023 called at once


def test_another_passphrase_opens_nothing() -> None:
    other = Passphrase(b"mat khau khac", log_n=4)

    assert refusal(lambda: opened(SEALED, other)) is ErrorCode.BACKUP_NOT_OPENED


def content(*kinds: tuple[Kind, bytes]) -> bytes:
    return b"".join(struct.pack(">BI", kind, len(data)) + data for kind, data in kinds)


@pytest.mark.parametrize(
    "data",
    [
        content((Kind.PART, b"meta")),
        content((Kind.MANIFEST, b"m"), (Kind.DOCUMENT, b"d")),
        content((Kind.MANIFEST, b"m")) + b"\x01",
        b"\x09\x00\x00\x00\x00",
        b"\x01\xff\xff\xff\xff",
    ],
    ids=["no manifest", "after it", "half a frame", "unknown", "too long"],
)
def test_frames_end_with_the_manifest_or_are_refused(data: bytes) -> None:
    pieces_of_one = (data[at : at + 1] for at in range(len(data)))

    assert refusal(lambda: list(frames(pieces_of_one))) is ErrorCode.BACKUP_DAMAGED


def test_frames_come_back_however_the_stream_is_cut() -> None:
    file = io.BytesIO()
    writer = ContentWriter(SealedWriter(file, LOCK))
    writer.begin("meta")
    writer.add(b"one")
    writer.finish(b"signed")
    stream = opened(file.getvalue())

    assert list(frames(stream[at : at + 2] for at in range(0, len(stream), 2))) == [
        Frame(Kind.PART, b"meta"),
        Frame(Kind.DOCUMENT, b"one"),
        Frame(Kind.MANIFEST, b"signed"),
    ]


def manifest(size: int) -> BackupManifest:
    return BackupManifest(
        hub_id="hub-1",
        log_id="log-1",
        at=AT,
        layout=2,
        log_size=size,
        root_hash=bytes(32),
        parts=(),
    )


def known(size: int, *, log: str = "log-1", root: bytes = bytes(32)) -> KnownHead:
    return KnownHead(log_id=log, size=size, root_hash=root)


@pytest.mark.parametrize(
    ("size", "loss"), [(10, 0), (9, 0), (12, 2)], ids=["same", "later", "older"]
)
def test_loss_is_what_the_known_log_has_beyond_the_backup(size: int, loss: int) -> None:
    assert loss_of(manifest(10), known(size)) == loss


@pytest.mark.parametrize("accepted", [0, 1, 3], ids=str)
def test_loss_must_be_named_exactly(accepted: int) -> None:
    with pytest.raises(ExchangeError) as caught:
        require_accepted(manifest(10), known(12), accepted=accepted)

    assert caught.value.code is ErrorCode.BACKUP_OLDER
    assert caught.value.place == "10..11: 2"
    require_accepted(manifest(10), known(12), accepted=2)


@pytest.mark.parametrize(
    ("head", "beginning"),
    [
        (known(11), None),
        (known(10), OTHER_ROOT),
        (known(9), OTHER_ROOT),
        (known(9), None),
        (known(1, log="log-2"), bytes(32)),
    ],
    ids=["shrunk", "other root", "another way", "with a gap", "other log"],
)
def test_log_that_does_not_go_on_from_the_known_one_is_told(
    head: KnownHead, beginning: bytes | None
) -> None:
    with pytest.raises(ExchangeError) as caught:
        require_grown(manifest(10), head, beginning)

    assert caught.value.code is ErrorCode.DATABASE_OLDER


@pytest.mark.parametrize("size", [0, 9, 10])
def test_log_that_goes_on_from_the_known_one_is_the_known_one(size: int) -> None:
    require_grown(manifest(10), known(size), bytes(32))


@pytest.mark.parametrize(
    "other",
    [
        known(10, log="log-2"),
        known(12, log="log-2"),
        known(10, root=OTHER_ROOT),
        known(9, root=OTHER_ROOT),
    ],
    ids=["other log", "other log, later", "other root", "other way"],
)
def test_backup_of_another_log_is_refused(other: KnownHead) -> None:
    found = refusal(lambda: require_same_log(manifest(10), other, bytes(32)))

    assert found is ErrorCode.BACKUP_FOREIGN


def test_backup_of_the_known_log_before_or_after_is_taken() -> None:
    require_same_log(manifest(10), known(9), bytes(32))
    require_same_log(manifest(10), known(10), bytes(32))
    require_same_log(manifest(10), known(11, root=OTHER_ROOT), None)


def test_backup_that_lacks_entries_of_the_known_log_is_damaged() -> None:
    found = refusal(lambda: require_same_log(manifest(10), known(9), None))

    assert found is ErrorCode.BACKUP_DAMAGED


@pytest.mark.parametrize("size", range(10))
def test_root_of_the_beginning_is_found_in_whatever_order_entries_pass(
    size: int,
) -> None:
    frontier: tuple[bytes, ...] = ()
    entries, roots = [], [EMPTY_ROOT]
    for index in range(9):
        grown = append(frontier, index, leaf_hash(bytes([index])))
        entries.append([node for _, node in grown.completed])
        frontier = grown.frontier
        roots.append(tree_root(frontier))
    beginning, cut = LogBeginning(size), LogBeginning(size)
    for index in reversed(range(9)):
        beginning.add(index, entries[index])
        cut.add(index, entries[index] if index != size - 1 else [])

    assert beginning.root_hash() == roots[size]
    assert cut.root_hash() == (None if size else EMPTY_ROOT)


def test_configuration_goes_in_without_credentials(tmp_path: Path) -> None:
    path = tmp_path / "lienthong.toml"
    path.write_text('uri = "mongodb://user:secret@db.example/?tls=true"\n', "utf-8")

    assert configuration_without_secrets(path) == (
        b'uri = "mongodb://db.example/?tls=true"\n'
    )
