"""The JSON of `lienthong verify` has the published shape, whatever the file."""

from typing import Any

import pytest

from tests.support.demonstration import lienthong
from tests.support.verifying import (
    PDF,
    SECONDS,
    WHOLE,
    Verifier,
    flipped,
)

PERSON, SEAL = "lienthong-person", "lienthong-agency-seal"


_TEXTS = {"vi": str, "en": str}
_REASON = {"code": str, "side": str, "message": _TEXTS, "next": _TEXTS, "place": str}
_CERTIFICATE = {
    "subject": str,
    "issuer": str,
    "serial": str,
    "not_before": str,
    "not_after": str,
    "sha256": str,
}
_SIGNATURE = {
    "field": str,
    "signer": str,
    "intact": bool,
    "valid": bool,
    "covers_whole_document": bool,
    "modifications": str,
    "changed_objects": [int],
    "changed_pages": [int],
    "indication": str,
    "sub_indication": str | None,
    "level": str,
    "signing_time": str | None,
    "timestamp_time": str | None,
    "timestamp_authority": str,
    "chain": [_CERTIFICATE],
    "reasons": [_REASON],
}
_VERDICT: dict[str, Any] = {
    "kind": str,
    "name": str,
    "indication": str,
    "sub_indication": str | None,
    "signatures": [_SIGNATURE],
    "parts": [],
    "reasons": [_REASON],
}
_VERDICT["parts"].append(_VERDICT)


def departure(found: Any, shape: Any, place: str = "$") -> str | None:
    """Name the first place where JSON is not of a shape, keys in order included."""
    if isinstance(shape, dict):
        if not isinstance(found, dict) or list(found) != list(shape):
            return place
        inner = (departure(found[key], shape[key], f"{place}.{key}") for key in shape)
    elif isinstance(shape, list):
        if not isinstance(found, list):
            return place
        inner = (
            departure(one, shape[0], f"{place}[{at}]") for at, one in enumerate(found)
        )
    else:
        return None if isinstance(found, shape) else place
    return next((one for one in inner if one), None)


class TestJson:
    @pytest.mark.parametrize(
        ("name", "kind", "signatures", "parts"),
        [
            (PDF, "pdf", 2, False),
            ("envelope.eml", "envelope", 1, True),
            ("status-01-H99.xml", "status", 1, False),
            ("receipt-acceptance.xml", "receipt", 1, False),
            ("evidence.zip", "bundle", 1, True),
        ],
    )
    def test_of_a_passed_file_has_the_published_shape(
        self,
        verifier: Verifier,
        name: str,
        kind: str,
        signatures: int,
        *,
        parts: bool,
    ) -> None:
        said = verifier.says(verifier.product(name))

        assert departure(said.verdict, _VERDICT) is None
        assert said.verdict["kind"] == kind
        assert len(said.verdict["signatures"]) == signatures
        assert bool(said.verdict["parts"]) is parts

    @pytest.mark.parametrize("name", WHOLE)
    def test_of_a_refused_file_has_the_same_shape(
        self, verifier: Verifier, name: str
    ) -> None:
        data = verifier.product(name)
        said = verifier.says(flipped(data, len(data) // 2))

        assert departure(said.verdict, _VERDICT) is None
        for reason in said.verdict["reasons"]:
            assert reason["message"]["vi"] != reason["message"]["en"] != ""
            assert reason["next"]["vi"] != reason["next"]["en"] != ""

    def test_of_a_signature_says_what_was_checked(self, verifier: Verifier) -> None:
        person, seal = verifier.says(verifier.product(PDF)).verdict["signatures"]

        assert (person["field"], seal["field"]) == (PERSON, SEAL)
        assert (person["modifications"], seal["modifications"]) == ("signature", "none")
        assert person["level"] == "PAdES-B-B"
        assert len(person["chain"]) == 3
        assert person["signing_time"].endswith("Z")
        assert person["timestamp_time"] is None


def test_command_as_users_call_it_answers_within_its_time(verifier: Verifier) -> None:
    path = verifier.products / "evidence.zip"
    done = lienthong("verify", str(path), *verifier.root(), "--json", timeout=SECONDS)

    assert done.returncode == 0
    assert done.stderr == ""
