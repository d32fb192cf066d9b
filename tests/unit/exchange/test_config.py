"""Settings: complete, validated, published."""

import re
from pathlib import Path

import pytest

from exchange.config import Settings, all_keys
from exchange.config_file import load_settings
from exchange.errors import ExchangeError
from exchange.settings.hosts import is_loopback
from exchange.settings.server import AuthMode, Role
from schemas.errors import ErrorCode

PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"


CA = "roles = ['ca']\n[ca]\nfolder = 'pki'\n"
STAMPS = "[keys.tsa]\nuri = 'pkcs12:x'\n[publication]\nfolder = 'pki'\n"
REGISTER = "[time_stamping]\nregister = 'stamps.sqlite'\n"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "lienthong.toml"
    path.write_text(text, "utf-8")
    return path


def refused_place(path: Path | None = None, **environment: str) -> str:
    with pytest.raises(ExchangeError) as caught:
        load_settings(path, environment)
    assert caught.value.code is ErrorCode.CONFIGURATION_INVALID
    return caught.value.place


def test_defaults_are_a_service_on_loopback_over_mutual_tls() -> None:
    settings = load_settings(None, {})
    assert settings == Settings()
    assert settings.auth is AuthMode.MUTUAL_TLS
    assert is_loopback(settings.server.host)


def test_file_paths_are_relative_to_the_files_folder(tmp_path: Path) -> None:
    path = written(tmp_path, '[trust]\nanchors = ["pki/root.pem", "/etc/x.pem"]')
    anchors = load_settings(path, {}).trust.anchors
    assert anchors == (tmp_path / "pki/root.pem", Path("/etc/x.pem"))


def test_environment_overrides_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "[server]\nport = 1\n[limits]\npdf_seconds = 5")
    environment = {
        "LIENTHONG__SERVER__PORT": "9000",
        "LIENTHONG__KEYS__RECEIPT__URI": "pkcs12:receipt.p12",
        "LIENTHONG__TRUST__REVOCATION": "a.crl,b.crl",
        "LIENTHONGX": "ignored",
    }
    settings = load_settings(path, environment)
    assert settings.server.port == 9000
    assert settings.limits.pdf_seconds == 5.0
    assert settings.keys.receipt.uri == f"pkcs12:{tmp_path}/receipt.p12"
    assert [one.name for one in settings.trust.revocation] == ["a.crl", "b.crl"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[server]\nprot = 1", "server.prot"),
        ("[sever]\nport = 1", "sever"),
        ("[keys.log]\nurl = 'x'", "keys.log.url"),
        ("[server]\nport = 'x'", "server.port"),
        ("[server]\nport = true", "server.port"),
        ("[server]\nport = 1.5", "server.port"),
        ("[server]\nport = -1", "server.port"),
        ("[limits]\npdf_seconds = nan", "limits.pdf_seconds"),
        ("[limits]\npdf_seconds = inf", "limits.pdf_seconds"),
        ("[hub]\nid = 7", "hub.id"),
        ("[trust]\nanchors = 7", "trust.anchors"),
        ("[trust]\nanchors = [7]", "trust.anchors"),
        ("[tls]\nkey = ''", "tls.key"),
        ("server = 7", "server"),
        ("auth = 'none'", "auth"),
        ("[keys.ocsp.systems]\nuri = 'pkcs12:x'", "publication.folder"),
        ("roles = []", "roles"),
        ("roles = ['ca', 'ca']", "roles"),
        ("roles = ['tsa']", "roles"),
        ("roles = ['ca']", "ca.folder"),
        (
            "roles = ['ca']\n[ca]\nfolder='x'\ncrl_check_seconds=0",
            "ca.crl_check_seconds",
        ),
        (
            "roles = ['ca']\n[ca]\nfolder='x'\n[enrolment]\ncertificate='x'",
            "enrolment.key",
        ),
        (
            "roles = ['ca']\n[ca]\nfolder='x'\n[enrolment]\nkey='x'",
            "enrolment.certificate",
        ),
        ("[keys.tsa]\nuri = 'pkcs12:x'", "publication.folder"),
        (STAMPS, "keys.tsa.uri"),
        (f"{CA}{STAMPS}", "time_stamping.register"),
        (f"{CA}{STAMPS}{REGISTER}accuracy_ms = 0", "time_stamping.accuracy_ms"),
        (f"{CA}{STAMPS}{REGISTER}accuracy_ms = 1001", "time_stamping.accuracy_ms"),
        ("[accounts]\nlock_failures = 0", "accounts.lock_failures"),
        ("[accounts]\nsession_hours = 25", "accounts.session_hours"),
        (
            f"{CA}{STAMPS}{REGISTER}stamps_per_second = 0",
            "time_stamping.stamps_per_second",
        ),
        ("[time_stamping]\nclock = 'sundial'", "time_stamping.clock"),
        ("[time_stamping]\nservers = [7]", "time_stamping.servers"),
        ("[server]\nworkers = 0", "server.workers"),
        ("[server]\nport = 65536", "server.port"),
        ("[server]\npublic_port = 70000", "server.public_port"),
        ("[server]\nadmin_port = 70000", "server.admin_port"),
        ("[enrolment]\nport = 70000", "enrolment.port"),
        ("[console]\nport = 70000", "console.port"),
        ("[limits]\nconcurrent_intakes = 0", "limits.concurrent_intakes"),
        ("[limits]\nrequest_seconds = 0", "limits.request_seconds"),
        ("[limits]\nidle_seconds = 0", "limits.idle_seconds"),
        ("[notices]\nsmtp_port = 0", "notices.smtp_port"),
        ("[notices]\nsmtp_port = 65536", "notices.smtp_port"),
        ("[hub]\nid = ''", "hub.id"),
        ("[hub]\nid = ' '", "hub.id"),
        ('[hub]\nid = "a\\u0001"', "hub.id"),
        ("[hub]\nlog_id = ''", "hub.log_id"),
        ("auth = ", "lienthong.toml"),
    ],
)
def test_wrong_value_is_refused_by_name(tmp_path: Path, text: str, place: str) -> None:
    assert refused_place(written(tmp_path, text)) == place


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("LIENTHONG__SERVER__PROT", "server.prot"),
        ("LIENTHONG__NOTHING", "nothing"),
        ("LIENTHONG__AUTH__MODE", "auth.mode"),
    ],
)
def test_unknown_variable_is_refused_by_name(
    tmp_path: Path, name: str, place: str
) -> None:
    path = written(tmp_path, 'auth = "mutual_tls"')
    assert refused_place(path, **{name: "1"}) == place


