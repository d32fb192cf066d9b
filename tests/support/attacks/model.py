"""What one attack is: what it does, where it is described, what must come of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.verdict import Indication
from tests.support.judged_pdf import TRUSTED
from tests.support.pki import NOW

FAILED = Indication.TOTAL_FAILED
UNSURE = Indication.INDETERMINATE


class Row(StrEnum):
    """A class of attacks, as in the tables of known ones."""

    USF = "PDF: signature without a value or range (USF)"
    SWA = "PDF: signed bytes moved (SWA)"
    RANGE = "PDF: odd byte range"
    ISA = "PDF: page or content by a later revision (ISA)"
    ISA_BARE = "PDF: later bytes without a revision (ISA)"
    TRAILING = "PDF: trailing bytes"
    GAP = "PDF: literal string, keys or noise in the gap"
    DUPLICATE_KEYS = "PDF: keys given twice"
    SHADOW_HIDE = "PDF: shadow attack, hide"
    SHADOW_REPLACE = "PDF: shadow attack, replace"
    SHADOW_HIDE_REPLACE = "PDF: shadow attack, hide and replace"
    EAA = "PDF: annotation on a certified document (EAA)"
    SSA = "PDF: signature shown on a certified document (SSA)"
    SECOND_SIGNATURE = "PDF: second signature that shows"
    PAGES = "PDF: pages removed or swapped"
    CATALOGS = "PDF: two catalogs, hybrid sections, freed objects"
    ACTIVE = "PDF: scripts, actions, external references, attachments"
    LAYERS = "PDF: optional content, dynamic fields"
    REUSED = "PDF: signature object in another field"
    BOMB = "PDF: decompression bomb"
    LOOP = "PDF: cycles of references, pages, sections"
    SECTIONS = "PDF: tricks with sections and object streams"
    DIGEST = "CMS: SHA-1, MD5"
    WEAK_KEY = "CMS: RSA below 2048, weak curve"
    ALGORITHMS = "CMS: algorithms do not fit"
    ATTRIBUTES = "CMS: no signed attributes, content swapped"
    BINDING = "CMS: signing certificate missing or another"
    SIGNERS = "CMS: two signers, content inside"
    USAGE = "X.509: key usage, extended key usage"
    CA_SIGNS = "X.509: CA certificate as signer"
    CRITICAL = "X.509: unknown critical extension"
    CONSTRAINTS = "X.509: basicConstraints, pathLenConstraint"
    FORM = "X.509: duplicate extensions, odd serials, version 1, no identifiers"
    LIST_NUMBER = "X.509: revocation list with critical or without number"
    ENCODING = "X.509: empty extended key usage, explicit curve parameters"
    EXPIRED = "X.509: expired signer without proof of existence"
    POLICIES = "X.509: explosion of policies"
    SAME_SUBJECT = "X.509: explosion of equal subjects"
    ADDRESSES = "X.509: addresses to fetch from"
    ROOTS = "X.509: another root"
    OCSP_ISSUER = "OCSP: answer of another issuer or sibling CA"
    OCSP_USAGE = "OCSP: responder without its extended key usage"
    OCSP_RESPONDER = "OCSP: responder expired or revoked"
    OCSP_REPLAY = "OCSP: old answer again"
    OTHER_LIST = "OCSP: list of another scope"
    STAMP_USAGE = "TSA: certificate without or with more than timeStamping"
    STAMP_IMPRINT = "TSA: token over something else"
    STAMP_FORM = "TSA: document time-stamp of a wrong type"


@dataclass(frozen=True, slots=True)
class Attacked:
    """A file to judge, and by what: the usual trust and time unless they matter."""

    data: bytes
    material: TrustMaterial = TRUSTED
    at: datetime = NOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One variant.

    Args:
        how: what the attacker does, in a few words.
        code: a reason that the verdict must give.
    """

    name: str
    row: Row
    how: str
    indication: Indication
    code: ErrorCode
    build: Callable[[], Attacked]


Builder = Callable[[], bytes | Attacked]


@dataclass(frozen=True, slots=True)
class Register:
    """Collects the variants of one module, in order."""

    attacks: list[Attack] = field(default_factory=list)

    def __iter__(self) -> Iterator[Attack]:
        """Yield what was collected."""
        return iter(self.attacks)

    def add(
        self, row: Row, indication: Indication, code: ErrorCode, how: str
    ) -> Callable[[Builder], Builder]:
        """Register the decorated function as a variant that its name names."""

        def register(build: Builder) -> Builder:
            self.put(build.__name__, build, row, indication, code, how)
            return build

        return register

    def put(
        self,
        name: str,
        build: Builder,
        row: Row,
        indication: Indication,
        code: ErrorCode,
        how: str,
    ) -> None:
        """Register a variant."""
        attack = Attack(
            name=name.strip("_").replace("_", "-"),
            row=row,
            how=how,
            indication=indication,
            code=code,
            build=lambda: _attacked(build()),
        )
        self.attacks.append(attack)


def _attacked(built: bytes | Attacked) -> Attacked:
    return built if isinstance(built, Attacked) else Attacked(built)
