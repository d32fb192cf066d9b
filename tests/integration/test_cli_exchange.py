"""The main job by the command line alone, on a demonstration site."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from clients.messages import Message
from clients.outbox import Outbox
from clients.transport import RetryPolicy, Transport
from clients.witness import read_head
from exchange.commands import hub
from exchange.demo.province import COMMUNE, MINISTRY, PROVINCE, Office
from exchange.demo.site import Site
from pki.ca.hierarchy import system_clock
from pki.certificates import fingerprint_of
from pki.keys.api import Credential
from pki.keys.software import load_pkcs12, save_pkcs12
from pki.names import agency_of
from schemas.evidence import TreeHead, write_tree_head
from schemas.identifiers import MessageId
from schemas.timestamps import truncate_ms
from signing.xmldsig.sign import sign_receipt
from tests.support.cli import Said, demo_site, lienthong, passphrase
from tests.support.enveloped import recipient
from tests.support.pki import TestPki
from tests.support.signed_pdf import LETTER

pytestmark = pytest.mark.integration

ABOUT = ("--number", "214", "--notation", "UBND-VHXH")
TO = (PROVINCE, MINISTRY)
MESSAGE = Message(
    message_id=MessageId("m-1"), content_type="application/xml", body=b"<a/>"
)
NOBODY = "01JD6Q3V5W8X9YZ0ABCDEFGHJK"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running demonstration site."""
    with demo_site(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.fixture(scope="module")
def letter(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A letter signed by the official and sealed, by the command line."""
    folder = tmp_path_factory.mktemp("letter")
    person, sealed = folder / "person.pdf", folder / "sealed.pdf"
    sign(site, LETTER, person, name="official")
    sign(site, person, sealed, name="seal", role="agency-seal")
    return sealed


def sign(
    site: Site, source: Path, out: Path, *, name: str, role: str = "person"
) -> None:
    key = site.key(name)
    said = lienthong(
        *("sign", source, "--key", key.path, "--passphrase-file", key.passphrase),
        *("--role", role, "--out", out),
    )
    assert said.code == 0, said.err


def by(site: Site, office: Office, verb: str, *words: str | Path) -> Said:
    """Call a verb as the system of an office, with a data folder of its own."""
    var = site.folder.parent / f"var-{office.code}"
    profile = site.profile(office)
    return lienthong(verb, *words, "--profile", profile, "--var", var, "--json")


def send(site: Site, *words: str | Path, subject: str) -> Said:
    to = ("--to", PROVINCE.code, "--to", MINISTRY.code)
    return by(site, COMMUNE, "send", *words, *to, *ABOUT, "--subject", subject)


def arrival(site: Site, office: Office, **wanted: str) -> dict[str, Any]:
    """Wait until something with these fields is in the inbox of an office."""
    after = -1
    for _ in range(20):
        page = by(site, office, "inbox", "--after", str(after), "--wait", "5").json
        for item in page["items"]:
            if wanted.items() <= item.items():
                return dict(item)
        after = page["next"]
    raise TimeoutError(wanted)


def verify(site: Site, file: Path) -> Said:
    return lienthong("verify", file, "--trust", site.root, "--json")


def test_letter_goes_to_province_and_ministry_and_comes_back_as_evidence(
    site: Site, letter: Path, tmp_path: Path
) -> None:
    recipients = (PROVINCE, MINISTRY)
    sent = send(site, letter, subject="V/v kết nối").json
    (item,) = sent["sent"]
    assert sent["refused"] == []
    for office in recipients:
        arrived = arrival(site, office, envelope_id=item["id"])
        assert (arrived["subject"], arrived["attachments"]) == ("V/v kết nối", 1)
        folder = tmp_path / office.code
        got = by(site, office, "receive", item["id"], "--out", folder).json
        assert got["files"] == ["001.pdf", "envelope.eml"]
        assert (folder / "001.pdf").read_bytes() == letter.read_bytes()
        said = ("03", "--description", "vào sổ", "--register-number", "7")
        done = by(site, office, "status", item["id"], *said)
        assert (done.code, done.json["status"]) == (0, "03")
        assert done.json["register_number"] == 7

    for office in recipients:
        arrival(site, COMMUNE, kind="status", status_of=item["id"], sender=office.code)

    seen = by(site, COMMUNE, "trace", item["id"]).json
    assert {one["agency"]: one["status"] for one in seen["deliveries"]} == (
        dict.fromkeys((PROVINCE.code, MINISTRY.code), "03")
    )

    bundle = tmp_path / "evidence.zip"
    by(site, COMMUNE, "evidence", item["id"], "--out", bundle)
    verdict = verify(site, bundle)
    assert (verdict.code, verdict.json["indication"]) == (0, "TOTAL-PASSED")


def test_document_is_checked_before_it_is_sent_and_the_answer_verified(
    site: Site, letter: Path, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    asked = send(site, letter, "--check", good, subject="V/v hỏi trước")
    refused = send(site, letter, "--check", bad, "--to", "X77", subject="V/v hỏi")
    again = send(site, letter, "--check", good, subject="V/v hỏi trước")

    assert (asked.code, asked.json["acceptable"]) == (0, True)
    assert refused.code == 1
    assert refused.json["reasons"] == [{"code": "recipient_unknown", "place": "X77"}]
    assert (again.code, again.error) == (1, "file_not_written")
    for file in (good, bad):
        lists = ("--revocation", site.pki)
        said = lienthong("verify", file, "--trust", site.root, *lists, "--json")
        assert (said.code, said.json["kind"]) == (0, "preflight")
    assert by(site, COMMUNE, "send", "--waiting").json["sent"] == []


def test_letter_is_asked_back_and_the_recipient_agrees(
    site: Site, letter: Path, tmp_path: Path
) -> None:
    sent = send(site, letter, subject="Thu hồi").json["sent"][0]["id"]
    received_by_province(site, sent, tmp_path / "province")
    arrival(site, MINISTRY, envelope_id=sent)

    asked = by(site, COMMUNE, "recall", sent, "--reason", "Sai thẩm quyền")

    states = asked.json["deliveries"]
    assert states == {PROVINCE.code: "acknowledged", MINISTRY.code: "recalled"}
    again = by(site, PROVINCE, "receive", sent, "--out", tmp_path / "again")
    assert (again.code, again.error) == (1, "document_recalled")
    arrival(site, PROVINCE, kind="status", status_of=sent)
    agreed = by(site, PROVINCE, "status", sent, "15", "--description", "Đã hủy")
    assert agreed.code == 0
    seen = by(site, COMMUNE, "trace", sent).json
    assert {one["state"] for one in seen["deliveries"]} == {"recalled"}
    shown = lienthong("trace", sent, "--profile", site.profile(COMMUNE))
    assert "lấy lại" in shown.out
    arrival(site, COMMUNE, kind="status", status_of=sent)


def test_status_that_came_back_can_be_received(
    site: Site, letter: Path, tmp_path: Path
) -> None:
    sent = send(site, letter, subject="Trạng thái").json["sent"][0]["id"]
    received_by_province(site, sent, tmp_path / "province")
    by(site, PROVINCE, "status", sent, "01")
    status = arrival(site, COMMUNE, status_of=sent)

    folder = tmp_path / "status"
    got = by(site, COMMUNE, "receive", status["envelope_id"], "--out", folder)

    assert (got.code, got.json["files"]) == (0, ["envelope.eml"])


def received_by_province(site: Site, envelope: str, folder: Path) -> Said:
    """Receive as the province, once the hub has checked the envelope."""
    arrival(site, PROVINCE, envelope_id=envelope)
    return by(site, PROVINCE, "receive", envelope, "--out", folder)


def test_receiving_again_keeps_the_files_and_acknowledges_again(
    site: Site, letter: Path, tmp_path: Path
) -> None:
    sent = send(site, letter, subject="Nhận hai lần").json["sent"][0]["id"]
    folder = tmp_path / "again"
    first = received_by_province(site, sent, folder)
    written = (folder / "envelope.eml").stat().st_mtime_ns

    second = by(site, PROVINCE, "receive", sent, "--out", folder)

    assert (second.code, second.json) == (0, first.json)
    assert (folder / "envelope.eml").stat().st_mtime_ns == written
    steps = by(site, PROVINCE, "trace", sent).json["steps"]
    assert [one["step"] for one in steps].count("taken") == 1


def test_receiving_overwrites_nothing_and_takes_nothing(
    site: Site, letter: Path, tmp_path: Path
) -> None:
    sent = send(site, letter, subject="Chỗ đã có").json["sent"][0]["id"]
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "notes.txt").write_text("của tôi")

    said = received_by_province(site, sent, folder)

    assert (said.code, said.error) == (1, "file_not_written")
    assert [one.name for one in folder.iterdir()] == ["notes.txt"]
    steps = by(site, PROVINCE, "trace", sent).json["steps"]
    assert "taken" not in [one["step"] for one in steps]


def test_letter_waits_while_the_hub_is_dead_and_goes_as_the_same_bytes(
    site: Site, letter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = RetryPolicy(attempts=2, first_pause=0.01)
    monkeypatch.setattr(hub, "Transport", partial(Transport, retry=impatient))
    live = site.profile(COMMUNE).read_text("utf-8")
    dead = site.profile(COMMUNE).with_name("dead.toml")
    address = next(line for line in live.splitlines() if line.startswith("hub"))
    dead.write_text(live.replace(address, 'hub = "https://127.0.0.1:1"'))
    words = (letter, "--to", PROVINCE.code, *ABOUT, "--subject", "Chờ", "--json")

    lost = lienthong("send", *words, "--profile", dead, "--var", tmp_path)
    (kept,) = (tmp_path / "outbox" / COMMUNE.system_id).iterdir()
    body = (kept / "body").read_bytes()
    waiting = ("send", "--waiting", "--var", tmp_path, "--profile")
    sent = lienthong(*waiting, site.profile(COMMUNE), "--json")
    rest = lienthong(*waiting, site.profile(COMMUNE), "--json")

    assert (lost.code, lost.error) == (1, "hub_unreachable")
    assert (sent.code, len(sent.json["sent"])) == (0, 1)
    assert rest.json == {"sent": [], "refused": [], "broken": []}
    folder = tmp_path / "received"
    received_by_province(site, sent.json["sent"][0]["id"], folder)
    _, _, received = (folder / "envelope.eml").read_bytes().partition(b"\r\n\r\n")
    assert received == body


def test_a_message_that_cannot_be_read_is_told_and_holds_up_no_other(
    site: Site, letter: Path, tmp_path: Path
) -> None:
    outbox = Outbox(tmp_path / "outbox" / COMMUNE.system_id)
    damaged = outbox.put(MESSAGE).folder
    (damaged / "message.json").write_bytes(b"{}")
    words = (letter, "--to", PROVINCE.code, *ABOUT, "--subject", "Vẫn gửi", "--json")
    profile = ("--profile", site.profile(COMMUNE), "--var", tmp_path)

    said = lienthong("send", *words, *profile)

    assert (said.code, len(said.json["sent"])) == (1, 1)
    assert said.json["broken"] == [damaged.name]


def sent_until(code: int, *words: str | Path) -> Said:
    """Send until it ends with `code`: the hub looks for maintenance now and then."""
    said = lienthong("send", *words)
    for _ in range(100):
        if said.code == code:
            break
        sleep(0.1)
        said = lienthong("send", *words)
    return said


def test_maintenance_is_told_in_the_hubs_own_words_beside_what_was_sent(
    site: Site, letter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = RetryPolicy(attempts=2, first_pause=0.01, longest_pause=0.1)
    monkeypatch.setattr(hub, "Transport", partial(Transport, retry=impatient))
    words = (letter, "--to", PROVINCE.code, *ABOUT, "--subject", "Bảo trì", "--json")
    profile = ("--profile", site.profile(COMMUNE), "--var", tmp_path)
    at_hub = ("--var", site.folder)
    begun = lienthong("maintenance", "on", "--reason", "nâng cấp", *at_hub)
    try:
        said = sent_until(1, "--again", *words, *profile)
    finally:
        ended = lienthong("maintenance", "off", *at_hub)

    assert (begun.code, ended.code) == (0, 0)
    assert (said.code, said.error, said.json["sent"]) == (1, "maintenance", [])
    later = sent_until(0, "--waiting", *profile, "--json")
    assert (later.code, len(later.json["sent"])) == (0, 1)


def test_large_letter_goes_in_parts_after_a_broken_line(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = RetryPolicy(attempts=1)
    live = site.profile(COMMUNE)
    dead = live.with_name("dead.toml")
    lines = live.read_text("utf-8").splitlines()
    address = next(line for line in lines if line.startswith("hub"))
    text = live.read_text("utf-8").replace(address, 'hub = "https://127.0.0.1:1"')
    dead.write_text(text, "utf-8")
    large = tmp_path / "du-lieu.csv"
    large.write_bytes(os.urandom(1_200_000))
    words = (large, "--to", PROVINCE.code, *ABOUT, "--subject", "Lớn", "--json")

    with monkeypatch.context() as patched:
        patched.setattr(hub, "Transport", partial(Transport, retry=impatient))
        lost = lienthong("send", *words, "--profile", dead, "--var", tmp_path)
    (kept,) = (tmp_path / "outbox" / COMMUNE.system_id).iterdir()
    begun = (kept / "upload").read_text()
    waiting = ("send", "--waiting", "--var", tmp_path, "--profile", live, "--json")
    sent = lienthong(*waiting)

    assert (lost.error, begun) == ("hub_unreachable", "")
    assert len(sent.json["sent"]) == 1
    assert (kept / "upload").read_text().startswith("/v1/uploads/")


def test_refused_letter_does_not_block_what_waits_behind_it(
    site: Site, letter: Path, tmp_path: Path
) -> None:
    connection = ("--profile", site.profile(COMMUNE), "--var", tmp_path, "--json")
    words = (letter, *ABOUT, "--subject", "Thử", *connection)

    refused = lienthong("send", "--to", "H77", *words)
    sent = lienthong("send", "--to", PROVINCE.code, *words)

    (refusal,) = refused.json["refused"]
    assert (refused.code, refusal["waiting"]) == (1, False)
    assert (refusal["error"]["code"], refusal["error"]["side"]) == (
        "recipient_unknown",
        "sender",
    )
    assert (sent.code, len(sent.json["sent"]), sent.json["refused"]) == (0, 1, [])


def test_refusal_is_told_in_the_hubs_words_with_side_and_next_step(
    site: Site, tmp_path: Path
) -> None:
    said = lienthong(
        *("trace", NOBODY, "--profile", site.profile(COMMUNE), "--lang", "en")
    )

    assert (said.code, said.out) == (1, "")
    message, following, side = said.err.splitlines()
    assert message.endswith(f"[{NOBODY}]")
    assert following.startswith("Next: ")
    assert side == "Side: the recipient (envelope_not_found)"


def test_marked_letter_is_refused_before_it_is_kept(site: Site, letter: Path) -> None:
    said = send(site, letter, subject="[TỐI MẬT] kế hoạch")

    assert (said.code, said.error) == (1, "secrecy_mark")
    outbox = site.folder.parent / f"var-{COMMUNE.code}" / "outbox"
    kept = [one.read_bytes() for one in outbox.rglob("body")]
    assert [one for one in kept if "TỐI MẬT".encode() in one] == []


def test_letter_is_encrypted_to_its_recipients_and_opens_for_each(
    site: Site, letter: Path, tmp_path: Path
) -> None:
    made = {office: recipient(serial=n) for n, office in enumerate(TO, 1)}
    secret = passphrase(tmp_path)
    for office, one in made.items():
        pem = one.certificate.public_bytes(Encoding.PEM)
        (tmp_path / f"{office.code}.pem").write_bytes(pem)
    sealed = send(site, letter, "--encrypt", tmp_path, subject="Đã mã hoá")
    told = {one["addressed"]: one for one in sealed.json["encrypted_to"]}
    assert told.keys() == {office.code for office in TO}
    for office, one in made.items():
        assert told[office.code]["sha256"] == fingerprint_of(one.certificate).hex()
        assert told[office.code]["certified"] == agency_of(one.certificate)
    envelope_id = sealed.json["sent"][0]["id"]
    arrival(site, PROVINCE, envelope_id=envelope_id)

    without_key = by(site, PROVINCE, "receive", envelope_id)
    kept = sorted(one.name for one in Path(without_key.json["folder"]).iterdir())
    assert kept == ["001.p7m", "envelope.eml"]

    found = {}
    for office, one in made.items():
        key = tmp_path / f"{office.code}.p12"
        key.touch(mode=0o600)
        key.write_bytes(save_pkcs12(one, "x", secret.read_bytes().strip()))
        said = by(
            *(site, office, "receive", envelope_id, "--decrypt", key),
            *("--decrypt-passphrase-file", secret),
        )
        assert said.code == 0, said.err
        found[office] = Path(said.json["folder"])

    for folder in found.values():
        names = sorted(one.name for one in folder.iterdir())
        assert names == ["001.p7m", "001.pdf", "envelope.eml"]
        assert (folder / "001.pdf").read_bytes() == letter.read_bytes()
        assert b"%PDF-" not in (folder / "envelope.eml").read_bytes()


def test_letter_to_whom_nothing_is_encrypted_is_not_sent(
    site: Site, letter: Path, tmp_path: Path
) -> None:
    by_folder = send(site, letter, "--encrypt", tmp_path, subject="Thiếu chứng thư")
    by_directory = send(site, letter, "--encrypt", subject="Chưa công bố")

    for said in (by_folder, by_directory):
        assert (said.code, said.error) == (1, "encryption_certificate_missing")


def test_inbox_is_a_table_and_says_when_it_is_empty(site: Site, letter: Path) -> None:
    profile = ("--profile", site.profile(PROVINCE))
    sent = send(site, letter, subject="Bảng kê").json["sent"][0]["id"]
    before = arrival(site, PROVINCE, envelope_id=sent)["cursor"] - 1

    heads, row, *_ = lienthong(
        "inbox", *profile, "--after", str(before)
    ).out.splitlines()
    nothing = ("inbox", *profile, "--after", "100000")
    empty, english = lienthong(*nothing), lienthong(*nothing, "--lang", "en")

    assert "Trích yếu" in heads
    assert row[heads.index("Trích yếu") :] == "Bảng kê"
    assert empty.out == "Không có văn bản đến nào mới.\n"
    assert english.out == "Nothing new has arrived.\n"


def test_trace_is_a_board_of_recipients_and_steps_for_people(
    site: Site, letter: Path, tmp_path: Path
) -> None:
    sent = send(site, letter, subject="Đường đi").json["sent"][0]["id"]
    received_by_province(site, sent, tmp_path / "taken")

    said = lienthong("trace", sent, "--profile", site.profile(COMMUNE))

    lines = said.out.splitlines()
    assert said.code == 0
    assert lines[0].startswith(f"{sent}: {COMMUNE.code} gửi")
    assert any(line.split("  ")[0] == "H99" and "đã lấy" in line for line in lines)
    assert any("nơi nhận đã lấy" in line and "qlvb-binhson" in line for line in lines)


def test_evidence_overwrites_nothing(site: Site, letter: Path, tmp_path: Path) -> None:
    sent = send(site, letter, subject="Chứng cứ").json["sent"][0]["id"]
    target = tmp_path / "mine.zip"
    target.write_bytes(b"here first")

    said = by(site, COMMUNE, "evidence", sent, "--out", target)

    assert (said.code, said.error) == (1, "file_not_written")
    assert target.read_bytes() == b"here first"


def test_connection_key_that_others_can_read_is_refused(
    site: Site, tmp_path: Path
) -> None:
    key = site.system(COMMUNE).key
    exposed = key.with_name("exposed.key")
    exposed.write_bytes(key.read_bytes())
    exposed.chmod(0o644)
    profile = site.profile(COMMUNE).with_name("exposed.toml")
    written = site.profile(COMMUNE).read_text("utf-8")
    profile.write_text(written.replace(key.name, exposed.name))

    said = lienthong("inbox", "--profile", profile, "--json")

    assert (said.code, said.error) == (1, "key_file_exposed")
    assert said.json["error"]["place"] == "exposed.key"


def test_connection_nobody_wrote_down_is_told_as_such(tmp_path: Path) -> None:
    said = lienthong("inbox", "--var", tmp_path, "--json")

    assert (said.code, said.error) == (1, "configuration_invalid")
    assert said.json["error"]["place"] == "client.toml"


def test_directory_of_the_running_site_is_listed_and_shown(site: Site) -> None:
    var = ("--var", site.folder)

    listed = lienthong("agencies", "list", *var).out.splitlines()
    shown = lienthong("agencies", "show", COMMUNE.code, *var, "--json")
    unknown = lienthong("agencies", "show", "H77", *var, "--json")

    assert listed[0].split()[0] == "Mã"
    (line,) = [one for one in listed if one.startswith(f"{COMMUNE.code} ")]
    assert line.endswith(COMMUNE.name)
    assert shown.json["name"] == COMMUNE.name
    assert (unknown.code, unknown.error) == (1, "agency_unknown")


def test_board_and_operator_see_who_has_not_acknowledged(
    site: Site, letter: Path
) -> None:
    send(site, letter, subject="Chưa nơi nào nhận")
    sent = arrival(site, PROVINCE, subject="Chưa nơi nào nhận")["envelope_id"]
    here = ("--config", site.config, "--var", site.folder, "--json")

    board = by(site, COMMUNE, "board").json["items"]
    waiting = lienthong("deliveries", "list", "--state", "available", *here).json
    refused = lienthong("deliveries", "release", sent, *here)
    stuck = lienthong("deliveries", "stuck", "--seconds", "3600", *here)
    webhooks = lienthong("webhooks", "list", *here)
    unknown = lienthong("webhooks", "test", "nobody", *here)

    towards = {one["agency"] for one in board if one["id"] == sent}
    assert towards == {PROVINCE.code, MINISTRY.code}
    assert sent in {one["envelope"] for one in waiting["deliveries"]}
    assert (refused.code, refused.error) == (1, "step_not_allowed")
    assert stuck.json == {"deliveries": []}
    assert webhooks.json == {"webhooks": []}
    assert (unknown.code, unknown.error) == (1, "webhook_not_found")


def test_witness_keeps_the_head_of_the_log_and_tells_when_it_forked(
    site: Site, letter: Path, tmp_path: Path
) -> None:
    kept, bundle = tmp_path / "log-head.xml", tmp_path / "evidence.zip"
    send(site, letter, subject="Có người trông nhật ký")
    sent = arrival(site, PROVINCE, subject="Có người trông nhật ký")["envelope_id"]
    by(site, COMMUNE, "evidence", sent, "--out", bundle)

    first = by(site, COMMUNE, "witness", "--kept", kept)
    again = by(site, COMMUNE, "witness", "--kept", kept, "--against", bundle)

    assert (first.code, first.json["held_to"]) == (0, 0)
    assert (again.code, again.json["held_to"]) == (0, 2)
    assert verify(site, kept).json["kind"] == "tree_head"

    other = TreeHead(
        log_id=first.json["log"],
        size=1,
        root_hash=bytes(32),
        at=truncate_ms(system_clock()),
    )
    contradicting = tmp_path / "other.xml"
    contradicting.write_bytes(signed_head(other, TestPki.create().log()))
    forged = by(site, COMMUNE, "witness", "--kept", kept, "--against", contradicting)
    assert (forged.code, forged.error) == (1, "chain_not_found")

    log = site.key("log")
    secret = log.passphrase.read_bytes().strip()
    signed = signed_head(other, load_pkcs12(log.path.read_bytes(), secret))
    contradicting.write_bytes(signed)
    forked = by(site, COMMUNE, "witness", "--kept", contradicting)

    assert (forked.code, forked.error) == (1, "log_forked")
    assert contradicting.read_bytes() == signed
    (beside,) = tmp_path.glob("other-*.xml")
    assert read_head(beside.read_bytes()).head.size >= again.json["size"]

    anew = tmp_path / "new" / "log-head.xml"
    forked = by(site, COMMUNE, "witness", "--kept", anew, "--against", contradicting)
    assert (forked.code, forked.error) == (1, "log_forked")
    (beside,) = anew.parent.iterdir()
    assert beside.name.startswith("log-head-")


def signed_head(head: TreeHead, key: Credential) -> bytes:
    return sign_receipt(write_tree_head(head), credential=key, at=head.at)
