"""Profiles agree with each other, or nothing is issued."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.ca.profiles import PROFILES, CertificateProfile, check_profiles
from pki.errors import PkiError
from pki.keys.software import KeyKind, generate
from pki.kinds import DEMO_POLICY, CertificateKind
from schemas.errors import ErrorCode

PERSON = PROFILES[CertificateKind.PERSON]
PERSONS_CA = PROFILES[CertificateKind.ISSUING_PERSONS]
ROOT = PROFILES[CertificateKind.ROOT]
TSA = PROFILES[CertificateKind.TSA]
RESPONDER = PROFILES[CertificateKind.OCSP_SYSTEMS]


def test_profiles_of_this_project_are_consistent() -> None:
    check_profiles(PROFILES)
    assert set(PROFILES) == set(CertificateKind)


def test_people_hold_a_certificate_for_three_years_at_most() -> None:
    assert PERSON.lifetime <= timedelta(days=3 * 366)


def test_time_stamping_key_signs_for_a_year_and_is_judged_for_longer() -> None:
    assert TSA.key_use is not None
    assert TSA.key_use <= timedelta(days=366) < TSA.lifetime


def test_key_others_encrypt_to_signs_nothing_and_has_the_usage_of_its_kind() -> None:
    profile = PROFILES[CertificateKind.AGENCY_ENCRYPTION]
    of_rsa = profile.usage_for(generate(KeyKind.RSA3072).private.public_key())
    of_curve = profile.usage_for(generate(KeyKind.P256).private.public_key())
    assert of_rsa == {"key_encipherment"}
    assert of_curve == {"key_agreement"}
    assert PERSON.usage_for(None) == PERSON.key_usage


def test_key_that_signs_documents_answers_no_handshake_and_the_other_way_round() -> (
    None
):
    client_auth = ExtendedKeyUsageOID.CLIENT_AUTH
    sign_in = PROFILES[CertificateKind.SIGN_IN]
    assert client_auth in sign_in.extended_key_usage
    assert sign_in.key_usage == {"digital_signature"}
    assert client_auth not in PERSON.extended_key_usage


def test_people_organisations_and_systems_have_issuers_apart() -> None:
    kinds = (
        CertificateKind.PERSON,
        CertificateKind.AGENCY_SEAL,
        CertificateKind.SYSTEM,
    )
    assert len({PROFILES[kind].issuer for kind in kinds}) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        replace(PERSON, lifetime=timedelta()),
        replace(PERSON, lifetime=PERSONS_CA.lifetime + timedelta(days=1)),
        replace(PERSON, issuer=CertificateKind.AGENCY_SEAL),
        replace(PERSON, issuer=CertificateKind.ISSUING_SYSTEMS),
        replace(PERSON, key_usage=PERSON.key_usage | {"key_cert_sign"}),
        replace(PERSON, key_usage=frozenset({"key_encipherment"})),
        replace(
            PERSON, extended_key_usage=frozenset({ExtendedKeyUsageOID.OCSP_SIGNING})
        ),
        replace(PERSON, extended_key_usage=frozenset()),
        replace(PERSON, policies=frozenset({DEMO_POLICY})),
        replace(PERSON, path_length=0),
        replace(PERSONS_CA, path_length=None),
        replace(PERSONS_CA, path_length=1),
        replace(PERSONS_CA, key_usage=frozenset({"key_cert_sign"})),
        replace(PERSONS_CA, lifetime=ROOT.lifetime + timedelta(days=1)),
        replace(ROOT, path_length=None),
        replace(TSA, key_use=None),
        replace(RESPONDER, lifetime=timedelta(days=31)),
        replace(RESPONDER, issuer=CertificateKind.ISSUING_PERSONS),
        replace(RESPONDER, key_usage=PERSON.key_usage),
        replace(RESPONDER, extended_key_usage=PERSON.extended_key_usage),
        replace(RESPONDER, policies=PERSON.policies),
        replace(
            PERSONS_CA,
            extended_key_usage=PERSONS_CA.extended_key_usage
            | {ExtendedKeyUsageOID.OCSP_SIGNING},
        ),
    ],
)
def test_inconsistent_profile_is_refused(wrong: CertificateProfile) -> None:
    with pytest.raises(PkiError) as refusal:
        check_profiles({**PROFILES, wrong.kind: wrong})
    assert refusal.value.code is ErrorCode.PROFILE_INVALID


@pytest.mark.parametrize("kind", list(CertificateKind))
def test_missing_or_misplaced_profile_is_refused(kind: CertificateKind) -> None:
    other = {one: profile for one, profile in PROFILES.items() if one is not kind}
    with pytest.raises(PkiError):
        check_profiles(other)
    with pytest.raises(PkiError):
        check_profiles({**PROFILES, kind: _other(kind)})


def _other(kind: CertificateKind) -> CertificateProfile:
    return next(one for one in PROFILES.values() if one.kind is not kind)