def test_missing_file_is_refused(tmp_path: Path) -> None:
    assert refused_place(tmp_path / "absent.toml") == "absent.toml"


def test_development_mode_beyond_loopback_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "auth = 'development'\n[server]\nhost = '0.0.0.0'")
    assert refused_place(path) == "auth"


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("hub.example", False),
    ],
)
def test_loopback_is_told_apart(host: str, *, local: bool) -> None:
    assert is_loopback(host) is local


def shown(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


@pytest.mark.parametrize("text", ["true", '"true"', '"True"'], ids=["truth", "w", "W"])
def test_truth_values_are_read(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, f"[console]\nenabled = {text}")
    assert load_settings(path, {}).console.enabled is True


@pytest.mark.parametrize("text", ["1", '"yes"', '""', "[true]"], ids=list("1yel"))
def test_what_is_no_truth_value_is_refused(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, f"[console]\nenabled = {text}")
    with pytest.raises(ExchangeError, match=r"console\.enabled"):
        load_settings(path, {})


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("host = '192.0.2.1'", "console.certificate"),
        ("certificate = 'a.pem'", "console.key"),
        ("client_ca = 'ca.pem'", "console.client_ca"),
    ],
    ids=["open", "key", "client"],
)
def test_console_that_would_be_open_is_refused(
    tmp_path: Path, text: str, place: str
) -> None:
    path = written(tmp_path, f"[console]\n{text}")
    with pytest.raises(ExchangeError, match=place.replace(".", r"\.")):
        load_settings(path, {})


def test_roles_are_read_from_file_and_environment(tmp_path: Path) -> None:
    path = written(tmp_path, "roles = ['ca']\n[ca]\nfolder = 'pki'")
    assert load_settings(path, {}).roles == (Role.CA,)
    both = load_settings(path, {"LIENTHONG__ROLES": "exchange,ca"})
    assert both.roles == (Role.EXCHANGE, Role.CA)


def test_every_key_is_published_with_its_default() -> None:
    rows = re.findall(
        r"^\| `([a-z_.]+)` \| (?:`(.*?)`)? \|", PAGE.read_text("utf-8"), re.MULTILINE
    )
    expected = [(key, shown(value)) for key, value in all_keys()]
    assert rows == expected


def test_path_of_a_key_is_relative_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "lienthong.toml"
    path.write_text('[keys.receipt]\nuri = "pkcs12:keys/receipt.p12"\n')

    settings = load_settings(path, {})

    assert settings.keys.receipt.uri == f"pkcs12:{tmp_path}/keys/receipt.p12"


@pytest.mark.parametrize("uri", ["pkcs11:token=hub;object=receipt", "pkcs12:/k.p12"])
def test_address_of_a_token_and_a_whole_path_stay(tmp_path: Path, uri: str) -> None:
    path = tmp_path / "lienthong.toml"
    path.write_text(f'[keys.receipt]\nuri = "{uri}"\n')

    assert load_settings(path, {}).keys.receipt.uri == uri


def test_lists_of_words_come_from_the_file_and_the_environment(tmp_path: Path) -> None:
    path = written(tmp_path, '[time_stamping]\nservers = ["http://a/tsa"]')
    name = "LIENTHONG__TIME_STAMPING__POLICIES"
    settings = load_settings(path, {name: "1.2.3,1.2.4"}).time_stamping
    assert settings.servers == ("http://a/tsa",)
    assert settings.policies == ("1.2.3", "1.2.4")
