"""Every lint rule: kept by what we issue, broken by one defect each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pki.ca.lint import BACKDATING, RULES, LintCase, lint, refuse_if_broken
from pki.ca.places import places_below
from pki.ca.profiles import PROFILES
from pki.ca.template import CertificatePlan, builder_for
from pki.der import generalized_time, sequence
from pki.errors import PkiError
from pki.kinds import DEMO_POLICY, DOCUMENT_SIGNING, KIND_POLICIES, CertificateKind
from pki.names import SubjectFields
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId, SystemId
from tests.support.certificates import CA, SIGNER, key_usage, p256
from tests.support.keys import rsa_key
from tests.support.pki import NOW, TestPki

PKI = TestPki.create()
ISSUER = PKI.issuing.credential.certificate
SERIAL = (1 << 158) + 7
PLACES = places_below("http://ca.test", CertificateKind.ISSUING_PERSONS)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.3"), b"")
PERSON = SubjectFields(
    common_name="Đoàn Thạch Khuê", organisation="UBND", organ_id=OrganId("H99.151")
)

Change = Callable[[x509.CertificateBuilder], x509.CertificateBuilder]


def plan(kind: CertificateKind = CertificateKind.PERSON) -> CertificatePlan:
    return CertificatePlan(
        profile=PROFILES[kind],
        names=PERSON,
        public_key=p256().public_key(),
        issuer=ISSUER,
        serial=SERIAL,
        not_before=NOW - BACKDATING,
        not_after=NOW + min(timedelta(days=365), PROFILES[kind].lifetime),
        demo=False,
    )


def case(planned: CertificatePlan, *changes: Change) -> LintCase:
    builder = builder_for(planned)
    for change in changes:
        builder = change(builder)
    return LintCase(
        certificate=builder.sign(p256(), hashes.SHA256()),
        profile=planned.profile,
        issuer=planned.issuer,
        now=NOW,
        demo=planned.demo,
    )


def with_extension(extension: x509.ExtensionType, critical: bool = False) -> Change:
    """Replace the extension of this kind, or add it."""

    def change(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
        return without(extension.oid)(builder).add_extension(extension, critical)

    return change


def without(oid: x509.ObjectIdentifier) -> Change:
    def change(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
        changed = x509.CertificateBuilder(
            builder._issuer_name,
            builder._subject_name,
            builder._public_key,
            builder._serial_number,
            builder._not_valid_before,
            builder._not_valid_after,
        )
        for one in builder._extensions:
            if one.oid != oid:
                changed = changed.add_extension(one.value, one.critical)
        return changed

    return change


def _subject(*values: tuple[x509.ObjectIdentifier, str]) -> Change:
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in values])

    def change(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
        builder._subject_name = name
        return builder

    return change


def _issuer_named(name: x509.Name) -> Change:
    def change(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
        builder._issuer_name = name
        return builder

    return change


def _serial(number: int) -> Change:
    def change(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
        builder._serial_number = number
        return builder

    return change


def _names(*names: x509.GeneralName) -> Change:
    return with_extension(x509.SubjectAlternativeName(names))


NAME_CONSTRAINTS = x509.NameConstraints.oid
OTHER_AGENCY = x509.UniformResourceIdentifier("urn:lienthong:agency:A.1")
AGENCY = x509.UniformResourceIdentifier("urn:lienthong:agency:H99.151")
SYSTEM = x509.UniformResourceIdentifier("urn:lienthong:system:qlvb")
STAMPS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
OTHER_KEY = p256().public_key()
ORGAN = (NameOID.ORGANIZATION_IDENTIFIER, "H99.151")
NAMED = (NameOID.COMMON_NAME, "Đoàn Thạch Khuê")
HOST_LIKE = (NameOID.COMMON_NAME, "qlvb.example")

CONSTRAINED = case(plan(CertificateKind.ISSUING_PERSONS)).certificate
BEFORE_SIGN_IN = case(
    plan(CertificateKind.ISSUING_PERSONS),
    with_extension(
        x509.ExtendedKeyUsage([DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION])
    ),
).certificate
"""A persons CA founded before there were certificates to sign in by."""

DEFECTS: list[tuple[str, LintCase]] = [
    (
        "purposes_are_what_the_issuer_may_certify",
        case(replace(plan(CertificateKind.SIGN_IN), issuer=BEFORE_SIGN_IN)),
    ),
    ("serial_is_unpredictable", case(replace(plan(), serial=(1 << 63) - 1))),
    ("serial_is_positive_and_short", case(plan(), _serial((1 << 160) + 1))),
    (
        "issuer_is_named_as_it_names_itself",
        case(plan(), _issuer_named(PKI.root.root.subject)),
    ),
    (
        "subject_parts_are_bounded",
        case(plan(), _subject(ORGAN, NAMED, (NameOID.ORGANIZATION_NAME, "x" * 65))),
    ),
    ("subject_has_one_common_name", case(plan(), _subject(ORGAN))),
    ("subject_has_one_common_name", case(plan(), _subject(ORGAN, NAMED, NAMED))),
    (
        "subject_names_what_its_kind_needs",
        case(plan(), _names(OTHER_AGENCY)),
    ),
    (
        "subject_names_what_its_kind_needs",
        case(plan(CertificateKind.SYSTEM)),
    ),
    (
        "subject_names_what_its_kind_needs",
        case(plan(CertificateKind.TLS_SERVER)),
    ),
    (
        "alternative_names_fit_the_kind",
        case(plan(), _names(AGENCY, x509.DNSName("truc.test"))),
    ),
    ("alternative_names_fit_the_kind", case(plan(), _names(AGENCY, SYSTEM))),
    (
        "validity_begins_near_now",
        case(replace(plan(), not_before=NOW - BACKDATING - timedelta(minutes=1))),
    ),
    (
        "validity_begins_near_now",
        case(replace(plan(), not_before=NOW + timedelta(seconds=1))),
    ),
    (
        "validity_is_within_profile",
        case(replace(plan(), not_after=NOW + timedelta(days=3 * 365, seconds=1))),
    ),
    (
        "validity_is_within_issuer",
        replace(
            case(replace(plan(), not_after=NOW + timedelta(days=1826))),
            profile=replace(plan().profile, lifetime=timedelta(days=3650)),
        ),
    ),
    (
        "key_is_strong",
        case(replace(plan(), public_key=rsa_key(2048).public_key())),
    ),
    (
        "key_is_strong",
        case(
            replace(
                plan(), public_key=ec.generate_private_key(ec.SECP521R1()).public_key()
            )
        ),
    ),
    (
        "key_is_not_the_issuers",
        case(replace(plan(), public_key=PKI.issuing.private.public_key())),
    ),
    ("extensions_are_known", case(plan(), with_extension(UNKNOWN))),
    (
        "criticality_is_as_required",
        case(plan(), with_extension(key_usage(SIGNER), False)),
    ),
    (
        "criticality_is_as_required",
        case(plan(CertificateKind.TSA), with_extension(STAMPS, False)),
    ),
    ("criticality_is_as_required", case(plan(), with_extension(STAMPS, True))),
    (
        "extended_key_usage_fits_the_profile",
        case(
            plan(CertificateKind.TSA),
            with_extension(
                x509.ExtendedKeyUsage([*STAMPS, ExtendedKeyUsageOID.OCSP_SIGNING]), True
            ),
        ),
    ),
    (
        "key_use_period_fits_the_profile",
        case(plan(CertificateKind.TSA), without(x509.PrivateKeyUsagePeriod.oid)),
    ),
    (
        "key_use_period_fits_the_profile",
        case(
            plan(CertificateKind.TSA),
            with_extension(
                x509.PrivateKeyUsagePeriod(NOW - BACKDATING, NOW + timedelta(days=400))
            ),
        ),
    ),
    (
        "key_use_period_fits_the_profile",
        case(plan(), with_extension(x509.PrivateKeyUsagePeriod(NOW, None))),
    ),
    (
        "basic_constraints_fit_the_profile",
        case(plan(), with_extension(x509.BasicConstraints(True, 0), True)),
    ),
    (
        "basic_constraints_fit_the_profile",
        case(plan(), without(x509.BasicConstraints.oid)),
    ),
    (
        "key_usage_fits_the_profile",
        case(plan(), with_extension(key_usage(SIGNER | CA), True)),
    ),
    (
        "key_usage_fits_the_profile",
        case(plan(), with_extension(key_usage(SIGNER | {"key_agreement"}), True)),
    ),
    ("key_usage_fits_the_profile", case(plan(), without(x509.KeyUsage.oid))),
    (
        "extended_key_usage_fits_the_profile",
        case(
            plan(),
            with_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])),
        ),
    ),
    (
        "extended_key_usage_fits_the_profile",
        case(plan(), without(x509.ExtendedKeyUsage.oid)),
    ),
    (
        "policies_fit_the_profile",
        case(replace(plan(), demo=True), without(x509.CertificatePolicies.oid)),
    ),
    ("policies_fit_the_profile", replace(case(plan()), demo=True)),
    ("policies_fit_the_profile", replace(case(replace(plan(), demo=True)), demo=False)),
    (
        "subject_key_is_identified",
        case(
            plan(), with_extension(x509.SubjectKeyIdentifier.from_public_key(OTHER_KEY))
        ),
    ),
    ("subject_key_is_identified", case(plan(), without(x509.SubjectKeyIdentifier.oid))),
    (
        "issuer_key_is_identified",
        case(
            plan(),
            with_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(OTHER_KEY)
            ),
        ),
    ),
    (
        "issuer_key_is_identified",
        case(plan(), without(x509.AuthorityKeyIdentifier.oid)),
    ),
    ("places_are_the_hierarchys", replace(case(plan()), places=PLACES)),
    ("places_are_the_hierarchys", case(replace(plan(), places=PLACES))),
    (
        "places_are_the_hierarchys",
        replace(
            case(replace(plan(), places=replace(PLACES, ocsp="http://evil.test/"))),
            places=PLACES,
        ),
    ),
    (
        "only_responders_skip_revocation",
        case(plan(), with_extension(x509.OCSPNoCheck())),
    ),
    (
        "only_responders_skip_revocation",
        case(
            plan(CertificateKind.OCSP_PERSONS),
            without(x509.OCSPNoCheck.oid),
        ),
    ),
    (
        "name_constraints_fit_the_profile",
        case(plan(CertificateKind.ISSUING_PERSONS), without(NAME_CONSTRAINTS)),
    ),
    (
        "name_constraints_fit_the_profile",
        case(
            plan(CertificateKind.ISSUING_PERSONS),
            with_extension(
                x509.NameConstraints([x509.DNSName("gov.example")], None),
                critical=True,
            ),
        ),
    ),
    (
        "name_constraints_fit_the_profile",
        case(plan(), with_extension(x509.NameConstraints(None, [OTHER_AGENCY]), True)),
    ),
    (
        "names_are_what_the_issuer_may_name",
        case(replace(plan(), issuer=CONSTRAINED), _subject(NAMED, ORGAN)),
    ),
    (
        "names_are_what_the_issuer_may_name",
        case(replace(plan(), issuer=CONSTRAINED), _names(x509.DNSName("a.example"))),
    ),
    (
        "common_name_is_no_host_beyond_the_issuer",
        case(
            replace(plan(), issuer=CONSTRAINED),
            _subject((NameOID.COMMON_NAME, "qlvb.example"), ORGAN),
        ),
    ),
]


@pytest.mark.parametrize("text", ["Đoàn A.B", "khue", "a..b", ".vn", "a-.vn"])
def test_name_that_no_client_takes_for_a_host_is_left_alone(text: str) -> None:
    named = _subject((NameOID.COMMON_NAME, text), ORGAN)
    found = case(replace(plan(), issuer=CONSTRAINED), named)
    assert "common_name_is_no_host_beyond_the_issuer" not in lint(found)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (CertificateKind.PERSON, PERSON),
        (CertificateKind.SIGN_IN, PERSON),
        (CertificateKind.AGENCY_SEAL, PERSON),
        (CertificateKind.AGENCY_ENCRYPTION, PERSON),
        (CertificateKind.SYSTEM, replace(PERSON, system_id=SystemId("qlvb"))),
        (CertificateKind.TLS_SERVER, replace(PERSON, dns_names=("truc.test",))),
        (CertificateKind.TLS_SERVER, replace(PERSON, ip_addresses=("127.0.0.1",))),
        (CertificateKind.RECEIPT, PERSON),
        (CertificateKind.LOG, PERSON),
        (CertificateKind.TSA, PERSON),
        (CertificateKind.ISSUING_PERSONS, SubjectFields(common_name="CA")),
        (CertificateKind.OCSP_PERSONS, SubjectFields(common_name="CA OCSP")),
    ],
)
@pytest.mark.parametrize("demo", [False, True])
def test_certificate_of_every_kind_keeps_all_rules(
    kind: CertificateKind, names: SubjectFields, demo: bool
) -> None:
    kept = case(replace(plan(kind), names=names, demo=demo))
    assert lint(kept) == ()
    refuse_if_broken(kept)
    with_places = case(replace(plan(kind), names=names, places=PLACES))
    assert lint(replace(with_places, places=PLACES)) == ()


@pytest.mark.parametrize(
    ("rule", "broken"),
    DEFECTS,
    ids=[f"{rule}-{number}" for number, (rule, _) in enumerate(DEFECTS)],
)
def test_each_defect_breaks_its_rule(rule: str, broken: LintCase) -> None:
    assert rule in lint(broken)
    with pytest.raises(PkiError) as refusal:
        refuse_if_broken(broken)
    assert refusal.value.code is ErrorCode.LINT_REFUSED
    assert rule in refusal.value.place


def test_version_1_is_refused() -> None:
    """The library writes version 3 only, so the version is taken out by hand."""
    certificate = case(plan()).certificate
    version = bytes.fromhex("a003020102")
    old = certificate.tbs_certificate_bytes
    new = sequence(old.partition(version)[2])
    outer = certificate.public_bytes(Encoding.DER).partition(old)[2]
    first = x509.load_der_x509_certificate(sequence(new, outer))
    assert "version_is_3" in lint(replace(case(plan()), certificate=first))


def test_validity_in_the_wrong_form_of_time_is_refused() -> None:
    """The library chooses the form by itself, so it is changed by hand."""
    good = case(plan())
    certificate = good.certificate
    times = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    short = [b"\x17\x0d" + f"{one:%y%m%d%H%M%SZ}".encode() for one in times]
    tbs = certificate.tbs_certificate_bytes
    content = tbs[4:].replace(sequence(*short), sequence(*map(generalized_time, times)))
    outer = certificate.public_bytes(Encoding.DER).partition(tbs)[2]
    changed = x509.load_der_x509_certificate(sequence(sequence(content), outer))
    assert changed.not_valid_after_utc == times[1]
    broken = replace(good, certificate=changed)
    assert lint(broken) == ("validity_is_encoded_by_the_year",)


def test_root_that_ends_after_2049_keeps_the_rule() -> None:
    long = replace(plan(CertificateKind.ROOT), issuer=None)
    end = NOW.replace(year=2050)
    kept = replace(case(replace(long, not_after=end)), now=NOW)
    assert "validity_is_encoded_by_the_year" not in lint(kept)


def test_unreadable_certificate_keeps_no_rule_silently() -> None:
    encoded = case(plan()).certificate.public_bytes(Encoding.DER)
    broken = encoded.replace("Thạch".encode(), b"\xff\xfe" + b"Thach")
    unread = x509.load_der_x509_certificate(broken)
    assert "subject_has_one_common_name" in lint(
        replace(case(plan()), certificate=unread)
    )


def test_every_rule_has_a_defect_here() -> None:
    tested = {rule for rule, _ in DEFECTS} | {
        "version_is_3",
        "validity_is_encoded_by_the_year",
    }
    assert tested == {rule.__name__ for rule in RULES}


def test_kind_policy_is_written_and_the_demo_mark_only_in_demos() -> None:
    for demo in (False, True):
        certificate = case(replace(plan(), demo=demo)).certificate
        written = certificate.extensions.get_extension_for_class(
            x509.CertificatePolicies
        ).value
        named = {one.policy_identifier for one in written}
        assert KIND_POLICIES[CertificateKind.PERSON] in named
        assert (DEMO_POLICY in named) is demo
