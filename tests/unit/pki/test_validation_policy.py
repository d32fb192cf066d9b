"""A validation policy is read strictly, and refused by the key at fault."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.errors import PkiError
from pki.path.judging import ChainJudgement, judge_chain
from pki.policy.reading import POLICY_BYTES, default_policy, load_policy, read_policy
from pki.policy.rules import AlgorithmEnds, AnchorPolicy, Legacy, Level
from pki.purposes import KeyPurpose
from pki.trust import TrustMaterial, TrustStore
from schemas.errors import ErrorCode
from schemas.verdict import Indication
from tests.support.certificates import Shape, make
from tests.support.pki import NOW, TestPki

_HEAD = 'name = "thử"\nversion = "1"\n'
_ROOT = "0" * 64


def _rules(text: str) -> AnchorPolicy:
    found = read_policy(f"{_HEAD}[rules]\n{text}".encode()).rules
    assert found is not None
    return found


def test_usual_policy_says_what_holds_without_one() -> None:
    assert default_policy().rules == AnchorPolicy()
    assert default_policy().for_root(_ROOT) == AnchorPolicy()


def test_every_key_is_read() -> None:
    found = _rules(
        """
purposes = ["document-person"]
key_usage = ["content_commitment"]
extended_key_usage = ["1.3.6.1.5.5.7.3.36"]
certificate_policies = ["1.2.3.4"]
rsa_bits = 3072
curves = ["secp384r1"]
digests = ["sha384"]
revocation_hours = 24
level = "B-LT"
legacy = "refused"
[rules.ends]
rsa-4096 = 2035-01-01
sha384 = 2040-06-01
"""
    )
    assert found.purposes == {KeyPurpose.DOCUMENT_PERSON}
    assert found.key_usage == {"content_commitment"}
    assert found.extended_key_usage == frozenset(
        {ObjectIdentifier("1.3.6.1.5.5.7.3.36")}
    )
    assert found.policies.acceptable == frozenset({ObjectIdentifier("1.2.3.4")})
    assert found.policies.explicit_required
    assert found.algorithms.rsa_bits == 3072
    assert found.algorithms.curves == {"secp384r1"}
    assert found.algorithms.digests == {"sha384"}
    assert found.algorithms.ends == AlgorithmEnds(
        rsa_below=((4096, datetime(2035, 1, 1, tzinfo=UTC)),),
        digests=(("sha384", datetime(2040, 6, 1, tzinfo=UTC)),),
    )
    assert found.revocation_age == timedelta(hours=24)
    assert (found.level, found.legacy) == (Level.B_LT, Legacy.REFUSED)


_ANCHOR = f'[[anchor]]\nname = "a"\nsha256 = ["{_ROOT}"]\n'
REFUSED = {
    "empty": ("", "rules"),
    "no-toml": ("[[[", "file"),
    "unknown-key": (_HEAD + "[rules]\n[other]\n", "other"),
    "unknown-rule": (_HEAD + "[rules]\nlevels = 1\n", "rules.levels"),
    "unknown-in-anchor": (_HEAD + _ANCHOR + "rule = 1\n", "anchor[0].rule"),
    "no-name": ('version = "1"\n[rules]\n', "name"),
    "name-breaks-lines": ('name = "a\\nb"\nversion = "1"\n[rules]\n', "name"),
    "no-rules-at-all": (_HEAD, "rules"),
    "sha1": (_HEAD + '[rules]\ndigests = ["sha1"]', "rules.digests: sha1"),
    "md5": (_HEAD + '[rules]\ndigests = ["sha256", "md5"]', "rules.digests: md5"),
    "weak-curve": (
        _HEAD + '[rules]\ncurves = ["secp192r1"]',
        "rules.curves: secp192r1",
    ),
    "rsa-1024": (_HEAD + "[rules]\nrsa_bits = 1024", "rules.rsa_bits"),
    "bits-as-text": (_HEAD + '[rules]\nrsa_bits = "3072"', "rules.rsa_bits"),
    "bits-as-truth": (_HEAD + "[rules]\nrsa_bits = true", "rules.rsa_bits"),
    "nothing-accepted": (_HEAD + "[rules]\ndigests = []", "rules.digests"),
    "named-twice": (
        _HEAD + '[rules]\ncurves = ["secp256r1", "secp256r1"]',
        "rules.curves",
    ),
    "unknown-purpose": (_HEAD + '[rules]\npurposes = ["all"]', "rules.purposes: all"),
    "foreign-usage": (
        _HEAD + '[rules]\nkey_usage = ["key_encipherment"]',
        "rules.key_usage: key_encipherment",
    ),
    "no-identifier": (
        _HEAD + '[rules]\nextended_key_usage = ["signing"]',
        "rules.extended_key_usage: signing",
    ),
    "unknown-level": (_HEAD + '[rules]\nlevel = "B-X"', "rules.level"),
    "legacy-passes": (_HEAD + '[rules]\nlegacy = "passed"', "rules.legacy"),
    "end-of-what-never-counts": (
        _HEAD + "[rules]\nends.sha1 = 2030-01-01",
        "rules.ends.sha1",
    ),
    "end-below-the-shortest-key": (
        _HEAD + "[rules]\nrsa_bits = 4096\nends.rsa-3072 = 2030-01-01",
        "rules.ends.rsa-3072",
    ),
    "end-at-an-hour": (
        _HEAD + "[rules]\nends.sha256 = 2030-01-01T00:00:00Z",
        "rules.ends.sha256",
    ),
    "lists-of-no-age": (
        _HEAD + "[rules]\nrevocation_hours = 0",
        "rules.revocation_hours",
    ),
    "root-twice": (_HEAD + _ANCHOR + _ANCHOR, "anchor[1].sha256"),
    "root-by-name": (
        _HEAD + '[[anchor]]\nname = "a"\nsha256 = ["CN=Root"]\n',
        "anchor[0].sha256",
    ),
    "too-long": (_HEAD + "#" * POLICY_BYTES, "file"),
}


@pytest.mark.parametrize(("text", "place"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_policy_is_refused_by_its_key(text: str, place: str) -> None:
    with pytest.raises(PkiError) as refused:
        read_policy(text.encode())
    assert refused.value.code is ErrorCode.POLICY_INVALID
    assert refused.value.place == place


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(PkiError) as refused:
        read_policy(b'name = "\xff"')
    assert refused.value.code is ErrorCode.POLICY_INVALID


def test_absent_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(PkiError) as refused:
        load_policy(tmp_path / "none.toml")
    assert refused.value.code is ErrorCode.FILE_UNREADABLE


def test_root_that_is_not_named_is_trusted_for_nothing_without_rules() -> None:
    found = read_policy((_HEAD + _ANCHOR).encode())
    assert found.for_root(_ROOT).purposes == frozenset(KeyPurpose)
    assert not found.for_root("1" * 64).purposes


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki.create()


def _judged(pki: TestPki, text: str, leaf: Shape | None = None) -> ChainJudgement:
    known = pki.material()
    policy = read_policy((_HEAD + text).encode())
    material = TrustMaterial(
        known.roots, known.intermediates, known.crls, policy=policy
    )
    return judge_chain(
        make(pki.issuing, leaf or Shape()).certificate,
        trust=TrustStore.from_material(material),
        at=NOW + timedelta(hours=2),
        usage=KeyPurpose.DOCUMENT_ANY,
    )


def test_each_root_has_its_own_rules(pki: TestPki) -> None:
    root = sha256(pki.root.root.public_bytes(Encoding.DER)).hexdigest()
    strict = '[rules]\ncurves = ["secp384r1"]\n'
    own = f'[[anchor]]\nname = "nội bộ"\nsha256 = ["{root}"]\n'
    assert _judged(pki, strict + own).indication is Indication.TOTAL_PASSED
    refused = _judged(pki, strict)
    assert [one.code for one in refused.reasons] == [
        ErrorCode.CERTIFICATE_ALGORITHM_REFUSED
    ]


DEMANDS = {
    "digests": ('digests = ["sha384"]', ErrorCode.CERTIFICATE_ALGORITHM_REFUSED),
    "purposes": ('purposes = ["envelope"]', ErrorCode.CERTIFICATE_USAGE_WRONG),
    "extended-usage": (
        'extended_key_usage = ["1.3.6.1.5.5.7.3.36"]',
        ErrorCode.CERTIFICATE_USAGE_WRONG,
    ),
    "policies": ('certificate_policies = ["1.2.3.4"]', ErrorCode.CHAIN_INVALID),
    "age": ("revocation_hours = 1", ErrorCode.REVOCATION_STALE),
}


@pytest.mark.parametrize(("text", "code"), DEMANDS.values(), ids=DEMANDS)
def test_demand_that_is_not_met_is_told(
    pki: TestPki, text: str, code: ErrorCode
) -> None:
    found = _judged(pki, f"[rules]\n{text}\n")
    assert found.indication is Indication.INDETERMINATE
    assert [one.code for one in found.reasons] == [code]


def test_demands_that_are_met_pass(pki: TestPki) -> None:
    text = (
        '[rules]\nextended_key_usage = ["1.3.6.1.5.5.7.3.4"]\nrevocation_hours = 2\n'
        'key_usage = ["content_commitment"]\n'
    )
    shape = Shape(eku=(ExtendedKeyUsageOID.EMAIL_PROTECTION,))
    assert _judged(pki, text, shape).indication is Indication.TOTAL_PASSED


def test_key_usage_that_is_demanded_must_be_set(pki: TestPki) -> None:
    shape = Shape(key_usage=frozenset({"digital_signature"}))
    found = _judged(pki, '[rules]\nkey_usage = ["content_commitment"]\n', shape)
    assert [one.code for one in found.reasons] == [ErrorCode.CERTIFICATE_USAGE_WRONG]
    assert _judged(pki, "[rules]\n", shape).indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize("name", ["internal", "government", "national-root"])
def test_example_is_a_policy(name: str) -> None:
    folder = Path(__file__).parents[3] / "deploy" / "policies"
    assert load_policy(folder / f"{name}.toml").rules is not None
