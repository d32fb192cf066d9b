"""`lienthong backup`: make, check and restore backups of a hub's database."""

import asyncio
from pathlib import Path

from exchange.backup.checking import (
    BackupReading,
    Expected,
    check_backup,
)
from exchange.backup.known_log import KnownHead, loss_of, require_accepted
from exchange.backup.locks import Opener
from exchange.backup.making import BackupOrder, make_backup
from exchange.backup.restoring import restore
from exchange.commands.arguments import Arguments, Parser, UsageError, add_action
from exchange.commands.backup_files import (
    configuration_without_secrets,
    known_head,
    lock_of,
    named_keys,
    opener_of,
    read_certificate_file,
    remember_head,
)
from exchange.commands.output import Output, Progress
from exchange.commands.site import add_config
from exchange.config import Settings
from exchange.config_file import load_settings
from exchange.database import database_address
from exchange.keys import open_hub
from exchange.storage.mongo.dump import SAVED, open_refill, open_snapshot
from pki.ca.hierarchy import system_clock
from schemas.backup import BackupManifest
from schemas.errors import Text
from schemas.timestamps import format_utc


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = add_action(actions, "create", Text("sao lưu", "make a backup"))
    verify = add_action(actions, "verify", Text("kiểm tra", "check a backup"))
    back = add_action(actions, "restore", Text("khôi phục", "restore a backup"))
    for action in (create, verify, back):
        action.add_argument("file", type=Path, metavar="FILE")
        action.add_argument(
            "--passphrase-file",
            type=Path,
            metavar="FILE",
            help="tệp mật khẩu / file with the passphrase",
        )
        add_config(action)
    create.add_argument(
        "--to",
        type=Path,
        metavar="CERTIFICATE",
        help="chỉ chủ chứng thư này mở được / only its owner can open it",
    )
    for action in (verify, back):
        action.add_argument(
            "--key", type=Path, metavar="FILE", help="khóa riêng / the private key"
        )
        action.add_argument(
            "--signer",
            type=Path,
            metavar="CERTIFICATE",
            help="chứng thư cũ của trục / a former certificate of the hub",
        )
        action.add_argument(
            "--known-head",
            type=Path,
            metavar="FILE",
            help="đầu nhật ký đã biết, mặc định VAR/log-head.json / by default it",
        )
    back.add_argument(
        "--no-known-head",
        action="store_true",
        help="không rõ nhật ký dài đến đâu / nothing tells how long it was",
    )
    back.add_argument(
        "--accept-loss",
        type=int,
        default=0,
        metavar="N",
        help="chấp nhận mất N mục nhật ký / accept that N log entries are lost",
    )


def run(arguments: Arguments, output: Output) -> int:
    """Make, check or restore."""
    settings = load_settings(arguments.config)
    if arguments.action == "create":
        manifest = asyncio.run(_create(arguments, settings, output))
    elif arguments.action == "verify":
        manifest = _verify(arguments, settings, output)
    else:
        manifest = asyncio.run(_restore(arguments, settings, output))
    _tell(manifest, output)
    return 0


async def _create(
    arguments: Arguments, settings: Settings, output: Output
) -> BackupManifest:
    lock = lock_of(arguments.passphrase_file, arguments.to)
    hub = open_hub(settings)
    name, folder = settings.mongodb.database, arguments.var
    known = known_head(None, folder)
    async with (
        database_address(settings.mongodb, folder) as uri,
        open_snapshot(uri, database=name) as snapshot,
    ):
        expected = [await snapshot.count(one) for one in SAVED]
        progress = Progress(sum(expected), output)
        order = BackupOrder(
            hub=hub,
            lock=lock,
            at=system_clock(),
            configuration=configuration_without_secrets(arguments.config),
            keys=named_keys(settings),
            told=progress.many,
            known=known,
        )
        manifest = await make_backup(snapshot, order, arguments.file)
    # Another backup, begun later, may have been done first.
    if loss_of(manifest, known_head(None, folder)) == 0:
        remember_head(folder, manifest)
    return manifest


def _verify(arguments: Arguments, settings: Settings, output: Output) -> BackupManifest:
    opener = opener_of(arguments.passphrase_file, arguments.key)
    known = known_head(arguments.known_head, arguments.var)
    expected = _expected(arguments, settings)
    manifest = _checked(arguments, opener, expected, known, output)
    require_accepted(manifest, known, accepted=0)
    return manifest


async def _restore(
    arguments: Arguments, settings: Settings, output: Output
) -> BackupManifest:
    if arguments.accept_loss < 0:
        raise UsageError("--accept-loss N")
    known = known_head(arguments.known_head, arguments.var)
    if known is None and not arguments.no_known_head:
        # The folder is a new one: without a head an older backup would pass for whole.
        raise UsageError("--known-head FILE | --no-known-head")
    opener = opener_of(arguments.passphrase_file, arguments.key)
    expected = _expected(arguments, settings)
    checked = await asyncio.to_thread(
        _checked, arguments, opener, expected, known, output
    )
    require_accepted(checked, known, accepted=arguments.accept_loss)
    progress = Progress(sum(one.count for one in checked.parts) - 1, output)
    async with (
        database_address(settings.mongodb, arguments.var) as uri,
        open_refill(uri, database=settings.mongodb.database) as refill,
    ):
        reading = BackupReading(arguments.file, opener)
        await restore(refill, reading, checked, expected=expected, told=progress.many)
    if known_head(None, arguments.var) is None:
        remember_head(arguments.var, checked)
    return checked


def _checked(
    arguments: Arguments,
    opener: Opener,
    expected: Expected,
    known: KnownHead | None,
    output: Output,
) -> BackupManifest:
    progress = Progress(None, output)
    manifest = check_backup(
        arguments.file, opener, expected, progress.step, known=known
    )
    progress.end()
    return manifest


def _expected(arguments: Arguments, settings: Settings) -> Expected:
    signers = [open_hub(settings).receipt.certificate]
    if arguments.signer:
        signers.append(read_certificate_file(arguments.signer))
    return Expected(hub_id=settings.hub.id, signers=tuple(signers))


def _tell(manifest: BackupManifest, output: Output) -> None:
    documents = sum(one.count for one in manifest.parts)
    output.result(
        {
            "hub": manifest.hub_id,
            "at": format_utc(manifest.at),
            "layout": manifest.layout,
            "log": {"size": manifest.log_size, "root": manifest.root_hash.hex()},
            "parts": {one.name: one.count for one in manifest.parts},
            "keys": list(manifest.keys),
        },
        Text(
            f"Bản sao lưu của {manifest.hub_id} lúc {format_utc(manifest.at)}: "
            f"{documents} bản ghi, nhật ký {manifest.log_size} mục. Nguyên vẹn.",
            f"Backup of {manifest.hub_id} at {format_utc(manifest.at)}: "
            f"{documents} documents, log of {manifest.log_size} entries. Whole.",
        ),
    )
