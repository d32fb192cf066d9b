"""What a backup says it holds: the last thing in it, signed by the hub."""

from dataclasses import dataclass
from datetime import datetime

from schemas import values
from schemas.errors import ErrorCode, SchemaError
from schemas.strict_xml import add, add_fields, fields_of, fields_of_root, new_root
from schemas.timestamps import format_utc, parse_utc
from schemas.xml import Element

BACKUP_ID = "backup-1"
BACKUP_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupPart:
    """One part of a backup: a collection, or the configuration.

    Args:
        name: of the collection; the file name of the configuration is not kept.
        count: documents.
        size: bytes of all of them.
        sha256: over all of them, one after the other.
    """

    name: str
    count: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupManifest:
    """All that a backup holds besides this.

    Args:
        layout: version of the stored documents.
        log_size: entries of the log.
        root_hash: of the tree over them.
        parts: in the order they stand in.
        keys: names and places of keys that are not in it.
    """

    version: int = BACKUP_VERSION
    hub_id: str
    log_id: str
    at: datetime
    layout: int
    log_size: int
    root_hash: bytes
    parts: tuple[BackupPart, ...]
    keys: tuple[str, ...] = ()


def write_backup_manifest(manifest: BackupManifest) -> Element:
    """Write a manifest, without its signature.

    Raises:
        SchemaError: a text holds a character XML cannot carry (VALUE_MALFORMED).
    """
    root = new_root("BackupManifest", identifier=BACKUP_ID)
    fields = (
        ("Version", str(manifest.version)),
        ("HubId", manifest.hub_id),
        ("LogId", manifest.log_id),
        ("At", format_utc(manifest.at)),
        ("Layout", str(manifest.layout)),
        ("LogSize", str(manifest.log_size)),
        ("RootHash", manifest.root_hash.hex()),
    )
    add_fields(root, fields)
    parts = add(root, "Parts")
    for part in manifest.parts:
        add(parts, "Part", _fields_of(part))
    add_fields(root, (("Key", one) for one in manifest.keys))
    return root


def read_backup_manifest(root: Element) -> BackupManifest:
    """Read a manifest from its verified element without signature.

    Raises:
        SchemaError: a child missing, unknown or out of order, a malformed value, or a
            version this program does not know.
    """
    with fields_of_root(root, "BackupManifest", identifier=BACKUP_ID) as fields:
        manifest = BackupManifest(
            version=fields.take("Version", values.natural),
            hub_id=fields.text("HubId"),
            log_id=fields.text("LogId"),
            at=fields.take("At", parse_utc),
            layout=fields.take("Layout", values.natural),
            log_size=fields.take("LogSize", values.natural),
            root_hash=bytes.fromhex(fields.take("RootHash", values.sha256_hex)),
            parts=_read_parts(fields.element("Parts")),
            keys=fields.take_all("Key", _as_it_is),
        )
    if manifest.version != BACKUP_VERSION:
        raise SchemaError(ErrorCode.VALUE_MALFORMED, place="BackupManifest/Version")
    return manifest


def _fields_of(part: BackupPart) -> tuple[tuple[str, str], ...]:
    return (
        ("Name", part.name),
        ("Count", str(part.count)),
        ("Size", str(part.size)),
        ("Sha256", part.sha256),
    )


def _read_parts(element: Element) -> tuple[BackupPart, ...]:
    with fields_of(element) as fields:
        return tuple(_read_part(one) for one in fields.elements("Part"))


def _read_part(element: Element) -> BackupPart:
    with fields_of(element) as fields:
        return BackupPart(
            name=fields.text("Name"),
            count=fields.take("Count", values.natural),
            size=fields.take("Size", values.natural),
            sha256=fields.take("Sha256", values.sha256_hex),
        )


def _as_it_is(text: str, _place: str) -> str:
    return text
