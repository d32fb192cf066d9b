"""The import arrows of the design, held by reading the source."""

import sys

import pytest

from tests.architecture.imports import (
    PACKAGES,
    Import,
    all_imports,
    module_name,
    source_files,
    within,
)

IMPORTS = all_imports()

ALLOWED = {
    "schemas": ("schemas",),
    "pki": ("pki", "schemas"),
    "signing": ("signing", "pki", "schemas"),
    "clients": (
        "clients",
        "schemas",
        "pki.keys",
        "pki.enveloped",
        "pki.trust",
        "pki.errors",
        "pki.files",
        "pki.names",
        "signing.errors",
        "signing.pades",
        "signing.profiles",
        "signing.xmldsig",
        "signing.validation.xml",
        "signing.remote_client",
    ),
    "exchange": ("exchange", "schemas", "pki", "signing", "clients"),
}

HOMES = {
    "motor": ("exchange.storage.mongo", "exchange.storage.embedded"),
    "pymongo": ("exchange.storage.mongo", "exchange.storage.embedded"),
    "pyhanko": ("signing.pades", "signing.validation", "signing.reports.paper"),
    "pyhanko_certvalidator": ("signing.pades", "signing.validation"),
    "pkcs11": ("pki.keys.pkcs11", "pki.keys.token_session"),
    "lxml": (
        "schemas",
        "signing.xmldsig",
        "signing.validation.xml",
        "signing.reports.etsi",
    ),
    "aiohttp": (
        "exchange.http",
        "exchange.app",
        "exchange.console",
        "clients.transport",
    ),
    "jinja2": ("exchange.console.rendering", "exchange.console.keys"),
    "joserfc": ("exchange.tokens", "exchange.id_tokens"),
    "isal": ("exchange.backup.sealed",),
    "aiosmtplib": ("exchange.delivery.mail",),
    "prometheus_client": ("exchange.http",),
    "pypdfium2": ("signing.validation",),
}

EXCHANGE_LAYERS = {
    "exchange.domain": ("exchange.domain", "schemas"),
    "exchange.usecases": (
        "exchange.usecases",
        "exchange.config",
        "exchange.settings",
        "exchange.domain",
        "exchange.errors",
        "exchange.services",
        "exchange.storage.ports",
        "schemas",
        "pki",
        "signing",
    ),
    "exchange.storage": (
        "exchange.storage",
        "exchange.domain",
        "exchange.errors",
        "schemas",
    ),
}

LIGHT_INITS = ("schemas", "pki", "signing", "exchange", "clients")

POSIX_ONLY = ("fcntl", "resource", "pwd", "grp", "termios", "posix")
ALSO_ON_WINDOWS = (
    "clients",
    "schemas",
    "pki.keys",
    "signing.xmldsig",
    "signing.remote_client",
    "signing.remote_check",
)


def _ours(one: Import) -> bool:
    return one.module.split(".")[0] in {*PACKAGES, "tests"}


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_package_imports_only_along_the_arrows(package: str) -> None:
    wrong = [
        str(one)
        for one in IMPORTS
        if one.importer.split(".")[0] == package
        and _ours(one)
        and not within(one.module, ALLOWED[package])
        and one.module not in {"pki", "signing", "signing.validation"}
    ]
    assert wrong == []


@pytest.mark.parametrize("library", sorted(HOMES))
def test_library_is_imported_only_at_its_home(library: str) -> None:
    wrong = [
        str(one)
        for one in IMPORTS
        if within(one.module, (library,)) and not within(one.importer, HOMES[library])
    ]
    assert wrong == []


@pytest.mark.parametrize("layer", sorted(EXCHANGE_LAYERS))
def test_exchange_layer_imports_only_inwards(layer: str) -> None:
    wrong = [
        str(one)
        for one in IMPORTS
        if within(one.importer, (layer,))
        and _ours(one)
        and one.module != "exchange"
        and not within(one.module, EXCHANGE_LAYERS[layer])
        and one.module != "exchange.storage"
    ]
    assert wrong == []


def test_domain_uses_the_standard_library_alone() -> None:
    wrong = [
        str(one)
        for one in IMPORTS
        if within(one.importer, ("exchange.domain",))
        and not _ours(one)
        and one.module.split(".")[0] not in sys.stdlib_module_names
    ]
    assert wrong == []


def test_source_never_imports_tests() -> None:
    assert [str(one) for one in IMPORTS if within(one.module, ("tests",))] == []


def test_package_inits_import_nothing_but_their_own_package() -> None:
    inits = {module_name(path) for path in source_files() if path.name == "__init__.py"}
    wrong = [
        str(one)
        for one in IMPORTS
        if one.importer in inits and not within(one.module, (one.importer,))
    ]
    assert wrong == []
    assert [str(one) for one in IMPORTS if one.importer in LIGHT_INITS] == []


def test_client_side_uses_no_posix_only_module() -> None:
    wrong = [
        str(one)
        for one in IMPORTS
        if within(one.importer, ALSO_ON_WINDOWS) and within(one.module, POSIX_ONLY)
    ]
    assert wrong == []


def test_no_file_shadows_a_standard_module_when_run() -> None:
    tops = {path.stem for path in source_files() if len(path.parts) == 1}
    assert tops & set(sys.stdlib_module_names) == set()


def test_modules_have_no_import_cycle() -> None:
    names = {module_name(path) for path in source_files()}
    graph: dict[str, set[str]] = {name: set() for name in names}
    for one in IMPORTS:
        if one.module in names and one.module != one.importer:
            graph[one.importer].add(one.module)
    assert _cycle(graph) == []


def _cycle(graph: dict[str, set[str]]) -> list[str]:
    done: set[str] = set()
    for start in sorted(graph):
        path = _walk(graph, start, [], done)
        if path:
            return path
    return []


def _walk(
    graph: dict[str, set[str]], node: str, trail: list[str], done: set[str]
) -> list[str]:
    if node in trail:
        return [*trail[trail.index(node) :], node]
    if node in done:
        return []
    for following in sorted(graph[node]):
        path = _walk(graph, following, [*trail, node], done)
        if path:
            return path
    done.add(node)
    return []
