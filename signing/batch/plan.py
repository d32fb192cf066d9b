"""What is to be done with each document of a batch; no I/O.

A document is done when its target is there with the digest that the record names.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path, PurePosixPath

from schemas.errors import CodedError, ErrorCode
from signing.errors import SigningError
from signing.pades.request import Particulars, SignRequest
from signing.pades.text_lines import DocumentText
from signing.profiles import (
    ROLES,
    CopyForm,
    Placement,
    SignatureLevel,
    SignatureProfile,
    SignerRole,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a document is signed; the fields are those of a request."""

    role: SignerRole = SignerRole.PERSON
    number: str = ""
    issued: date | None = None
    copy_form: CopyForm | None = None
    signer_name: str = ""
    placement: Placement | None = None
    field_name: str | None = None
    text_lines: tuple[str, ...] = ()
    profile: SignatureProfile = SignatureProfile.STANDARD
    level: SignatureLevel = SignatureLevel.B_B

    def requests(
        self, at: datetime, *, image: bytes | None, text: DocumentText | None
    ) -> tuple[SignRequest, ...]:
        """Return the signatures to be made in their order: the number, then the seal.

        Args:
            at: the signing time.
            image: PNG for roles that show one.
            text: what is printed on the document.

        Raises:
            SigningError: SIGN_LIST_INVALID, the role needs something else.
        """
        known = Particulars(
            number=self.number,
            issued=self.issued,
            copy_form=self.copy_form,
            signer_name=self.signer_name,
            text=text,
        )
        try:
            signature = SignRequest(
                role=self.role,
                at=at,
                image=image if ROLES[self.role].image else None,
                placement=self.placement,
                text_lines=self.text_lines,
                field_name=self.field_name,
                profile=self.profile,
                particulars=known,
                level=self.level,
            )
        except ValueError as error:
            raise SigningError(ErrorCode.SIGN_LIST_INVALID, place=str(error)) from error
        if not self.is_numbered:
            return (signature,)
        numbered = SignRequest(
            role=SignerRole.NUMBER, at=at, profile=self.profile, particulars=known
        )
        return numbered, signature

    @property
    def is_numbered(self) -> bool:
        """Whether the clerk puts a number or a date on before sealing."""
        is_seal = self.role is SignerRole.AGENCY_SEAL
        return is_seal and bool(self.number or self.issued)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignJob:
    """One document to sign.

    Args:
        source: the file.
        target: where it goes, from the folder of signed files.
        manner: how it is signed.
    """

    source: Path
    target: PurePosixPath
    manner: Manner


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem:
    """One document of a batch.

    Args:
        label: names it to people.
        job: what is to be done; None if that cannot be known.
        refusal: why it cannot.
    """

    label: str
    job: SignJob | None = None
    refusal: CodedError | None = None


def items_of_folder(
    files: Iterable[Path], folder: Path, manner: Manner
) -> tuple[BatchItem, ...]:
    """Plan the files of a folder, all in one manner."""
    return distinct(
        BatchItem(
            label=str(one.relative_to(folder)),
            job=SignJob(source=one, target=target_of(one, folder), manner=manner),
        )
        for one in sorted(files)
    )


def target_of(source: Path, folder: Path) -> PurePosixPath:
    """Keep the place of a file within its folder; others go by their name."""
    is_within = source.is_relative_to(folder) and ".." not in source.parts
    return PurePosixPath(source.relative_to(folder) if is_within else source.name)


def distinct(items: Iterable[BatchItem]) -> tuple[BatchItem, ...]:
    """Refuse a second document for the same target."""
    return tuple(_distinct(items))


def _distinct(items: Iterable[BatchItem]) -> Iterator[BatchItem]:
    taken: set[PurePosixPath] = set()
    for one in items:
        if one.job is None or one.job.target not in taken:
            yield one
        else:
            place = f"{one.job.target}: 2 x"
            refusal = SigningError(ErrorCode.SIGN_LIST_INVALID, place=place)
            yield replace(one, job=None, refusal=refusal)
        if one.job is not None:
            taken.add(one.job.target)


def task_digest(job: SignJob, source_sha256: str, common: str) -> str:
    """Name what is done to a document: the same again is the same task.

    Args:
        job: the document.
        source_sha256: of its bytes.
        common: names certificate and image.
    """
    fields = {"source": source_sha256, "common": common, **asdict(job.manner)}
    return sha256(json.dumps(fields, default=str, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the record says of a target.

    Args:
        task: names what was done.
        signed: SHA-256 of the signed file.
        size: its octets; it may have grown since, by later revisions.
        level: of its signature.
        temporary: the file that was to become the target.
    """

    target: str
    task: str
    signed: str
    size: int
    level: SignatureLevel
    temporary: str


class Standing(StrEnum):
    """What is to be done with a document now."""

    SIGN = "sign"
    PUBLISH = "publish"
    DONE = "done"
    TAKEN = "taken"


def standing(
    entry: Entry | None, task: str, *, target: str | None, waiting: str | None
) -> Standing:
    """Decide by what the record says and what lies in the folder.

    Args:
        entry: of the record, if it has one for the target.
        task: what is wanted.
        target: SHA-256 of the target, as far as the entry says that it goes; None if
            it is absent.
        waiting: SHA-256 of the file that the entry names; None if it is absent.
    """
    if target is not None:
        is_done = entry is not None and (entry.signed, entry.task) == (target, task)
        return Standing.DONE if is_done else Standing.TAKEN
    if entry is not None and (entry.signed, entry.task) == (waiting, task):
        return Standing.PUBLISH
    return Standing.SIGN
