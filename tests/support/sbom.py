"""The bill of materials (CycloneDX 1.6, JSON): `python -m tests.support.sbom`.

Made offline from pyproject.toml, requirements.lock and what is installed. The digest of
a library is over its files as its wheel lists them, without what an installer adds, so
it is the same wherever that wheel is installed; that the files are those is checked.
"""

import json
import sys
import tomllib
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import file_digest, sha256
from importlib.metadata import Distribution, distribution
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
DIGEST_NAME = "lienthong:installed-files:sha256"
PROJECT = "lienthong"

_RUNTIME = "service"
_BY_INSTALLER = frozenset({"INSTALLER", "REQUESTED", "RECORD", "direct_url.json"})
_FONT = "signing/pades/fonts/lienthong-serif.ttf"
_SPDX = {
    "Apache": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""What authors wrote before there was one way to."""


class SbomError(Exception):
    """What is installed is not what it should be."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What this project names, and what that brings along.

    Args:
        direct: requirements by the extra that names them; empty for the base.
    """

    direct: Mapping[str, tuple[Requirement, ...]]

    def named(self, extra: str) -> Iterator[Requirement]:
        """Yield the requirements of an extra and of those it includes."""
        for one in self.direct[extra]:
            if canonicalize_name(one.name) != PROJECT:
                yield one
                continue
            for included in one.extras:
                yield from self.named(included)

    def all_of(self, *extras: str) -> frozenset[str]:
        """Return the names of all that is installed with these extras."""
        waiting = [one for extra in extras for one in self.named(extra)]
        seen: set[str] = set()
        while waiting:
            one = waiting.pop()
            name = str(canonicalize_name(one.name))
            if not _applies(one) or name in seen:
                continue
            seen.add(name)
            waiting.extend(_brought_by(name, one.extras))
        return frozenset(seen)


def needs() -> Needs:
    """Read what pyproject.toml names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = {"": project["dependencies"], **project["optional-dependencies"]}
    return Needs({extra: tuple(map(Requirement, one)) for extra, one in named.items()})


def locked() -> dict[str, str]:
    """Read requirements.lock: versions by name."""
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    pairs = (one.partition("==") for one in lines if one)
    return {str(canonicalize_name(name)): version for name, _, version in pairs}


def sbom() -> dict[str, object]:
    """Return the bill of materials.

    Raises:
        SbomError: a library is not installed at its version, or its files are changed.
    """
    found, known = needs(), locked()
    runtime = found.all_of("", _RUNTIME)
    wanted = {name: known[name] for name in sorted(found.all_of("", "dev"))}
    libraries = [_library(name, wanted[name], name in runtime) for name in wanted]
    content = [*libraries, _font()]
    serial = uuid5(NAMESPACE_URL, json.dumps(content, sort_keys=True))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": _project()},
        "components": content,
        "dependencies": [
            {
                "ref": PROJECT,
                "dependsOn": sorted(_purl(name, wanted[name]) for name in wanted),
            },
            *(_dependencies(name, wanted) for name in wanted),
        ],
    }


def files_digest(installed: Distribution) -> str:
    """Return the digest over the files of a wheel, once they are seen to be so.

    Raises:
        SbomError: a file is not what the wheel says, or there is no list of them.
    """
    lines = []
    for one in installed.files or ():
        if one.hash is None or one.name in _BY_INSTALLER or one.parts[0] == "..":
            continue
        path = Path(str(installed.locate_file(one)))
        if _digest(path) != one.hash.value:
            raise SbomError(f"{installed.name}: {one}")
        lines.append(f"{one.as_posix()} {one.hash.value}\n")
    if not lines:
        raise SbomError(installed.name)
    return sha256("".join(sorted(lines)).encode()).hexdigest()


def _applies(one: Requirement) -> bool:
    return one.marker is None or one.marker.evaluate({"extra": ""})


def _brought_by(name: str, extras: set[str]) -> Iterator[Requirement]:
    for text in distribution(name).requires or ():
        one = Requirement(text)
        asked = extras or {""}
        if one.marker is None or any(
            one.marker.evaluate({"extra": each}) for each in asked
        ):
            one.marker = None
            yield one


def _digest(path: Path) -> str:
    """Digest a file as RECORD writes it (Binary distribution format)."""
    with path.open("rb") as file:
        found = file_digest(file, "sha256").digest()
    return urlsafe_b64encode(found).rstrip(b"=").decode()


def _library(name: str, version: str, is_runtime: bool) -> dict[str, object]:
    installed = distribution(name)
    if installed.version != version:
        raise SbomError(f"{name} {installed.version} != {version}")
    return {
        "type": "library",
        "bom-ref": _purl(name, version),
        "name": name,
        "version": version,
        "scope": "required" if is_runtime else "optional",
        "purl": _purl(name, version),
        "licenses": [_licence(installed)],
        "properties": [{"name": DIGEST_NAME, "value": files_digest(installed)}],
    }


def _licence(installed: Distribution) -> dict[str, object]:
    metadata = installed.metadata
    if "License-Expression" in metadata:
        return {"expression": metadata["License-Expression"]}
    classifiers = [
        one.split(" :: ")[-1]
        for one in metadata.get_all("Classifier") or ()
        if one.startswith("License :: OSI Approved :: ")
    ]
    [written, *_] = metadata.get_all("License") or [""]
    said = written.split("\n")[0].strip()
    name = said or " / ".join(classifiers)
    if not name:
        raise SbomError(f"{installed.name}: licence")
    return {"license": {"name": _SPDX.get(name, name)}}


def _font() -> dict[str, object]:
    """Describe what is carried along: a subset of Liberation Serif."""
    content = (ROOT / _FONT).read_bytes()
    return {
        "type": "file",
        "bom-ref": _FONT,
        "name": _FONT,
        "version": "Liberation Serif 2.1.5",
        "scope": "required",
        "hashes": [{"alg": "SHA-256", "content": sha256(content).hexdigest()}],
        "licenses": [{"license": {"id": "OFL-1.1"}}],
    }


def _project() -> dict[str, object]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {
        "type": "application",
        "bom-ref": PROJECT,
        "name": project["name"],
        "version": project["version"],
        "licenses": [{"license": {"id": project["license"]}}],
    }


def _dependencies(name: str, wanted: Mapping[str, str]) -> dict[str, object]:
    brought = {str(canonicalize_name(one.name)) for one in _brought_by(name, set())}
    refs = sorted(_purl(one, wanted[one]) for one in brought & wanted.keys())
    return {"ref": _purl(name, wanted[name]), "dependsOn": refs}


def _purl(name: str, version: str) -> str:
    return f"pkg:pypi/{name}@{version}"


if __name__ == "__main__":
    sys.stdout.write(json.dumps(sbom(), indent=2, ensure_ascii=False) + "\n")
