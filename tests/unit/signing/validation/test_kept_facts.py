"""Kept facts are judged again, in another process: same policy, same verdict."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pki.policy.reading import read_policy
from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.render import verdict_to_json
from schemas.verdict import Indication, Verdict
from signing.errors import SigningError
from signing.profiles import SignatureLevel
from signing.validation.kept_facts import (
    judge_kept_facts,
    keep_facts,
    read_kept_facts,
)
from signing.validation.pdf import judge_pdf, read_facts
from tests.support.judged_pdf import TRUSTED, flipped, person_signed, sealed
from tests.support.pki import NOW
from tests.support.timed_pdf import everything, example

_AGAIN = """
import json, sys
from pathlib import Path
from pki.policy.reading import load_policy
from schemas.render import verdict_to_json
from signing.validation.kept_facts import judge_kept_facts, read_kept_facts
facts, root, policy = map(Path, sys.argv[1:])
kept = read_kept_facts(facts.read_bytes())
roots = (root.read_bytes(),)
print(json.dumps(verdict_to_json(
    judge_kept_facts(kept, roots=roots, policy=load_policy(policy)))))
"""


def kept(data: bytes, material: TrustMaterial = TRUSTED) -> bytes:
    return keep_facts(data, read_facts(data), material=material, at=NOW)


def without_note(verdict: Verdict) -> Verdict:
    assert verdict.reasons[-1].code is ErrorCode.JUDGED_FROM_FACTS
    return replace(verdict, reasons=verdict.reasons[:-1], policy=None)


@pytest.mark.parametrize("level", [SignatureLevel.B_T, SignatureLevel.B_LTA], ids=str)
def test_facts_give_the_same_verdict_as_the_file(level: SignatureLevel) -> None:
    desk, data = example(level)
    material = everything(desk)
    first = judge_pdf(data, material=material, at=desk.now)
    facts = keep_facts(data, read_facts(data), material=material, at=desk.now)
    again = judge_kept_facts(read_kept_facts(facts), roots=material.roots)
    assert without_note(again) == first
    assert first.indication is Indication.TOTAL_PASSED


def test_facts_on_a_changed_file_fail_again() -> None:
    broken = flipped(person_signed(), 2000)
    again = judge_kept_facts(read_kept_facts(kept(broken)), roots=TRUSTED.roots)
    assert again.indication is Indication.TOTAL_FAILED
    assert without_note(again) == judge_pdf(broken, material=TRUSTED, at=NOW)


def test_verdict_in_a_fresh_process_is_the_same(tmp_path: Path) -> None:
    policy = b'name = "a"\nversion = "1"\n[rules]\nlevel = "B-T"\n'
    paths = [tmp_path / name for name in ("facts.json", "root.der", "policy.toml")]
    for path, content in zip(
        paths, (kept(sealed()), TRUSTED.roots[0], policy), strict=True
    ):
        path.write_bytes(content)
    told = subprocess.run(
        [sys.executable, "-c", _AGAIN, *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
    )
    here = judge_kept_facts(
        read_kept_facts(kept(sealed())),
        roots=TRUSTED.roots,
        policy=read_policy(policy),
    )
    assert json.loads(told.stdout) == verdict_to_json(here)
    assert ErrorCode.SIGNATURE_LEVEL_TOO_LOW in {
        one.code for signature in here.signatures for one in signature.reasons
    }


def test_years_later_facts_are_judged_at_that_time() -> None:
    later = NOW + timedelta(days=3650)
    again = judge_kept_facts(
        read_kept_facts(kept(person_signed())), roots=TRUSTED.roots, at=later
    )
    assert again.indication is Indication.INDETERMINATE


def test_other_root_does_not_pass() -> None:
    desk, _ = example(SignatureLevel.B_T)
    facts = read_kept_facts(kept(person_signed()))
    again = judge_kept_facts(facts, roots=everything(desk).roots)
    assert again.indication is Indication.INDETERMINATE


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: facts[:-20],
        lambda facts: facts.replace(b"lienthong-facts-1", b"lienthong-facts-9"),
        lambda facts: facts.replace(b"+00:00", b""),
        lambda facts: facts.replace(b'"length"', b'"longth"'),
        lambda facts: facts.replace(b'"intact": true', b'"intact": 1'),
        lambda _: b"[" * 100_000,
        lambda _: b"",
    ],
    ids=["cut", "form", "zone", "key", "kind", "deep", "empty"],
)
def test_what_is_no_facts_is_refused(change: object) -> None:
    facts = kept(person_signed())
    with pytest.raises(SigningError) as refused:
        read_kept_facts(change(facts))  # type: ignore[operator]  # a function
    assert refused.value.code is ErrorCode.FACTS_INVALID
