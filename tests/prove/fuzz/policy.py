"""Validation policies: whatever is read says no more than the lists of the program."""

from pathlib import Path
from random import Random

from pki.algorithms import CURVES, HASHES, RSA_BITS_ACCEPTED
from pki.policy.reading import read_policy
from pki.policy.rules import SIGNING_USAGES, AnchorPolicy
from pki.purposes import KeyPurpose
from tests.prove.fuzz.target import Target, coded, require

_EXAMPLES = Path(__file__).parents[3] / "deploy" / "policies"
_ANCHOR = b"""
[[anchor]]
name = "a"
sha256 = ["%s"]
extended_key_usage = ["1.3.6.1.5.5.7.3.36"]
certificate_policies = ["1.2.3.4"]
curves = ["secp384r1"]
digests = ["sha384"]
"""


def _seeds() -> tuple[bytes, ...]:
    examples = [one.read_bytes() for one in sorted(_EXAMPLES.glob("*.toml"))]
    return (*examples, examples[0] + _ANCHOR % (b"0" * 64))


def _judge(_seed: bytes, data: bytes, _chance: Random) -> str:
    def work() -> str:
        found = read_policy(data)
        every = [one.policy for one in found.anchors]
        for one in (*every, *([found.rules] if found.rules else [])):
            require(holds=_is_narrow(one), rule="a policy allows what is refused")
        return "read"

    return coded(work)


def _is_narrow(policy: AnchorPolicy) -> bool:
    accepted = policy.algorithms
    return (
        policy.purposes <= frozenset(KeyPurpose)
        and bool(policy.key_usage)
        and policy.key_usage <= SIGNING_USAGES
        and accepted.rsa_bits >= RSA_BITS_ACCEPTED
        and accepted.curves <= CURVES
        and accepted.digests <= HASHES
    )


TARGETS = {"policy": Target(seeds=_seeds, judge=_judge)}
