"""Roles of Decree 30/2020 and signature profiles, as data."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from pki.keys.api import PublicKey, SignatureScheme
from signing.profiles import (
    ROLES,
    Placement,
    SignatureProfile,
    SignerRole,
    person_rectangle,
    scheme_for,
    seal_rectangle,
    top_right_rectangle,
)
from tests.support.keys import rsa_key

SEAL_MM = 36


def test_every_role_has_a_profile_with_its_own_field() -> None:
    assert set(ROLES) == set(SignerRole)
    assert len({role.field_name for role in ROLES.values()}) == len(ROLES)


def test_only_person_and_seal_show_an_image() -> None:
    shown = {role for role, profile in ROLES.items() if profile.image}
    assert shown == {SignerRole.PERSON, SignerRole.AGENCY_SEAL}


def test_text_in_the_corner_keeps_off_the_edges_and_above_the_page_margin() -> None:
    """A4, three lines of 10 points; the margin of the text is 20 mm."""
    place = top_right_rectangle((595, 842), (120, 36))
    assert place.page == 1
    assert place.x + place.width == pytest.approx(595 - 15 / 25.4 * 72)
    assert place.y + place.height == pytest.approx(842 - 6 / 25.4 * 72)
    assert place.y > 842 - 20 / 25.4 * 72


def test_seal_covers_the_left_third_of_the_personal_signature() -> None:
    person = Placement(2, 300, 400, 150, 66)
    seal = seal_rectangle(person)
    assert seal.page == 2
    assert seal.x < person.x
    assert seal.x + seal.width == pytest.approx(300 + 50)


def test_seal_has_its_real_size_and_is_centred_in_height() -> None:
    seal = seal_rectangle(Placement(1, 300, 400, 150, 66))
    assert seal.width == seal.height == pytest.approx(SEAL_MM / 25.4 * 72)
    assert seal.y + seal.height / 2 == pytest.approx(433)


def test_personal_signature_is_centred_between_title_and_name() -> None:
    place = person_rectangle(2, centre_x=425, y_from=391, y_to=463)
    assert place.x + place.width / 2 == pytest.approx(425)
    assert place.y + place.height / 2 == pytest.approx(427)
    assert place.width / place.height == pytest.approx(50 / 22)


def test_personal_signature_shrinks_to_the_space_it_has() -> None:
    place = person_rectangle(1, centre_x=425, y_from=400, y_to=440)
    assert place.height == 40
    assert place.width == pytest.approx(40 * 50 / 22)


@pytest.mark.parametrize(
    ("key", "profile", "scheme"),
    [
        ("p256", SignatureProfile.STANDARD, SignatureScheme.ECDSA_SHA256),
        ("p384", SignatureProfile.VGCA_COMPATIBLE, SignatureScheme.ECDSA_SHA384),
        ("rsa", SignatureProfile.STANDARD, SignatureScheme.RSA_PSS_SHA256),
        ("rsa", SignatureProfile.VGCA_COMPATIBLE, SignatureScheme.RSA_PKCS1V15_SHA256),
    ],
)
def test_profile_chooses_the_scheme_of_rsa_keys_only(
    key: str, profile: SignatureProfile, scheme: SignatureScheme
) -> None:
    assert scheme_for(profile, public_key(key)) is scheme


def public_key(kind: str) -> PublicKey:
    if kind == "rsa":
        return rsa_key(2048).public_key()
    curve = ec.SECP256R1() if kind == "p256" else ec.SECP384R1()
    return ec.generate_private_key(curve).public_key()
