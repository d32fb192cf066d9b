"""Preparing and completing are apart; nothing but JSON and the file is between."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from pki.keys.api import Credential
from schemas.errors import ErrorCode
from schemas.verdict import Indication
from signing.errors import SigningError
from signing.pades.kept import KeptState, check_value
from signing.pades.remote import complete_signature
from signing.pades.remote_request import RemoteRequest
from signing.profiles import SignatureLevel, SignatureProfile
from signing.remote_client import check_offer, check_signed
from signing.validation.pdf import judge_pdf
from tests.support.keys import rsa_key
from tests.support.pki import NOW, TestPki
from tests.support.remote import offer_of, prepared_for
from tests.support.signed_pdf import (
    FORM,
    LETTER,
    SAMPLES,
    SEAL,
    SIGNATURE_PNG,
    letter_place,
    sign,
)
from tests.support.world import material_of

PKI = TestPki.create()
SIGNER = PKI.issuing.issue("Đoàn Khuê", key=ec.generate_private_key(ec.SECP256R1()))
SOURCE = LETTER.read_bytes()


def keys() -> list[Credential]:
    private = (
        ec.generate_private_key(ec.SECP384R1()),
        rsa_key(),
    )
    return [SIGNER, *(PKI.issuing.issue("Đoàn Khuê", key=one) for one in private)]


@pytest.mark.parametrize("signer", keys(), ids=("p256", "p384", "rsa"))
@pytest.mark.parametrize("profile", SignatureProfile)
def test_value_made_elsewhere_completes_a_valid_file(
    signer: Credential, profile: SignatureProfile
) -> None:
    prepared = prepared_for(SOURCE, signer, profile=profile)
    state = KeptState.from_json(prepared.state.to_json())
    offer = offer_of(SOURCE, signer, prepared)
    checked = check_offer(offer)
    value = signer.key.sign(checked.to_sign, state.scheme)
    signed = complete_signature(prepared.data, state, value)
    check_signed(offer, checked, value, signed.data)
    verdict = judge_pdf(signed.data, material=material_of(PKI), at=NOW)
    assert verdict.indication is Indication.TOTAL_PASSED
    assert signed.level is SignatureLevel.B_B


def test_state_is_small_and_reads_back_the_same() -> None:
    state = prepared_for(SOURCE, SIGNER).state
    assert KeptState.from_json(state.to_json()) == state
    assert len(state.to_json()) < 8192


def test_value_of_another_key_is_refused_before_completion() -> None:
    prepared = prepared_for(SOURCE, SIGNER)
    other = PKI.issuing.issue("Người khác")
    value = other.key.sign(prepared.state.attributes, prepared.state.scheme)
    with pytest.raises(SigningError) as refused:
        complete_signature(prepared.data, prepared.state, value)
    assert refused.value.code is ErrorCode.SIGNATURE_VALUE_WRONG


@pytest.mark.parametrize("value", [b"", b"\x30", bytes(2048)])
def test_value_that_is_none_is_refused(value: bytes) -> None:
    with pytest.raises(SigningError) as refused:
        check_value(prepared_for(SOURCE, SIGNER).state, value)
    assert refused.value.code is ErrorCode.SIGNATURE_VALUE_WRONG


def test_prepared_file_that_changed_is_not_completed() -> None:
    prepared = prepared_for(SOURCE, SIGNER)
    value = SIGNER.key.sign(prepared.state.attributes, prepared.state.scheme)
    changed = prepared.data.replace(b"/MediaBox", b"/MediaBux")
    with pytest.raises(SigningError) as refused:
        complete_signature(changed, prepared.state, value)
    assert refused.value.code is ErrorCode.STORED_BYTES_DAMAGED


@pytest.mark.parametrize(
    "damage",
    [b"", b"[]", b'{"v": 2}', b"\xff"],
)
def test_state_that_is_none_is_refused(damage: bytes) -> None:
    with pytest.raises(SigningError) as refused:
        KeptState.from_json(damage)
    assert refused.value.code is ErrorCode.STORED_BYTES_DAMAGED


def test_attributes_are_replayed_as_they_were_signed() -> None:
    prepared = prepared_for(SOURCE, SIGNER)
    other = replace(prepared.state, digest=bytes(32))
    value = SIGNER.key.sign(other.attributes, other.scheme)
    with pytest.raises(SigningError) as refused:
        complete_signature(prepared.data, other, value)
    assert refused.value.code is ErrorCode.STORED_BYTES_DAMAGED


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_client_accepts_what_is_prepared_of_every_sample(path: Path) -> None:
    source = path.read_bytes()
    check_offer(offer_of(source, SIGNER, prepared_for(source, SIGNER)))
    text = prepared_for(
        source,
        SIGNER,
        text_lines=("Đoàn Khuê",),
        placement=replace(letter_place(), page=1),
    )
    check_offer(offer_of(source, SIGNER, text))


def test_client_accepts_a_signature_after_another() -> None:
    first = sign(SOURCE, SIGNER, image=SIGNATURE_PNG, placement=letter_place())
    seal = PKI.issuing.issue("UBND xã Suối Mây")
    check_offer(offer_of(first, seal, prepared_for(first, seal, SEAL)))


def test_client_accepts_the_empty_field_of_a_form() -> None:
    source = FORM.read_bytes()
    prepared = prepared_for(source, SIGNER, image=SIGNATURE_PNG)
    check_offer(offer_of(source, SIGNER, prepared))


def test_lines_stand_in_place_of_an_image() -> None:
    request = RemoteRequest(lines=("Đoàn Khuê",))
    assert request.at(NOW, image=None, text=None).text_lines == ("Đoàn Khuê",)
    assert request.at(NOW, image=SIGNATURE_PNG, text=None).text_lines == ()
