"""The demonstration runs, and programs of other people agree with its products."""

import json
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from pki.trust import load_material
from schemas.verdict import Indication
from schemas.xml import LIENTHONG, QCVN, XADES
from signing.many import ManyFiles, judge_files
from tests.support.cms import cut_signatures
from tests.support.demonstration import lienthong
from tests.support.judges import run

PDFS = ("cong-van-nguoi-ky.pdf", "cong-van-ky-so.pdf")
RECIPIENTS = ("H99", "G06")
STATUSES = ("01", "03", "06")


def xmlsec1(products: Path, file: str, signed: str, *options: str) -> bool:
    judged = run(
        "xmlsec1",
        "--verify",
        *("--trusted-pem", products / "root.pem"),
        *("--untrusted-pem", products / "pki" / "issuing-systems.pem"),
        *("--id-attr:Id", signed, "--id-attr:Id", f"{XADES}:SignedProperties"),
        *options,
        products / file,
    )
    return judged.returncode == 0


@pytest.mark.parametrize("name", PDFS)
def test_pdfsig_finds_every_signature_valid_and_the_file_covered(
    products: Path, name: str
) -> None:
    said = run("pdfsig", "-nocert", products / name).stdout

    assert said.count("Signature is Valid.") == said.count("Signature #") >= 1
    assert "Total document signed" in said.split("Signature #")[-1]


@pytest.mark.parametrize("name", PDFS)
def test_mutool_finds_nothing_changed_in_a_signed_part(
    products: Path, name: str
) -> None:
    said = run("mutool", "sign", "-v", products / name).stdout

    assert "invalidated" not in said
    assert said.count("unchanged since signing") == 1


@pytest.mark.parametrize("name", PDFS)
def test_openssl_accepts_every_cms_against_the_root(
    products: Path, tmp_path: Path, name: str
) -> None:
    for cut in cut_signatures((products / name).read_bytes()):
        (tmp_path / "cms.der").write_bytes(cut.cms)
        (tmp_path / "content").write_bytes(cut.content)
        judged = run(
            "openssl",
            *("cms", "-verify", "-binary", "-cades", "-inform", "DER"),
            *("-in", tmp_path / "cms.der", "-content", tmp_path / "content"),
            *("-CAfile", products / "root.pem", "-purpose", "any"),
            *("-out", tmp_path / "out"),
        )
        assert judged.returncode == 0, judged.stderr


def test_xmlsec1_accepts_the_envelope_with_its_attachment(products: Path) -> None:
    pdf = products / "cong-van-ky-so.pdf"

    assert xmlsec1(
        products,
        "envelope.xml",
        f"{QCVN}:edXMLEnvelope",
        "--url-map:cid:cong-van-214",
        str(pdf),
    )


@pytest.mark.parametrize("agency", RECIPIENTS)
@pytest.mark.parametrize("code", STATUSES)
def test_xmlsec1_accepts_every_status_and_its_receipt(
    products: Path, code: str, agency: str
) -> None:
    name = f"{code}-{agency}.xml"

    assert xmlsec1(products, f"status-{name}", f"{QCVN}:edXMLEnvelope")
    assert xmlsec1(products, f"receipt-{name}", f"{LIENTHONG}:StepReceipt")


def test_xmlsec1_accepts_acceptance_and_acknowledgements(products: Path) -> None:
    accepted = f"{LIENTHONG}:AcceptanceReceipt"

    assert xmlsec1(products, "receipt-acceptance.xml", accepted)
    for agency in RECIPIENTS:
        taken = f"receipt-taken-{agency}.xml"
        assert xmlsec1(products, taken, f"{LIENTHONG}:StepReceipt")


def test_bundle_passes_with_the_root_alone(products: Path) -> None:
    root = ("--trust", str(products / "root.pem"))

    done = lienthong("verify", str(products / "evidence.zip"), *root, "--json")

    verdict = json.loads(done.stdout)
    assert done.returncode == 0, verdict["reasons"]
    assert verdict["kind"] == "bundle"
    assert len(verdict["parts"]) >= len(RECIPIENTS) * len(STATUSES)


@pytest.mark.parametrize("name", PDFS)
def test_pdf_passes_with_the_published_lists(products: Path, name: str) -> None:
    done = lienthong(
        "verify",
        str(products / name),
        *("--trust", str(products / "root.pem")),
        *("--revocation", str(products / "pki")),
    )

    assert done.returncode == 0, done.stdout


def test_pdf_without_revocation_data_is_undecided(products: Path) -> None:
    root = ("--trust", str(products / "root.pem"))

    done = lienthong("verify", str(products / PDFS[1]), *root, "--json")

    codes = {reason["code"] for reason in json.loads(done.stdout)["reasons"]}
    assert done.returncode == 2
    assert codes == {"revocation_unchecked"}


def test_pdf_under_an_unknown_root_is_undecided(products: Path) -> None:
    done = lienthong("verify", str(products / PDFS[1]), "--json")

    assert done.returncode == 2
    assert "chain_not_found" in done.stdout


def test_no_key_or_passphrase_of_the_demo_is_in_its_logs(products: Path) -> None:
    logs = b"".join(path.read_bytes() for path in (products / "log").iterdir())
    secrets = [path.read_bytes().strip() for path in products.rglob("*.passphrase")]

    assert logs
    assert secrets
    assert [one for one in secrets if one in logs] == []
    assert b"PRIVATE KEY" not in logs


@pytest.mark.parametrize(
    "name",
    [
        *PDFS,
        "envelope.eml",
        "receipt-acceptance.xml",
        "receipt-taken-H99.xml",
        "receipt-06-G06.xml",
        "evidence.zip",
    ],
)
async def test_flipped_byte_anywhere_never_passes(
    products: Path, tmp_path: Path, name: str
) -> None:
    material = load_material(
        [products / "root.pem"],
        sorted((products / "pki").glob("*.pem")),
        [products / "pki"],
    )
    original = (products / name).read_bytes()
    step = max(len(original) // 12, 1)
    paths = [products / name]
    for position in range(step // 2, len(original), step):
        changed = bytearray(original)
        changed[position] ^= 0x01
        paths.append(tmp_path / f"{position}-{name}")
        paths[-1].write_bytes(changed)
    question = ManyFiles(material=material, at=None, now=datetime.now(UTC), jobs=1)

    judging = judge_files(paths, question, done=lambda _path: None)
    async with aclosing(judging):
        whole, *others = [verdict.indication async for verdict in judging]

    assert whole is Indication.TOTAL_PASSED
    assert len(others) >= 12
    assert Indication.TOTAL_PASSED not in others


def test_demo_certificates_carry_the_demo_policy(products: Path) -> None:
    root = x509.load_pem_x509_certificate((products / "root.pem").read_bytes())

    assert "DEMO" in root.subject.rfc4514_string()
