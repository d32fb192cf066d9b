"""What is to be done with each document of a batch, decided without I/O."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath

import pytest

from signing.batch.plan import (
    Entry,
    Manner,
    SignJob,
    Standing,
    items_of_folder,
    standing,
    task_digest,
)
from signing.errors import SigningError
from signing.profiles import (
    CopyForm,
    Placement,
    SignatureLevel,
    SignatureProfile,
    SignerRole,
)

AT = datetime(2026, 10, 5, tzinfo=UTC)
ENTRY = Entry(
    target="a.pdf",
    task="task",
    signed="signed",
    size=9,
    level=SignatureLevel.B_B,
    temporary=".signing-1",
)
JOB = SignJob(source=Path("a.pdf"), target=PurePosixPath("a.pdf"), manner=Manner())


@pytest.mark.parametrize(
    ("entry", "target", "waiting", "expected"),
    [
        (None, None, None, Standing.SIGN),
        (None, "other", None, Standing.TAKEN),
        (ENTRY, "signed", None, Standing.DONE),
        (ENTRY, "signed", "signed", Standing.DONE),
        (ENTRY, "other", "signed", Standing.TAKEN),
        (ENTRY, None, "signed", Standing.PUBLISH),
        (ENTRY, None, "half", Standing.SIGN),
        (ENTRY, None, None, Standing.SIGN),
        (replace(ENTRY, task="before"), "signed", None, Standing.TAKEN),
        (replace(ENTRY, task="before"), None, "signed", Standing.SIGN),
    ],
)
def test_document_is_signed_published_left_or_refused(
    entry: Entry | None, target: str | None, waiting: str | None, expected: Standing
) -> None:
    assert standing(entry, "task", target=target, waiting=waiting) is expected


@pytest.mark.parametrize(
    "changes",
    [
        {"role": SignerRole.AGENCY_SEAL},
        {"number": "1/QĐ"},
        {"issued": date(2026, 10, 5)},
        {"copy_form": CopyForm.FULL},
        {"signer_name": "Khuê"},
        {"placement": Placement(1, 2, 3, 4, 5)},
        {"field_name": "chu-ky"},
        {"text_lines": ("Đã ký",)},
        {"level": SignatureLevel.B_T},
        {"profile": SignatureProfile.VGCA_COMPATIBLE},
    ],
    ids=str,
)
def test_another_manner_is_another_task(changes: dict[str, object]) -> None:
    other = replace(JOB, manner=replace(JOB.manner, **changes))  # type: ignore[arg-type]  # by name
    assert task_digest(JOB, "source", "x") == task_digest(JOB, "source", "x")
    assert task_digest(other, "source", "x") != task_digest(JOB, "source", "x")
    assert task_digest(JOB, "other", "x") != task_digest(JOB, "source", "x")
    assert task_digest(JOB, "source", "y") != task_digest(JOB, "source", "x")


def test_clerk_numbers_then_seals() -> None:
    manner = Manner(role=SignerRole.AGENCY_SEAL, number="214/UBND", issued=AT.date())
    number, seal = manner.requests(AT, image=b"png", text=None)
    assert (number.role, number.image) == (SignerRole.NUMBER, None)
    assert (seal.role, seal.image) == (SignerRole.AGENCY_SEAL, b"png")
    assert number.particulars.number == "214/UBND"
    (alone,) = replace(manner, number="", issued=None).requests(
        AT, image=None, text=None
    )
    assert alone.role is SignerRole.AGENCY_SEAL


def test_annex_without_number_is_refused_and_shows_no_image() -> None:
    manner = Manner(role=SignerRole.ANNEX)
    with pytest.raises(SigningError, match="sign_list_invalid"):
        manner.requests(AT, image=None, text=None)
    (annex,) = replace(manner, number="1/KH").requests(AT, image=b"png", text=None)
    assert annex.image is None


def test_files_keep_their_folders() -> None:
    folder = Path("in")
    items = items_of_folder(
        [folder / "b.pdf", folder / "sub" / "a.pdf"], folder, Manner()
    )
    targets = [str(one.job.target) for one in items if one.job]
    assert targets == ["b.pdf", "sub/a.pdf"]
    assert all(one.refusal is None for one in items)
