"""Labels of CAs."""

import pytest

from pki.ca.labels import CaLabel, parse_label
from pki.errors import PkiError
from pki.kinds import CertificateKind
from schemas.errors import ErrorCode

PERSONS = CertificateKind.ISSUING_PERSONS


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("root", CaLabel(CertificateKind.ROOT)),
        ("issuing-persons", CaLabel(PERSONS)),
        ("issuing-persons-2", CaLabel(PERSONS, 2)),
        ("issuing-systems-10", CaLabel(CertificateKind.ISSUING_SYSTEMS, 10)),
    ],
)
def test_label_is_read_as_it_is_written(text: str, label: CaLabel) -> None:
    assert parse_label(text) == label
    assert str(label) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "person",
        "root-2",
        "ocsp-persons",
        "issuing-persons-1",
        "issuing-persons-02",
        "issuing-persons-0",
        "issuing-persons--2",
        "issuing-persons-2 ",
        "issuing-persons-2\n",
        "issuing-persons-99999",
        "Issuing-persons",
        "../issuing-persons",
    ],
)
def test_what_is_no_label_is_refused(text: str) -> None:
    with pytest.raises(PkiError) as refusal:
        parse_label(text)
    assert refusal.value.code is ErrorCode.CA_LABEL_INVALID


def test_labels_sort_from_the_root_down_and_by_generation() -> None:
    words = ["issuing-systems", "issuing-persons-10", "issuing-persons-2", "root"]
    labels = sorted(map(parse_label, words), key=lambda one: one.rank)
    assert [str(one) for one in labels] == [
        "root",
        "issuing-persons-2",
        "issuing-persons-10",
        "issuing-systems",
    ]


def test_next_generation_follows() -> None:
    assert str(CaLabel(PERSONS).next) == "issuing-persons-2"
