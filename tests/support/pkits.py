"""The cases of NIST's Public Key Interoperability Test Suite, version 1.0.1 (2011).

The certificates and lists come with `cryptography-vectors`; the cases are those of the
NIST document, by section and in its order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from cryptography.x509 import ObjectIdentifier

from pki.path.policy_graph import PolicyInputs

# Without sub-tests: the name of the end certificate says what is expected.
_SECTIONS = {
    "4.1": (
        "ValidCertificatePath InvalidCASignature InvalidEESignature ValidDSASignatures"
        " ValidDSAParameterInheritance InvalidDSASignature"
    ),
    "4.2": (
        "InvalidCAnotBeforeDate InvalidEEnotBeforeDate Validpre2000UTCnotBeforeDate"
        " ValidGeneralizedTimenotBeforeDate InvalidCAnotAfterDate InvalidEEnotAfterDate"
        " Invalidpre2000UTCEEnotAfterDate ValidGeneralizedTimenotAfterDate"
    ),
    "4.3": (
        "InvalidNameChaining InvalidNameChainingOrder ValidNameChainingWhitespace"
        " ValidNameChainingWhitespace ValidNameChainingCapitalization ValidNameUIDs"
        " ValidRFC3280MandatoryAttributeTypes ValidRFC3280OptionalAttributeTypes"
        " ValidUTF8StringEncodedNames ValidRolloverfromPrintableStringtoUTF8String"
        " ValidUTF8StringCaseInsensitiveMatch"
    ),
    "4.4": (
        "InvalidMissingCRL InvalidRevokedCA InvalidRevokedEE InvalidBadCRLSignature"
        " InvalidBadCRLIssuerName InvalidWrongCRL ValidTwoCRLs"
        " InvalidUnknownCRLEntryExtension InvalidUnknownCRLExtension"
        " InvalidUnknownCRLExtension InvalidOldCRLnextUpdate"
        " Invalidpre2000CRLnextUpdate ValidGeneralizedTimeCRLnextUpdate"
        " ValidNegativeSerialNumber InvalidNegativeSerialNumber ValidLongSerialNumber"
        " ValidLongSerialNumber InvalidLongSerialNumber"
        " ValidSeparateCertificateandCRLKeys InvalidSeparateCertificateandCRLKeys"
        " InvalidSeparateCertificateandCRLKeys"
    ),
    "4.5": (
        "ValidBasicSelfIssuedOldWithNew InvalidBasicSelfIssuedOldWithNew"
        " ValidBasicSelfIssuedNewWithOld ValidBasicSelfIssuedNewWithOld"
        " InvalidBasicSelfIssuedNewWithOld ValidBasicSelfIssuedCRLSigningKey"
        " InvalidBasicSelfIssuedCRLSigningKey InvalidBasicSelfIssuedCRLSigningKey"
    ),
    "4.6": (
        "InvalidMissingbasicConstraints InvalidcAFalse InvalidcAFalse"
        " ValidbasicConstraintsNotCritical InvalidpathLenConstraint"
        " InvalidpathLenConstraint ValidpathLenConstraint ValidpathLenConstraint"
        " InvalidpathLenConstraint InvalidpathLenConstraint InvalidpathLenConstraint"
        " InvalidpathLenConstraint ValidpathLenConstraint ValidpathLenConstraint"
        " ValidSelfIssuedpathLenConstraint InvalidSelfIssuedpathLenConstraint"
        " ValidSelfIssuedpathLenConstraint"
    ),
    "4.7": (
        "InvalidkeyUsageCriticalkeyCertSignFalse"
        " InvalidkeyUsageNotCriticalkeyCertSignFalse ValidkeyUsageNotCritical"
        " InvalidkeyUsageCriticalcRLSignFalse InvalidkeyUsageNotCriticalcRLSignFalse"
    ),
    "4.9": (
        "ValidrequireExplicitPolicy ValidrequireExplicitPolicy"
        " InvalidrequireExplicitPolicy ValidrequireExplicitPolicy"
        " InvalidrequireExplicitPolicy ValidSelfIssuedrequireExplicitPolicy"
        " InvalidSelfIssuedrequireExplicitPolicy"
        " InvalidSelfIssuedrequireExplicitPolicy"
    ),
    "4.11": (
        "InvalidinhibitPolicyMapping ValidinhibitPolicyMapping"
        " InvalidinhibitPolicyMapping ValidinhibitPolicyMapping"
        " InvalidinhibitPolicyMapping InvalidinhibitPolicyMapping"
        " ValidSelfIssuedinhibitPolicyMapping InvalidSelfIssuedinhibitPolicyMapping"
        " InvalidSelfIssuedinhibitPolicyMapping InvalidSelfIssuedinhibitPolicyMapping"
        " InvalidSelfIssuedinhibitPolicyMapping"
    ),
    "4.13": (
        "ValidDNnameConstraints InvalidDNnameConstraints InvalidDNnameConstraints"
        " ValidDNnameConstraints ValidDNnameConstraints ValidDNnameConstraints"
        " InvalidDNnameConstraints InvalidDNnameConstraints InvalidDNnameConstraints"
        " InvalidDNnameConstraints ValidDNnameConstraints InvalidDNnameConstraints"
        " InvalidDNnameConstraints ValidDNnameConstraints InvalidDNnameConstraints"
        " InvalidDNnameConstraints InvalidDNnameConstraints ValidDNnameConstraints"
        " ValidDNnameConstraints InvalidDNnameConstraints ValidRFC822nameConstraints"
        " InvalidRFC822nameConstraints ValidRFC822nameConstraints"
        " InvalidRFC822nameConstraints ValidRFC822nameConstraints"
        " InvalidRFC822nameConstraints ValidDNandRFC822nameConstraints"
        " InvalidDNandRFC822nameConstraints InvalidDNandRFC822nameConstraints"
        " ValidDNSnameConstraints InvalidDNSnameConstraints ValidDNSnameConstraints"
        " InvalidDNSnameConstraints ValidURInameConstraints InvalidURInameConstraints"
        " ValidURInameConstraints InvalidURInameConstraints InvalidDNSnameConstraints"
    ),
    "4.14": (
        "ValiddistributionPoint InvaliddistributionPoint InvaliddistributionPoint"
        " ValiddistributionPoint ValiddistributionPoint InvaliddistributionPoint"
        " ValiddistributionPoint InvaliddistributionPoint InvaliddistributionPoint"
        " ValidNoissuingDistributionPoint InvalidonlyContainsUserCerts"
        " InvalidonlyContainsCACerts ValidonlyContainsCACerts"
        " InvalidonlyContainsAttributeCerts InvalidonlySomeReasons"
        " InvalidonlySomeReasons InvalidonlySomeReasons ValidonlySomeReasons"
        " ValidonlySomeReasons InvalidonlySomeReasons InvalidonlySomeReasons"
        " ValidIDPwithindirectCRL InvalidIDPwithindirectCRL ValidIDPwithindirectCRL"
        " ValidIDPwithindirectCRL InvalidIDPwithindirectCRL InvalidcRLIssuer"
        " ValidcRLIssuer ValidcRLIssuer ValidcRLIssuer InvalidcRLIssuer"
        " InvalidcRLIssuer ValidcRLIssuer InvalidcRLIssuer InvalidcRLIssuer"
    ),
    "4.15": (
        "InvaliddeltaCRLIndicatorNoBase ValiddeltaCRL InvaliddeltaCRL InvaliddeltaCRL"
        " ValiddeltaCRL InvaliddeltaCRL ValiddeltaCRL ValiddeltaCRL InvaliddeltaCRL"
        " InvaliddeltaCRL"
    ),
    "4.16": (
        "ValidUnknownNotCriticalCertificateExtension"
        " InvalidUnknownCriticalCertificateExtension"
    ),
}

# Number, end certificate, then per sub-test what is demanded and what is expected:
# digits: acceptable test policies (none: any); e: explicit policy; m: mapping
# inhibited; a: anyPolicy inhibited; + valid, - invalid.
_POLICY_TESTS = """
4.8.1 ValidCertificatePathTest1 e+ 1e+ 2e- 12e+
4.8.2 AllCertificatesNoPoliciesTest2 + e-
4.8.3 DifferentPoliciesTest3 + e- 12e-
4.8.4 DifferentPoliciesTest4 -
4.8.5 DifferentPoliciesTest5 -
4.8.6 OverlappingPoliciesTest6 + 1+ 2-
4.8.7 DifferentPoliciesTest7 -
4.8.8 DifferentPoliciesTest8 -
4.8.9 DifferentPoliciesTest9 -
4.8.10 AllCertificatesSamePoliciesTest10 1+ 2+ +
4.8.11 AllCertificatesanyPolicyTest11 + 1+
4.8.12 DifferentPoliciesTest12 -
4.8.13 AllCertificatesSamePoliciesTest13 1+ 2+ 3+
4.8.14 AnyPolicyTest14 1+ 2-
4.8.15 UserNoticeQualifierTest15 +
4.8.16 UserNoticeQualifierTest16 +
4.8.17 UserNoticeQualifierTest17 +
4.8.18 UserNoticeQualifierTest18 1+ 2+
4.8.19 UserNoticeQualifierTest19 +
4.8.20 CPSPointerQualifierTest20 e+
4.10.1 ValidPolicyMappingTest1 1+ 2- m-
4.10.2 InvalidPolicyMappingTest2 - m-
4.10.3 ValidPolicyMappingTest3 1- 2+
4.10.4 InvalidPolicyMappingTest4 -
4.10.5 ValidPolicyMappingTest5 1+ 6-
4.10.6 ValidPolicyMappingTest6 1+ 6-
4.10.7 InvalidMappingFromanyPolicyTest7 -
4.10.8 InvalidMappingToanyPolicyTest8 -
4.10.9 ValidPolicyMappingTest9 +
4.10.10 InvalidPolicyMappingTest10 -
4.10.11 ValidPolicyMappingTest11 +
4.10.12 ValidPolicyMappingTest12 1+ 2+
4.10.13 ValidPolicyMappingTest13 + 1+
4.10.14 ValidPolicyMappingTest14 + 1+
4.12.1 InvalidinhibitAnyPolicyTest1 -
4.12.2 ValidinhibitAnyPolicyTest2 +
4.12.3 inhibitAnyPolicyTest3 + a-
4.12.4 InvalidinhibitAnyPolicyTest4 -
4.12.5 InvalidinhibitAnyPolicyTest5 -
4.12.6 InvalidinhibitAnyPolicyTest6 -
4.12.7 ValidSelfIssuedinhibitAnyPolicyTest7 +
4.12.8 InvalidSelfIssuedinhibitAnyPolicyTest8 -
4.12.9 ValidSelfIssuedinhibitAnyPolicyTest9 +
4.12.10 InvalidSelfIssuedinhibitAnyPolicyTest10 -
"""

_POLICY = "2.16.840.1.101.3.2.1.48"


@dataclass(frozen=True, slots=True, kw_only=True)
class PkitsCase:
    """One test, or one sub-test, of the suite."""

    number: str
    end_certificate: str
    is_valid: bool
    policies: PolicyInputs = field(default_factory=PolicyInputs)

    @property
    def test(self) -> str:
        """The number without that of the sub-test."""
        return ".".join(self.number.split(".")[:3])

    @property
    def section(self) -> str:
        """Number of the section."""
        return self.test.rpartition(".")[0]

    @property
    def data(self) -> bytes:
        return (_folder() / "certs" / f"{self.end_certificate}EE.crt").read_bytes()

    def __str__(self) -> str:
        return f"{self.number} {self.end_certificate}"


def pkits_cases() -> tuple[PkitsCase, ...]:
    """Return every test of the suite, those on policies once per sub-test."""
    return (*_plain_cases(), *_policy_cases())


@cache
def anchor() -> bytes:
    """Return the trust anchor of every test."""
    return (_folder() / "certs" / "TrustAnchorRootCertificate.crt").read_bytes()


@cache
def authorities() -> tuple[bytes, ...]:
    """Return the certificates of all CAs; each test finds its own by name."""
    return tuple(
        one.read_bytes()
        for one in _sorted(_folder() / "certs")
        if not one.name.endswith("EE.crt")
    )


@cache
def revocation_lists() -> tuple[bytes, ...]:
    """Return the lists of all CAs."""
    return tuple(one.read_bytes() for one in _sorted(_folder() / "crls"))


def _plain_cases() -> Iterator[PkitsCase]:
    for section, names in _SECTIONS.items():
        for position, stem in enumerate(names.split(), start=1):
            yield PkitsCase(
                number=f"{section}.{position}",
                end_certificate=f"{stem}Test{position}",
                is_valid=stem.startswith("Valid"),
            )


def _policy_cases() -> Iterator[PkitsCase]:
    for line in _POLICY_TESTS.split("\n")[1:-1]:
        number, stem, *subtests = line.split()
        for position, text in enumerate(subtests, start=1):
            suffix = f".{position}" if len(subtests) > 1 else ""
            yield PkitsCase(
                number=number + suffix,
                end_certificate=stem,
                is_valid=text.endswith("+"),
                policies=_inputs(text),
            )


def _inputs(text: str) -> PolicyInputs:
    accepted = [ObjectIdentifier(f"{_POLICY}.{one}") for one in text if one.isdigit()]
    return PolicyInputs(
        acceptable=frozenset(accepted) or None,
        explicit_required="e" in text,
        mapping_inhibited="m" in text,
        any_inhibited="a" in text,
    )


def _folder() -> Traversable:
    return files("cryptography_vectors") / "x509" / "PKITS_data"


def _sorted(folder: Traversable) -> list[Traversable]:
    return sorted(folder.iterdir(), key=lambda one: one.name)
