"""What a client asks a hub to prepare, as JSON (docs/protocol.md).

Read strictly: an unknown key is refused, so that nothing asked for is left out unseen.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.request import NO_PARTICULARS, Particulars, SignRequest
from signing.pades.text_lines import DocumentText
from signing.profiles import (
    CopyForm,
    Placement,
    SignatureLevel,
    SignatureProfile,
    SignerRole,
)

_MAX_LINES = 8
_MAX_TEXT = 200
_TEXTS = ("number", "signer_name")
_KEYS = frozenset(
    {
        *("role", "level", "profile", "placement", "field", "lines"),
        *("number", "issued", "copy_form", "signer_name"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteRequest:
    """One signature to be prepared elsewhere; as `SignRequest`, but for its time.

    Args:
        lines: shown where no image comes; Decree 30/2020 asks for the image alone.
    """

    role: SignerRole = SignerRole.PERSON
    level: SignatureLevel = SignatureLevel.B_B
    profile: SignatureProfile = SignatureProfile.STANDARD
    placement: Placement | None = None
    field: str | None = None
    lines: tuple[str, ...] = ()
    particulars: Particulars = NO_PARTICULARS

    def to_json(self) -> bytes:
        """Write the request; what stands at its default is left out."""
        known = self.particulars
        place = self.placement
        fields = {
            "role": self.role,
            "level": self.level,
            "profile": self.profile,
            "placement": place
            and [place.page, place.x, place.y, place.width, place.height],
            "field": self.field,
            "lines": list(self.lines),
            "number": known.number,
            "issued": known.issued and known.issued.isoformat(),
            "copy_form": known.copy_form,
            "signer_name": known.signer_name,
        }
        written = {name: value for name, value in fields.items() if value}
        return json.dumps(written, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "RemoteRequest":
        """Read a request.

        Raises:
            SigningError: REQUEST_INVALID, the key is named.
        """
        fields = _fields(data)
        lines = fields.get("lines", [])
        if not isinstance(lines, list) or len(lines) > _MAX_LINES:
            raise _invalid("lines")
        return cls(
            role=_one_of(SignerRole, fields, "role", SignerRole.PERSON),
            level=_one_of(SignatureLevel, fields, "level", SignatureLevel.B_B),
            profile=_one_of(
                SignatureProfile, fields, "profile", SignatureProfile.STANDARD
            ),
            placement=_placement(fields),
            field=_text(fields, "field") or None,
            lines=tuple(_text({"lines": one}, "lines") for one in lines),
            particulars=_particulars(fields),
        )

    def at(
        self, moment: datetime, *, image: bytes | None, text: DocumentText | None
    ) -> SignRequest:
        """Return the request for a signing time.

        Args:
            moment: the signing time.
            image: PNG of the signature or the seal.
            text: what is printed on the document.

        Raises:
            SigningError: REQUEST_INVALID, what is asked for does not go together.
        """
        try:
            return SignRequest(
                role=self.role,
                at=moment,
                image=image,
                placement=self.placement,
                text_lines=() if image else self.lines,
                field_name=self.field,
                profile=self.profile,
                particulars=replace(self.particulars, text=text),
                level=self.level,
            )
        except ValueError as error:
            raise _invalid("role") from error


def _fields(data: bytes) -> dict[str, Any]:
    try:
        # json.loads would take UTF-16 and UTF-32 too, and half a surrogate pair.
        fields = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _invalid("request") from error
    if not isinstance(fields, dict):
        raise _invalid("request")
    unknown = fields.keys() - _KEYS
    if unknown:
        name = min(unknown)[:_MAX_TEXT]
        raise _invalid(name if _printable(name) else "request")
    return fields


def _one_of(kind: Any, fields: Mapping[str, Any], key: str, otherwise: Any) -> Any:
    try:
        return kind(fields.get(key, otherwise))
    except ValueError as error:
        raise _invalid(key) from error


def _text(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key, "")
    if not isinstance(value, str) or len(value) > _MAX_TEXT or not _printable(value):
        raise _invalid(key)
    return value


def _printable(value: str) -> bool:
    return value.isprintable()


def _placement(fields: Mapping[str, Any]) -> Placement | None:
    numbers = fields.get("placement")
    if numbers is None:
        return None
    if not isinstance(numbers, list) or len(numbers) != 5:
        raise _invalid("placement")
    if any(
        isinstance(one, bool) or not isinstance(one, int | float) for one in numbers
    ):
        raise _invalid("placement")
    page, *rest = numbers
    if not isinstance(page, int) or not all(abs(one) < 1e5 for one in rest):
        raise _invalid("placement")
    return Placement(page, *map(float, rest))


def _particulars(fields: Mapping[str, Any]) -> Particulars:
    number, signer_name = (_text(fields, key) for key in _TEXTS)
    form = fields.get("copy_form")
    try:
        issued = fields.get("issued")
        day = None if issued is None else date.fromisoformat(issued)
    except (ValueError, TypeError) as error:
        raise _invalid("issued") from error
    return Particulars(
        number=number,
        issued=day,
        copy_form=_one_of(CopyForm, fields, "copy_form", None) if form else None,
        signer_name=signer_name,
    )


def _invalid(key: str) -> SigningError:
    return SigningError(ErrorCode.REQUEST_INVALID, place=key)
