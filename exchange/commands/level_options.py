"""Whom to ask for time stamps and revocation data, as options of several verbs."""

from pathlib import Path

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.upgrade_folder import utc_now
from exchange.config import Settings
from exchange.config_file import load_settings
from pki.http_fetch import HttpFetcher
from pki.revocation.client import RevocationClient
from pki.trust import TrustMaterial, TrustStore, load_material
from pki.tsa.servers import TimeStampClient, TimeStampServer
from pki.tsa.transport import HttpTimeStampTransport
from signing.evidence_sources import FetchedEvidence, StoredEvidence
from signing.pades.levels import EvidenceSource, SigningServices
from signing.profiles import SignatureLevel

LEVELS = {
    "b": SignatureLevel.B_B,
    "t": SignatureLevel.B_T,
    "lt": SignatureLevel.B_LT,
    "lta": SignatureLevel.B_LTA,
}

_FILES = {
    "tsa-anchor": "gốc TLS của máy chủ / roots believed for https (PEM)",
    "trust": "chứng thư gốc được tin / root certificates",
    "intermediate": "chứng thư trung gian / issuing certificates",
    "revocation": "danh sách thu hồi, câu trả lời OCSP / CRLs, OCSP answers, folders",
}
_WORDS = {
    "tsa": ("URL", "máy chủ dấu thời gian / time stamping authority"),
    "revocation-host": (
        "HOST[:PORT]",
        "được hỏi OCSP và danh sách thu hồi / may be asked over OCSP, for CRLs",
    ),
}


def add_service_options(parser: Parser) -> None:
    """Declare whom to ask and what to believe; each may be given more than once."""
    for name, (kind, text) in _WORDS.items():
        parser.add_argument(
            f"--{name}", action="append", default=[], metavar=kind, help=text
        )
    for name, text in _FILES.items():
        parser.add_argument(
            f"--{name}",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help=text,
        )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="lienthong.toml: time_stamping.servers, trust",
    )


def services_of(arguments: Arguments) -> SigningServices:
    """Return whom the options name; with no roots nobody is judged.

    Raises:
        CodedError: a file is unreadable, or an address or host is none.
    """
    settings = load_settings(arguments.config) if arguments.config else Settings()
    material = _material(arguments, settings)
    return SigningServices(
        stamps=_stamps(arguments, settings, material),
        evidence=_evidence(arguments, settings, material),
        clock=utc_now,
    )


def _material(arguments: Arguments, settings: Settings) -> TrustMaterial:
    trust = settings.trust
    return load_material(
        (*arguments.trust, *trust.anchors),
        (*arguments.intermediate, *trust.intermediates),
        (*arguments.revocation, *trust.revocation),
    )


def _stamps(
    arguments: Arguments, settings: Settings, material: TrustMaterial
) -> TimeStampClient | None:
    stamping = settings.time_stamping
    addresses = (*arguments.tsa, *stamping.servers)
    if not addresses:
        return None
    anchors = (*arguments.tsa_anchor, *stamping.server_anchors)
    transport = HttpTimeStampTransport(addresses, anchors=anchors)
    trust = TrustStore.from_material(material)
    servers = [TimeStampServer(address=one, trust=trust) for one in addresses]
    return TimeStampClient(servers, transport, utc_now)


def _evidence(
    arguments: Arguments, settings: Settings, material: TrustMaterial
) -> EvidenceSource | None:
    if not material.roots:
        return None
    stored = StoredEvidence(material)
    hosts = (*arguments.revocation_host, *settings.trust.revocation_hosts)
    if not hosts:
        return stored
    anchors = (*arguments.tsa_anchor, *settings.time_stamping.server_anchors)
    return FetchedEvidence(
        stored, RevocationClient(hosts, HttpFetcher(anchors=anchors))
    )
