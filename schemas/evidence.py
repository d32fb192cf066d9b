"""The log's own formats: entries and proofs as JSON, tree heads and manifests as XML.

An entry's bytes are RFC 8785 canonical JSON and never change, or early entries could
not be proved later. Heads and manifests are written without their signature, like
receipts.
"""

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import rfc8785

from schemas import merkle, values
from schemas.errors import ErrorCode, SchemaError
from schemas.identifiers import EnvelopeId
from schemas.strict_json import JsonFields
from schemas.strict_xml import add, add_fields, fields_of, fields_of_root, new_root
from schemas.timestamps import format_utc, parse_utc
from schemas.vocabulary import LogEntryType
from schemas.xml import Element

LOG_ENTRY_VERSION = 1
SALT_BYTES = 16
"""A random salt of 128 bits, so that a digest says nothing of guessable data."""

TREE_HEAD_ID = "tree-head-1"
MANIFEST_ID = "manifest-1"
BUNDLE_VERSION = 1

_MEMBER_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_text = json.JSONEncoder(ensure_ascii=False).encode
"""Writes a text as RFC 8785 does; names stand in order already. Two entries are made
for every envelope, and their other members need no escapes."""

_LARGEST_ENTRY = 4096
_LARGEST_PROOF = 16_384


def salted_digest(salt: bytes, data: bytes) -> str:
    """Return SHA-256 over `salt` followed by `data`, in lower hexadecimal.

    Raises:
        ValueError: the salt has not the fixed length that keeps the two apart.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return hashlib.sha256(salt + data).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One entry of the log.

    Args:
        actor: who acted: a system id or the hub's id.
        subject: what it is about: an envelope id, a directory version, or an entry of
            a CA's journal (its label, a slash and the entry's number).
        digest: `salted_digest` of the bytes attested, in lower hexadecimal.
    """

    type: LogEntryType
    at: datetime
    actor: str
    subject: str
    digest: str
    salt: bytes
    v: int = LOG_ENTRY_VERSION

    def canonical(self) -> bytes:
        """Return the entry's bytes, the input of its leaf hash."""
        return (
            f'{{"actor":{_text(self.actor)},"at":"{format_utc(self.at)}"'
            f',"digest":"{self.digest}","salt":"{self.salt.hex()}"'
            f',"subject":{_text(self.subject)},"type":"{self.type.value}"'
            f',"v":{self.v}}}'
        ).encode()

    def leaf_hash(self) -> bytes:
        """Return the entry's leaf hash in the tree."""
        return merkle.leaf_hash(self.canonical())

    def attests(self, data: bytes) -> bool:
        """Tell whether `data` is what this entry was made about."""
        return salted_digest(self.salt, data) == self.digest

    @classmethod
    def from_bytes(cls, data: bytes) -> "LogEntry":
        """Read an entry from its canonical bytes.

        Raises:
            SchemaError: anything but the bytes `canonical` gives.
        """
        fields = JsonFields(data, largest=_LARGEST_ENTRY, name="log entry")
        entry = cls(
            v=fields.number("v"),
            type=values.member_of(LogEntryType)(fields.text("type"), "type"),
            at=parse_utc(fields.text("at"), "at"),
            actor=fields.text("actor"),
            subject=fields.text("subject"),
            digest=values.sha256_hex(fields.text("digest"), "digest"),
            salt=_hex(fields.text("salt"), SALT_BYTES, "salt"),
        )
        if entry.v != LOG_ENTRY_VERSION or entry.canonical() != data:
            raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place="log entry")
        return entry


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeHead:
    """The state of the log at one moment; the hub's log key signs it."""

    log_id: str
    size: int
    root_hash: bytes
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProof:
    """Where an entry stands in the tree over the first `size` entries."""

    index: int
    size: int
    path: tuple[bytes, ...]

    def verify(self, entry: LogEntry, head: TreeHead) -> None:
        """Require that `entry` is in the log whose head is `head`.

        Raises:
            SchemaError: it is not, or the proof is for another head
                (LOG_PROOF_INVALID).
        """
        if self.size != head.size:
            raise SchemaError(ErrorCode.LOG_PROOF_INVALID, place="size")
        merkle.verify_inclusion(
            entry.leaf_hash(),
            self.path,
            index=self.index,
            size=self.size,
            root=head.root_hash,
        )


def write_proof(entry: LogEntry, proof: LogProof) -> bytes:
    """Write an entry with its proof, as evidence bundles carry them."""
    return rfc8785.dumps(
        {
            "entry": base64.b64encode(entry.canonical()).decode("ascii"),
            "index": proof.index,
            "size": proof.size,
            "path": [one.hex() for one in proof.path],
        }
    )


def read_proof(data: bytes) -> tuple[LogEntry, LogProof]:
    """Read what `write_proof` writes; it proves nothing until verified.

    Raises:
        SchemaError: anything but the bytes `write_proof` gives.
    """
    fields = JsonFields(data, largest=_LARGEST_PROOF, name="log proof")
    entry = LogEntry.from_bytes(_base64(fields.text("entry")))
    path = tuple(_hex(one, 32, "path") for one in fields.texts("path"))
    proof = LogProof(
        index=fields.number("index"), size=fields.number("size"), path=path
    )
    if write_proof(entry, proof) != data:
        raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place="log proof")
    return entry, proof


