"""What comes from others is one tested version each, and none that is known to harm."""

import re
from importlib.metadata import PathDistribution
from pathlib import Path
from typing import Any, cast

import pytest
from packaging.utils import canonicalize_name

from tests.architecture.imports import ROOT
from tests.support.judges import PACKAGES
from tests.support.sbom import (
    DIGEST_NAME,
    SbomError,
    files_digest,
    locked,
    needs,
    sbom,
)

_ROOMS = ("schemas", "pki", "signing", "exchange", "clients")
_PARSERS = re.compile(
    r"XMLParser|etree\.(fromstring|parse|iterparse|XML)\b"
    r"|xml\.(dom|sax|etree|parsers)|expat"
)
_SECOND_LIBXML2 = {"xmlsec", "libxml2-python3", "libxslt-python", "pyxmlsec"}
"""Bindings that load a libxml2 of their own beside the one within lxml: the two
corrupt each other's memory."""


def _of_other_platforms() -> set[str]:
    every = needs().named("dev")
    return {str(canonicalize_name(one.name)) for one in every if one.marker}


def test_lock_has_one_exact_version_of_all_that_is_needed_and_nothing_else() -> None:
    known, wanted = locked(), needs().all_of("", "dev")

    assert wanted <= set(known)
    assert set(known) - wanted <= _of_other_platforms()
    assert all(re.fullmatch(r"[0-9][0-9A-Za-z.]*", one) for one in known.values())


def test_ci_installs_every_judge_that_tests_ask_for() -> None:
    script = (ROOT / ".ci" / "run").read_text("ascii")
    [installed] = re.findall(r"^judges=\((.*)\)$", script, re.MULTILINE)

    assert set(PACKAGES.values()) <= set(installed.split())


def test_lock_is_within_the_bounds_of_the_project() -> None:
    known = locked()
    outside = [
        f"{one} locked: {known[canonicalize_name(one.name)]}"
        for extra in ("", "dev")
        for one in needs().named(extra)
        if known[canonicalize_name(one.name)] not in one.specifier
    ]
    assert outside == []


def test_bill_of_materials_names_every_library_with_licence_and_digest() -> None:
    bill = sbom()
    components = cast("list[dict[str, Any]]", bill["components"])
    libraries = {one["name"]: one for one in components if one["type"] == "library"}

    known = locked()
    assert {name: known[name] for name in needs().all_of("", "dev")} == {
        name: one["version"] for name, one in libraries.items()
    }
    for one in libraries.values():
        [licence], [digest] = one["licenses"], one["properties"]
        assert licence.get("expression") or licence["license"]["name"]
        assert digest["name"] == DIGEST_NAME
        assert re.fullmatch("[0-9a-f]{64}", digest["value"])
    assert libraries["cryptography"]["scope"] == "required"
    assert libraries["pytest"]["scope"] == "optional"
    references = {one["bom-ref"] for one in components} | {"lienthong"}
    dependencies = cast("list[dict[str, Any]]", bill["dependencies"])
    assert {ref for one in dependencies for ref in one["dependsOn"]} <= references


def test_changed_file_of_a_library_is_noticed(tmp_path: Path) -> None:
    module, information = tmp_path / "lib.py", tmp_path / "lib-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: lib\n")
    (information / "RECORD").write_text(
        "lib.py,sha256=ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs,1\n"
        "lib-1.0.dist-info/INSTALLER,sha256=AAAA,1\n"
    )
    module.write_bytes(b"a")

    files_digest(PathDistribution(information))
    module.write_bytes(b"b")

    with pytest.raises(SbomError, match=r"lib\.py"):
        files_digest(PathDistribution(information))


def test_no_second_libxml2_comes_along() -> None:
    assert locked().keys().isdisjoint(_SECOND_LIBXML2)


def test_xml_is_parsed_in_one_place() -> None:
    """So that its limits hold for messages, statuses, receipts and reports alike."""
    found = {
        path.relative_to(ROOT).as_posix()
        for room in _ROOMS
        for path in (ROOT / room).rglob("*.py")
        if _PARSERS.search(path.read_text("utf-8"))
    }
    assert found == {"schemas/xml.py"}
