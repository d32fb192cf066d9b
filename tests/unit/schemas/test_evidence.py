import base64
import json
from dataclasses import replace

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from schemas import merkle, xml
from schemas.errors import ErrorCode, SchemaError
from schemas.evidence import (
    BundleManifest,
    BundleMember,
    LogEntry,
    LogProof,
    MemberRole,
    TreeHead,
    read_manifest,
    read_proof,
    read_tree_head,
    salted_digest,
    write_manifest,
    write_proof,
    write_tree_head,
)
from schemas.vocabulary import LogEntryType
from tests.support.receipts import AT, ENVELOPE

SALT = bytes(range(16))


def entry(subject: str = ENVELOPE) -> LogEntry:
    return LogEntry(
        type=LogEntryType.ACCEPTED,
        at=AT,
        actor="hub-1",
        subject=subject,
        digest=salted_digest(SALT, b"receipt"),
        salt=SALT,
    )


def log_of_three() -> tuple[LogEntry, LogProof, TreeHead]:
    entries = [entry(f"subject-{number}") for number in range(3)]
    nodes: dict[merkle.Coordinates, bytes] = {}
    frontier: tuple[bytes, ...] = ()
    for size, one in enumerate(entries):
        done = merkle.append(frontier, size, one.leaf_hash())
        frontier = done.frontier
        nodes.update(done.completed)
    path = merkle.inclusion_path(1, 3, lambda level, index: nodes[level, index])
    head = TreeHead(log_id="log-1", size=3, root_hash=merkle.root(frontier), at=AT)
    return entries[1], LogProof(index=1, size=3, path=path), head


def test_entry_has_these_bytes_for_ever() -> None:
    assert entry().canonical() == (
        b'{"actor":"hub-1","at":"2026-11-21T02:00:00.123Z","digest":"'
        + salted_digest(SALT, b"receipt").encode()
        + b'","salt":"000102030405060708090a0b0c0d0e0f",'
        b'"subject":"01JD6Q3V5W8X9YZ0ABCDEFGHJK","type":"accepted","v":1}'
    )


@given(actor=st.text(), subject=st.text(alphabet=st.characters(max_codepoint=0x80)))
@example(actor="\x00\x1f\x7f\u2028\U0001f600", subject='"\\/\b\f\n\r\t')
def test_entry_is_written_as_rfc_8785_writes_it(actor: str, subject: str) -> None:
    one = replace(entry(), actor=actor, subject=subject)
    written = one.canonical()
    assert rfc8785.dumps(json.loads(written)) == written


def test_entry_reads_back_from_its_bytes() -> None:
    assert LogEntry.from_bytes(entry().canonical()) == entry()


def test_entry_attests_its_data_and_no_other() -> None:
    assert entry().attests(b"receipt")
    assert not entry().attests(b"other")


def test_same_data_under_another_salt_has_another_digest() -> None:
    assert salted_digest(SALT, b"a") != salted_digest(bytes(16), b"a")


def test_salt_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="16"):
        salted_digest(b"short", b"a")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("v", 2),
        ("v", True),
        ("v", "1"),
        ("type", "unknown"),
        ("at", "2026-11-21T02:00:00Z"),
        ("actor", None),
        ("actor", "\ud800"),
        ("digest", "AA" * 32),
        ("salt", "00"),
        ("extra", 1),
    ],
)
def test_entry_with_a_wrong_field_is_refused(field: str, value: object) -> None:
    fields = json.loads(entry().canonical()) | {field: value}
    data = json.dumps(fields, separators=(",", ":"), sort_keys=True).encode()
    with pytest.raises(SchemaError):
        LogEntry.from_bytes(data)


def test_entry_in_another_spelling_is_refused() -> None:
    spaced = entry().canonical().replace(b":1}", b": 1}")
    with pytest.raises(SchemaError) as refused:
        LogEntry.from_bytes(spaced)
    assert refused.value.code is ErrorCode.SCHEMA_VIOLATION


@given(st.binary(max_size=300))
@example(b"[" * 4000)
@example(b"1" * 4096)
@example(b'{"v":' + b"9" * 4080 + b"}")
@example(b"{}" * 5000)
def test_arbitrary_bytes_are_refused_as_entry_and_proof(data: bytes) -> None:
    with pytest.raises(SchemaError):
        LogEntry.from_bytes(data)
    with pytest.raises(SchemaError):
        read_proof(data)


def test_proof_reads_back_and_proves_the_entry() -> None:
    logged, proof, head = log_of_three()
    read_entry, read = read_proof(write_proof(logged, proof))
    assert (read_entry, read) == (logged, proof)
    read.verify(read_entry, head)


def test_proof_does_not_prove_another_entry_head_or_size() -> None:
    logged, proof, head = log_of_three()
    for wrong_entry, wrong_head in (
        (entry("other"), head),
        (logged, replace(head, root_hash=bytes(32))),
        (logged, replace(head, size=4)),
    ):
        with pytest.raises(SchemaError) as refused:
            proof.verify(wrong_entry, wrong_head)
        assert refused.value.code is ErrorCode.LOG_PROOF_INVALID


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("index", -1),
        ("size", 2**53),
        ("path", "ab"),
        ("path", ["ab"]),
        ("entry", "***"),
        ("entry", base64.b64encode(b"{}").decode()),
        ("extra", ""),
    ],
)
def test_proof_with_a_wrong_field_is_refused(field: str, value: object) -> None:
    logged, proof, _ = log_of_three()
    fields = json.loads(write_proof(logged, proof)) | {field: value}
    data = json.dumps(fields, separators=(",", ":"), sort_keys=True).encode()
    with pytest.raises(SchemaError):
        read_proof(data)


def test_tree_head_reads_back_as_it_was_written() -> None:
    _, _, head = log_of_three()
    written = xml.serialize(write_tree_head(head))
    assert read_tree_head(xml.parse(written)) == head


def manifest(*names: str) -> BundleManifest:
    members = tuple(
        BundleMember(
            name=name,
            sha256="0a" * 32,
            size=12,
            role=MemberRole.BODY,
            content_type="application/xml",
        )
        for name in names
    )
    return BundleManifest(envelope_id=ENVELOPE, at=AT, members=members)


def test_manifest_reads_back_as_it_was_written() -> None:
    written = manifest("envelope/body", "receipts/acceptance.xml")
    assert read_manifest(xml.parse(xml.serialize(write_manifest(written)))) == written


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a//b", "a/../b", "a\\b", "", ".hidden", "a/", "C:x", "a\n"]
)
def test_manifest_naming_a_way_out_of_the_bundle_is_refused(name: str) -> None:
    with pytest.raises(SchemaError) as refused:
        read_manifest(write_manifest(manifest(name)))
    assert refused.value.code is ErrorCode.VALUE_MALFORMED


def test_manifest_naming_a_member_twice_is_refused() -> None:
    with pytest.raises(SchemaError, match="Name"):
        read_manifest(write_manifest(manifest("a", "a")))


def test_manifest_of_an_unknown_version_is_refused() -> None:
    with pytest.raises(SchemaError, match="Version"):
        read_manifest(write_manifest(replace(manifest("a"), version=2)))