def write_tree_head(head: TreeHead) -> Element:
    """Write a tree head.

    Raises:
        SchemaError: the log's id holds a character XML cannot carry.
    """
    root = new_root("TreeHead", identifier=TREE_HEAD_ID)
    fields = (
        ("LogId", head.log_id),
        ("Size", str(head.size)),
        ("RootHash", head.root_hash.hex()),
        ("At", format_utc(head.at)),
    )
    add_fields(root, fields)
    return root


def read_tree_head(root: Element) -> TreeHead:
    """Read a tree head from its verified element without signature.

    Raises:
        SchemaError: a child missing, unknown or out of order, a malformed value.
    """
    with fields_of_root(root, "TreeHead", identifier=TREE_HEAD_ID) as fields:
        return TreeHead(
            log_id=fields.text("LogId"),
            size=fields.take("Size", values.natural),
            root_hash=bytes.fromhex(fields.take("RootHash", values.sha256_hex)),
            at=fields.take("At", parse_utc),
        )


class MemberRole(StrEnum):
    """What a member of an evidence bundle is."""

    BODY = "body"
    ACCEPTANCE = "acceptance"
    STEP = "step"
    STATUS = "status"
    DELEGATION = "delegation"
    LOG_PROOF = "log_proof"
    TREE_HEAD = "tree_head"
    CERTIFICATE = "certificate"
    REVOCATION_LIST = "revocation_list"
    OCSP_ANSWER = "ocsp_answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleMember:
    """One member of an evidence bundle; `name` is its path in the archive."""

    name: str
    sha256: str
    size: int
    role: MemberRole
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleManifest:
    """Everything an evidence bundle holds besides this manifest."""

    version: int = BUNDLE_VERSION
    envelope_id: EnvelopeId
    at: datetime
    members: tuple[BundleMember, ...]


def write_manifest(manifest: BundleManifest) -> Element:
    """Write a bundle's manifest.

    Raises:
        SchemaError: a text holds a character XML cannot carry (VALUE_MALFORMED).
    """
    root = new_root("BundleManifest", identifier=MANIFEST_ID)
    fields = (
        ("Version", str(manifest.version)),
        ("EnvelopeId", manifest.envelope_id),
        ("At", format_utc(manifest.at)),
    )
    add_fields(root, fields)
    members = add(root, "Members")
    for member in manifest.members:
        _write_member(members, member)
    return root


def read_manifest(root: Element) -> BundleManifest:
    """Read a bundle's manifest from its verified element without signature.

    Raises:
        SchemaError: a child missing, unknown or out of order, a malformed value, a
            version this program does not know, or a name given twice.
    """
    with fields_of_root(root, "BundleManifest", identifier=MANIFEST_ID) as fields:
        manifest = BundleManifest(
            version=fields.take("Version", values.natural),
            envelope_id=fields.take("EnvelopeId", values.envelope_id),
            at=fields.take("At", parse_utc),
            members=_read_members(fields.element("Members")),
        )
    if manifest.version != BUNDLE_VERSION:
        raise SchemaError(ErrorCode.VALUE_MALFORMED, place="BundleManifest/Version")
    if len({one.name for one in manifest.members}) != len(manifest.members):
        raise SchemaError(ErrorCode.VALUE_MALFORMED, place="Member/Name")
    return manifest


def _write_member(parent: Element, member: BundleMember) -> None:
    fields = (
        ("Name", member.name),
        ("Sha256", member.sha256),
        ("Size", str(member.size)),
        ("Role", member.role),
        ("ContentType", member.content_type),
    )
    add(parent, "Member", fields)


def _read_members(element: Element) -> tuple[BundleMember, ...]:
    with fields_of(element) as fields:
        return tuple(_read_member(one) for one in fields.elements("Member"))


def _read_member(element: Element) -> BundleMember:
    with fields_of(element) as fields:
        return BundleMember(
            name=fields.take("Name", _member_name),
            sha256=fields.take("Sha256", values.sha256_hex),
            size=fields.take("Size", values.natural),
            role=fields.take("Role", values.member_of(MemberRole)),
            content_type=fields.text("ContentType"),
        )


def _member_name(text: str, place: str) -> str:
    """Return `text` if it is a relative path that leads nowhere else."""
    if not _MEMBER_NAME.fullmatch(text):
        raise SchemaError(ErrorCode.VALUE_MALFORMED, place=place)
    return text


def _hex(text: str, length: int, place: str) -> bytes:
    """Return the `length` bytes that `text` spells in lower hexadecimal."""
    if not re.fullmatch(f"[0-9a-f]{{{2 * length}}}", text):
        raise SchemaError(ErrorCode.VALUE_MALFORMED, place=place)
    return bytes.fromhex(text)


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SchemaError(ErrorCode.VALUE_MALFORMED, place="entry") from error
