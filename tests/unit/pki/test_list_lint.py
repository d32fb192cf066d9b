"""Every rule for revocation lists refuses what breaks it, before it is signed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from pki.ca.list_lint import LIST_RULES, ListCase, lint_list, refuse_list_if_broken
from pki.ca.list_making import LIST_LIFETIME
from pki.ca.list_template import ListPlan, list_builder_for
from pki.errors import PkiError
from pki.registry.api import RevokedEntry
from schemas.errors import ErrorCode
from tests.support.pki import NOW, TestPki

PKI = TestPki.create()
ISSUER = PKI.issuing.credential.certificate
KEY = PKI.issuing.credential.key.private  # type: ignore[attr-defined]  # a HeldKey
ROOT = PKI.root.credential.certificate
HOUR = timedelta(hours=1)
HOLD = x509.ReasonFlags.certificate_hold


@dataclass(frozen=True)
class _Plan:
    number: int = 7
    serials: tuple[int, ...] = (5, 6)


Change = Callable[[Any], Any]


def case(change: Change = lambda builder: builder, plan: _Plan = _Plan()) -> ListCase:
    entries = [
        RevokedEntry(serial=one, at=NOW - HOUR, reason=HOLD, invalidity_date=None)
        for one in plan.serials
    ]
    wanted = ListPlan(
        issuer=ISSUER,
        number=plan.number,
        this_update=NOW,
        next_update=NOW + LIST_LIFETIME,
        entries=entries,
    )
    signed = change(list_builder_for(wanted)).sign(KEY, hashes.SHA256())
    return ListCase(
        revocation_list=signed,
        issuer=ISSUER,
        last_number=6,
        now=NOW,
        longest=LIST_LIFETIME,
    )


def set_part(name: str, value: object) -> Change:
    def change(builder: Any) -> Any:
        setattr(builder, name, value)
        return builder

    return change


def without(oid: x509.ObjectIdentifier) -> Change:
    def change(builder: Any) -> Any:
        builder._extensions = [one for one in builder._extensions if one.oid != oid]
        return builder

    return change


def with_extension(value: x509.ExtensionType, critical: bool = False) -> Change:
    def change(builder: Any) -> Any:
        return without(value.oid)(builder).add_extension(value, critical)

    return change


def with_entry(
    *extensions: x509.ExtensionType, later: timedelta = -HOUR, critical: bool = False
) -> Change:
    entry = (
        x509.RevokedCertificateBuilder().serial_number(9).revocation_date(NOW + later)
    )
    for one in extensions:
        entry = entry.add_extension(one, critical)
    return lambda builder: builder.add_revoked_certificate(entry.build())


REMOVED = x509.CRLReason(x509.ReasonFlags.remove_from_crl)
KEY_GONE = x509.CRLReason(x509.ReasonFlags.key_compromise)
PART = x509.IssuingDistributionPoint(
    full_name=None,
    relative_name=None,
    only_contains_user_certs=True,
    only_contains_ca_certs=False,
    only_some_reasons=None,
    indirect_crl=False,
    only_contains_attribute_certs=False,
)

DEFECTS: list[tuple[str, ListCase]] = [
    (
        "issuer_is_named_as_it_names_itself",
        case(set_part("_issuer_name", ROOT.subject)),
    ),
    ("this_update_is_not_later_than_now", replace(case(), now=NOW - HOUR)),
    (
        "next_update_is_stated_and_near",
        case(set_part("_next_update", NOW.replace(tzinfo=None) + 2 * LIST_LIFETIME)),
    ),
    ("issuer_key_is_identified", case(without(x509.AuthorityKeyIdentifier.oid))),
    (
        "issuer_key_is_identified",
        replace(case(), issuer=PKI.root.credential.certificate),
    ),
    ("number_is_stated_and_fits", case(without(x509.CRLNumber.oid))),
    ("number_is_stated_and_fits", case(plan=_Plan(number=0))),
    ("number_is_stated_and_fits", case(with_extension(x509.CRLNumber(1 << 159)))),
    ("number_is_greater_than_the_last", replace(case(), last_number=7)),
    ("number_is_greater_than_the_last", replace(case(), last_number=8)),
    ("list_is_complete", case(with_extension(x509.DeltaCRLIndicator(6), True))),
    ("list_is_complete", case(with_extension(PART, True))),
    ("nothing_is_critical", case(with_extension(x509.CRLNumber(7), True))),
    ("entries_are_unique", case(plan=_Plan(serials=(5, 6, 5)))),
    ("entries_are_not_of_the_future", case(with_entry(later=HOUR))),
    ("entries_say_what_they_may", case(with_entry(KEY_GONE, critical=True))),
    ("reasons_belong_into_complete_lists", case(with_entry(REMOVED))),
]


def test_list_of_ours_keeps_every_rule() -> None:
    assert lint_list(case()) == ()
    assert lint_list(replace(case(), last_number=None)) == ()


@pytest.mark.parametrize(("rule", "broken"), DEFECTS)
def test_each_defect_breaks_its_rule(rule: str, broken: ListCase) -> None:
    assert rule in lint_list(broken)
    with pytest.raises(PkiError) as refusal:
        refuse_list_if_broken(broken)
    assert refusal.value.code is ErrorCode.LIST_LINT_REFUSED
    assert rule in refusal.value.place


def test_clock_that_was_put_right_stops_no_list() -> None:
    assert lint_list(case(with_entry(later=timedelta(minutes=4)))) == ()


def test_version_1_and_old_algorithms_are_refused() -> None:
    """The library writes neither, so the bytes stand in for a list."""
    old = x509.ObjectIdentifier("1.2.840.113549.1.1.5")
    bare = bytes.fromhex("3003300101")
    stand_in = _StandIn(bare, old)
    broken = lint_list(replace(case(), revocation_list=stand_in))  # type: ignore[arg-type]  # a list the library cannot write
    assert {"version_is_2", "algorithm_is_listed"} <= set(broken)


@dataclass(frozen=True)
class _StandIn:
    tbs_certlist_bytes: bytes
    signature_algorithm_oid: x509.ObjectIdentifier

    def __getattr__(self, name: str) -> object:
        raise ValueError(name)


def test_every_rule_has_a_defect_here() -> None:
    tested = {rule for rule, _ in DEFECTS} | {"version_is_2", "algorithm_is_listed"}
    assert tested == {rule.__name__ for rule in LIST_RULES}
