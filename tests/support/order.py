"""The order in which files of tests are handed out: the longest first.

A long file that starts last keeps one process at work while the others have none.
"""

from pathlib import Path

LONGEST_FIRST = (
    "integration/test_http_workers.py",
    "integration/test_service_crashes.py",
    "integration/test_service_process.py",
    "integration/test_simulated_province.py",
    "integration/test_enrolment.py",
    "conformance/test_acceptance_verify.py",
    "integration/test_remote_signing_service.py",
    "conformance/test_console_story.py",
    "conformance/test_signing_matrix.py",
    "conformance/test_ocsp_openssl.py",
    "integration/test_cli_sign_batch.py",
    "conformance/test_console_pages.py",
    "integration/test_embedded_mongo.py",
    "unit/signing/workers/test_pool.py",
    "conformance/test_verify_json.py",
    "unit/signing/pades/test_samples_drawn.py",
    "conformance/test_demo_products.py",
    "integration/test_storage_crashes.py",
    "integration/test_cli_ceremony.py",
    "integration/test_time_stamp_service.py",
    "hardening/test_http_requests.py",
    "integration/test_ca_journal_service.py",
    "integration/test_ca_journal_log.py",
    "integration/test_many_pollers.py",
    "integration/test_cli_exchange.py",
    "integration/test_cli_verify_many.py",
    "integration/test_batch_enrolment.py",
    "integration/test_cli_sign_verify.py",
    "integration/test_cli_operator.py",
    "integration/test_ca_crashes.py",
    "architecture/test_slim_install.py",
    "integration/test_public_listener.py",
    "hardening/test_mutations.py",
    "conformance/test_report_page.py",
    "hardening/test_attack_set.py",
    "hardening/test_bundle_tampering.py",
    "conformance/test_ca_acceptance.py",
    "integration/test_mongo_storage.py",
    "integration/test_cli_pki.py",
    "conformance/test_pades_levels.py",
    "unit/signing/pades/test_levels.py",
    "integration/test_cli_enrol.py",
    "unit/signing/batch/test_run.py",
    "contract/storage/test_inbox.py",
    "contract/storage/test_accepting.py",
    "unit/pki/test_hierarchy_verbs.py",
    "unit/pki/test_hierarchy.py",
    "hardening/test_xml_signature_tampering.py",
)
"""Below `tests`, as measured in November 2026; a few places cost nothing."""

_PLACES = {name: place for place, name in enumerate(LONGEST_FIRST)}


def place_of(path: Path, tests: Path) -> int:
    """Return when a file comes; those not named come last.

    Args:
        path: of the file.
        tests: the folder of all tests.
    """
    return _PLACES.get(path.relative_to(tests).as_posix(), len(_PLACES))
