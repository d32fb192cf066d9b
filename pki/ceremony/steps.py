"""A ceremony that founds a CA: step by step, all or nothing, under dual control.

Everything is made in a draft folder beside the place it will have. A ceremony that is
interrupted leaves that place as it was.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from pki.ca.authority import Clock
from pki.ca.founding import (
    HierarchySettings,
    create_hierarchy_at,
    found_issuing,
    found_root,
    opened_root,
)
from pki.ca.hierarchy import Hierarchy, system_clock
from pki.ca.layout import private_folder
from pki.ca.profiles import ISSUING_KINDS
from pki.ceremony.script import CeremonyScript
from pki.ceremony.transcript import transcript_of
from pki.errors import PkiError
from pki.files import sync_files, write_atomically
from pki.journal.store import Act
from pki.keys.api import Credential
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from schemas.ceremony import CeremonyStepRecord, CeremonyTranscript
from schemas.errors import ErrorCode

TRANSCRIPT_FILE = "ceremony.xml"

_PRIVATE_FOLDER = 0o700
_LONGEST_NAME = 64


class CeremonyStep(StrEnum):
    """The steps, in order; stable words of the transcript."""

    ROOT_MADE = "root_made"
    ISSUING_CAS_MADE = "issuing_cas_made"
    LISTS_PUBLISHED = "lists_published"
    SIGNER_CERTIFIED = "signer_certified"
    TRANSCRIPT_SIGNED = "transcript_signed"
    ROOT_TAKEN_AWAY = "root_taken_away"


Confirm = Callable[[CeremonyStep], None]
"""Called before each step; raises to stop the ceremony."""

Sign = Callable[[CeremonyTranscript, Credential, datetime], bytes]
"""Signs the transcript."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceremony:
    """A ceremony about to be held.

    Args:
        script: what it makes.
        passphrases: of the operators, in the order of the script.
        software: version of this program.
        confirm: asked before each step.
        sign: signs the transcript with a key made for that alone.
        clock: gives the time.
    """

    script: CeremonyScript
    passphrases: Sequence[bytes] = field(repr=False)
    software: str
    confirm: Confirm
    sign: Sign
    clock: Clock = system_clock

    def hold(self, directory: Path) -> Path:
        """Hold it; return where the transcript is.

        Raises:
            PkiError: it was stopped, a place is not empty, the operators or their
                passphrases are not distinct, or a key or file is refused.
        """
        settings = self._settings()
        root_folder = self.script.root_folder
        if root_folder and root_folder.exists():
            raise PkiError(ErrorCode.ISSUANCE_REFUSED, place=root_folder.name)
        with (
            _removed_on_failure(root_folder),
            create_hierarchy_at(directory) as draft,
        ):
            held = _Held(self, settings, draft)
            held.found()
            write_atomically(draft / TRANSCRIPT_FILE, held.attest())
            if root_folder:
                self.confirm(CeremonyStep.ROOT_TAKEN_AWAY)
                _take_away(private_folder(draft, CertificateKind.ROOT), root_folder)
        return directory / TRANSCRIPT_FILE

    def _settings(self) -> HierarchySettings:
        names = self.script.operators
        if len(self.passphrases) != len(names):
            raise PkiError(ErrorCode.OPERATORS_NOT_DISTINCT, place="passphrase")
        operators = dict(zip(names, self.passphrases, strict=True))
        return replace(self.script.settings, operators=operators)


@dataclass(slots=True)
class _Held:
    """A ceremony under way in its draft folder."""

    ceremony: Ceremony
    settings: HierarchySettings
    draft: Path
    steps: list[CeremonyStepRecord] = field(default_factory=list)
    begun_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.begun_at = self.ceremony.clock()

    def found(self) -> None:
        """Make the root, then the issuing CAs."""
        clock = self.ceremony.clock
        with self._step(CeremonyStep.ROOT_MADE):
            found_root(self.draft, self.settings, clock)
        with (
            self._step(CeremonyStep.ISSUING_CAS_MADE),
            opened_root(self.draft, self.settings, clock) as root,
        ):
            for kind in ISSUING_KINDS:
                found_issuing(self.draft, root, kind, self.settings)

    def attest(self) -> bytes:
        """Publish the first lists, and sign what was done."""
        with self._step(CeremonyStep.LISTS_PUBLISHED):
            opened = self._opened()
        with opened as hierarchy:
            with self._step(CeremonyStep.SIGNER_CERTIFIED):
                name = f"{self.settings.name} ceremony"
                # The key is in this process alone, and gone with it.
                signer = hierarchy.issue_credential(
                    CertificateKind.LOG,
                    SubjectFields(common_name=name[:_LONGEST_NAME]),
                    act=self._act,
                )
            with self._step(CeremonyStep.TRANSCRIPT_SIGNED):
                told = self._transcript(hierarchy)
                signed = self.ceremony.sign(told, signer, self.ceremony.clock())
            hierarchy.record_ceremony(sha256(signed).hexdigest(), self._act)
        return signed

    @property
    def _act(self) -> Act:
        names = ", ".join(self.ceremony.script.operators)
        return Act(actor=names, reason="ceremony")

    def _opened(self) -> Hierarchy:
        held = self.settings.held
        return Hierarchy.open(
            self.draft,
            clock=self.ceremony.clock,
            operators=held.operators,
            actor=self._act.actor,
            founding=self._act,
        )

    def _transcript(self, hierarchy: Hierarchy) -> CeremonyTranscript:
        script = self.ceremony.script
        return CeremonyTranscript(
            name=self.settings.name,
            script_sha256=script.digest,
            software=self.ceremony.software,
            begun_at=self.begun_at,
            ended_at=self.ceremony.clock(),
            operators=script.operators,
            steps=tuple(self.steps),
            authorities=transcript_of(self.draft, hierarchy, self.settings),
        )

    @contextmanager
    def _step(self, step: CeremonyStep) -> Iterator[None]:
        self.ceremony.confirm(step)
        yield
        number = len(self.steps) + 1
        at = self.ceremony.clock()
        self.steps.append(CeremonyStepRecord(number=number, name=step, at=at))


@contextmanager
def _removed_on_failure(folder: Path | None) -> Iterator[None]:
    """Take the root back from a place that was empty, if anything fails later."""
    try:
        yield
    except BaseException:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _take_away(own: Path, folder: Path) -> None:
    """Move the root's private folder, maybe to another medium; it appears complete.

    Raises:
        PkiError: it cannot be put there.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent) as temporary:
            copied = Path(temporary) / folder.name
            shutil.copytree(own, copied)
            copied.chmod(_PRIVATE_FOLDER)
            sync_files(copied)
            copied.replace(folder)
        shutil.rmtree(own)
    except OSError as error:
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=folder.name) from error
