"""Classes of attacks seen on exchanges of documents."""

from tests.support.failures.model import Failure, Part

_XML = "hardening/test_xml_parser.py"
_WRAPPED = "hardening/test_xml_signature_wrapping.py"
_TAMPERED = "hardening/test_xml_signature_tampering.py"
_ONE_PARSER = "architecture/test_dependencies.py::test_xml_is_parsed_in_one_place"
_ACCEPTING = "unit/exchange/test_accept_envelope.py"
_MATRIX = "hardening/test_access_matrix.py"
_REQUESTS = "hardening/test_http_requests.py"
_CONSOLE = "integration/console/test_frame.py"


def _class(name: str, elsewhere: str, *tests: str, remark: str = "") -> Failure:
    return Failure(
        part=Part.SECURITY, name=name, elsewhere=elsewhere, tests=tests, remark=remark
    )


CLASSES = (
    _class(
        "external-entities",
        "DTD, external entities, XInclude, schemaLocation: X-Road XTE-377, EU DSS",
        f"{_XML}::test_what_lies_outside_is_never_fetched",
        f"{_XML}::test_an_inclusion_is_inert",
        "unit/schemas/test_edxml_validate.py::test_a_schema_location_in_the_document_is_not_followed",
        _ONE_PARSER,
    ),
    _class(
        "expansion",
        "Entity expansion and quadratic parsing: expat CVE-2025-66382",
        f"{_XML}::test_billion_laughs_are_refused",
        f"{_XML}::test_quadratic_blow_up_is_refused",
        f"{_XML}::test_deep_nesting_is_refused",
        f"{_XML}::test_many_attributes_are_refused_without_looking_at_each",
        _ONE_PARSER,
    ),
    _class(
        "wrapping",
        "Signature wrapping: WS-Attacker, the study on XAdES in DSS",
        f"{_WRAPPED}::test_forged_envelope_is_refused",
        f"{_WRAPPED}::test_injected_namespace_declaration_changes_nothing",
        f"{_WRAPPED}::test_construct_that_splits_text_is_refused",
        f"{_TAMPERED}::test_every_change_of_a_text_or_attribute_is_refused",
    ),
    _class(
        "transforms",
        "Transforms that run code or select: XSLT, XPath, remote KeyInfo",
        f"{_TAMPERED}::test_every_change_of_a_text_or_attribute_is_refused",
        f"{_WRAPPED}::test_certificate_of_another_signer_is_refused",
    ),
    _class(
        "algorithms",
        "HMAC for a key pair, truncation, SHA-1, short keys: CVE-2009-0217",
        "unit/pki/test_algorithms.py::test_uri_not_listed_is_refused",
        "unit/pki/test_algorithms.py::test_keys_are_accepted_and_certified_by_the_lists",
        f"{_TAMPERED}::test_every_change_of_a_text_or_attribute_is_refused",
    ),
    _class(
        "signature-missing",
        "A signature that is missing or optional, an unsigned receipt: phase4 #162",
        f"{_ACCEPTING}::test_unsigned_message_is_refused_from_a_peer_that_signs",
        f"{_ACCEPTING}::test_revoked_signer_is_refused",
        f"{_ACCEPTING}::test_signing_time_lies_within_its_window",
        "unit/clients/test_agency.py::test_false_receipt_is_not_believed",
    ),
    _class(
        "wrong-identity",
        "A signer that is somebody else: DHX, broad trust stores",
        f"{_ACCEPTING}::test_signer_of_another_agency_is_refused",
        f"{_ACCEPTING}::test_sender_that_is_not_acted_for_is_refused",
        f"{_ACCEPTING}::test_right_to_act_ends_on_its_day",
        "integration/http/test_directory_in_time.py::test_delegate_signs_within_kind_and_time_until_revoked",
        "hardening/test_key_confusion.py::test_certificate_signs_nothing_else",
    ),
    _class(
        "replay",
        "Messages that count again: X-Road XRDDEV-2444",
        "unit/exchange/test_known_failures.py::test_repeat_however_late_is_the_first_receipt",
        "unit/exchange/test_retention.py::TestPurging::test_replay_is_answered_with_the_stored_receipt",
        "hardening/test_intake_refusals.py::TestSender::test_replayed_by_another_system_is_refused",
        "unit/exchange/test_delivery.py::test_old_acknowledgement_is_refused",
    ),
    _class(
        "request-forgery",
        "The hub asks addresses that a message names: pyas2, phase4 2026-04",
        "unit/exchange/test_webhook_targets.py::test_address_that_is_not_public_is_not_connected_to",
        "unit/exchange/test_notices.py::test_name_that_leads_inside_by_now_is_not_connected_to",
        "unit/exchange/test_notices.py::test_answer_for_ever_is_not_tried_again_nor_followed",
        "hardening/test_attack_set.py::test_addresses_in_a_certificate_are_not_asked",
    ),
    _class(
        "file-names",
        "Names that become paths: X-Road 7.7.1, OpenAS2 3.4.1, Cleo CVE-2024-50623",
        "unit/exchange/test_http_parts.py::test_file_name_never_leaves_its_header_or_names_a_path",
        "unit/schemas/test_inline.py::test_odd_names_never_become_paths_in_the_wrapping",
        "integration/test_cli_exchange.py::test_receiving_overwrites_nothing_and_takes_nothing",
        "unit/schemas/test_evidence.py::test_manifest_naming_a_way_out_of_the_bundle_is_refused",
        "unit/schemas/test_archive.py::test_other_archives_are_refused",
    ),
    _class(
        "drop-folder",
        "A file that is written is run: Cleo, December 2024",
        remark="Does not apply: no folder is watched for what others write, and"
        " nothing that arrives is ever run.",
    ),
    _class(
        "decompression",
        "Bombs: pyas2 #120",
        "unit/schemas/test_archive.py::test_bomb_is_refused_long_before_it_is_unpacked",
        "unit/schemas/test_archive.py::test_bomb_in_an_envelope_is_refused",
        "hardening/test_pdf_robustness.py::test_hostile_file_gives_its_verdict_quickly",
    ),
    _class(
        "limits-passed-by",
        "Limits of bodies and headers that do not hold: aiohttp CVE-2024-30251 and"
        " later",
        f"{_REQUESTS}::TestLength::test_of_endless_chunks_ends_at_the_limit",
        f"{_REQUESTS}::TestSlowness::test_of_a_body_that_drips_is_refused",
        f"{_REQUESTS}::TestHeaders::test_out_of_bounds_are_refused_without_a_word_of_theirs",
        f"{_REQUESTS}::TestParts::test_without_number_are_refused_quickly",
        "hardening/test_intake_refusals.py::TestSize::test_streamed_over_the_limit_is_refused",
    ),
    _class(
        "tenants-and-roles",
        "Rights of others: Domibus 5.1.3, X-Road 7.4 and 7.6.2",
        f"{_MATRIX}::test_route_answers_only_whom_it_allows_and_only_of_their_own",
        f"{_MATRIX}::test_route_that_does_not_say_whom_it_allows_stops_the_start",
        "hardening/test_equal_names.py::test_equal_ids_of_two_agencies_interleaved_stay_apart",
    ),
    _class(
        "web-pages",
        "Script in pages, forged forms, other host names: X-Road",
        f"{_CONSOLE}::test_headers_forbid_what_a_page_does_not_need",
        f"{_CONSOLE}::test_form_without_its_token_does_nothing",
        f"{_CONSOLE}::test_other_host_names_are_not_answered",
        f"{_CONSOLE}::test_markup_in_what_is_typed_is_text",
    ),
    _class(
        "restore",
        "A restored backup runs code: X-Road XRDDEV-1612",
        "unit/exchange/test_backup.py::test_changed_stream_is_refused",
        "unit/exchange/test_backup.py::test_changed_header_opens_nothing",
        "integration/test_backup.py::test_nothing_is_restored_over_what_is_there",
        "integration/test_backup.py::test_backup_of_another_hub_or_signer_is_refused",
        "integration/test_mongo_storage.py::test_altered_chunk_is_not_handed_out",
    ),
    _class(
        "command-socket",
        "A command channel that asks nobody who they are: OpenAS2 before 4.0",
        "integration/test_embedded_mongo.py::test_only_this_account_reaches_the_database",
        "unit/exchange/test_http_parts.py::test_nothing_of_the_agency_interface_is_open",
    ),
    _class(
        "supply-chain",
        "Libraries of others: log4j in Holodeck",
        "architecture/test_dependencies.py::test_lock_has_one_exact_version_of_all_that_is_needed_and_nothing_else",
        "architecture/test_dependencies.py::test_bill_of_materials_names_every_library_with_licence_and_digest",
        "architecture/test_slim_install.py::test_base_install_has_at_most_eighteen_packages",
        remark="No signed releases yet.",
    ),
    _class(
        "contents-in-logs",
        "Secrets and contents in logs: pyas2, X-Road",
        "integration/test_service_process.py::test_document_leaves_no_word_of_itself_in_logs_or_audit",
        "conformance/test_demo_products.py::test_no_key_or_passphrase_of_the_demo_is_in_its_logs",
        "hardening/test_http_callers.py::TestLeaks::test_problem_holds_nothing_of_the_body",
    ),
)
