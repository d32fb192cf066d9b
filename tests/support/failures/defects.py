"""Defects of exchanges of documents, each a real one of another product."""

from tests.support.failures.model import Failure, Part

_CRASHES = "integration/test_storage_crashes.py"
_SERVICE = "integration/test_service_crashes.py"
_KNOWN = "unit/exchange/test_known_failures.py"
_TENDING = "unit/exchange/test_redelivery.py"
_NOTICES = "unit/exchange/test_notices.py"
_CLIENT = "unit/clients/test_agency.py"
_SENDING = "unit/clients/test_transport.py"
_TLS = "integration/http/test_exchange_over_tls.py"
_COMMANDS = "integration/test_cli_exchange.py"
_STORED = "contract/storage"
_BACKUP = "integration/test_backup.py"
_WORKERS = "integration/test_http_workers.py"


def _defect(name: str, elsewhere: str, *tests: str, remark: str = "") -> Failure:
    return Failure(
        part=Part.DEFECT, name=name, elsewhere=elsewhere, tests=tests, remark=remark
    )


DEFECTS = (
    _defect(
        "duplicate-of-nothing",
        "Holodeck 8.1: a message counts as a duplicate although its first processing"
        " never finished",
        f"{_CRASHES}::test_killed_client_does_not_block_its_own_repeat",
        f"{_CRASHES}::test_database_killed_during_acceptances_loses_nothing",
        f"{_SERVICE}::test_killed_service_repeats_the_receipt_and_refuses_other_bytes",
    ),
    _defect(
        "receipt-for-a-failure",
        "Holodeck #142: a positive receipt for the duplicate of a message that failed",
        f"{_KNOWN}::test_refused_message_sent_again_is_refused_again",
        f"{_KNOWN}::test_repeat_of_what_was_quarantined_delivers_nothing",
    ),
    _defect(
        "failure-delivered",
        "Holodeck #140: a message in FAILURE is delivered nevertheless",
        "hardening/test_handed_out.py::test_quarantined_letter_is_handed_to_no_recipient",
        "unit/exchange/test_delivery.py::test_quarantined_document_cannot_be_read_by_a_recipient",
        f"{_STORED}/test_deliveries.py::test_what_is_not_visible_is_leased_to_nobody",
    ),
    _defect(
        "receipt-races-retry",
        "Holodeck #128: a receipt is followed by a notice that it is missing",
        f"{_KNOWN}::test_receipt_within_the_retry_tick_ends_it",
        "unit/exchange/test_receipt_races.py::test_receipt_is_never_followed_by_another_offer_however_they_meet",
        f"{_STORED}/test_steps.py::test_of_two_steps_at_a_time_one_holds",
        remark="10,000 rounds, each in an order drawn anew, by `make prove`.",
    ),
    _defect(
        "late-receipt-ignored",
        "Holodeck #104: a receipt after the last attempt is ignored",
        f"{_TENDING}::test_dead_letter_keeps_every_failure_and_hears_a_late_receipt",
    ),
    _defect(
        "payloads-alike",
        "Holodeck #156: every payload is sent with the bytes of one",
        f"{_KNOWN}::test_every_attachment_arrives_as_itself_however_many",
        "hardening/test_xml_signature_wrapping.py::test_swapped_attachments_are_refused",
    ),
    _defect(
        "messages-alike",
        "Oxalis-NG #18: messages that come at once are stored with one content and"
        " receipt",
        "integration/test_many_pollers.py::test_messages_sent_at_once_keep_their_own_bytes_and_receipts",
    ),
    _defect(
        "receipt-lost",
        "OpenAS2 #260: the receipt is lost, the sender repeats, the message is"
        " processed twice",
        f"{_TLS}::test_same_envelope_again_gives_identical_bytes",
        f"{_COMMANDS}::test_receiving_again_keeps_the_files_and_acknowledges_again",
        f"{_SERVICE}::test_accepted_but_unchecked_at_the_kill_is_delivered_once_afterwards",
        "hardening/test_cut_uploads.py::test_message_whose_answer_is_cut_off_is_there_once",
    ),
    _defect(
        "every-node-sends",
        "OpenAS2 #230: every node of a cluster sends the same message",
        "integration/test_notices_of_many.py::test_every_notice_is_on_the_wire_once_but_after_a_lost_answer",
        f"{_WORKERS}::test_one_message_handed_to_all_workers_at_once_has_one_receipt",
        remark="1,000 notices and four services by `make prove`.",
    ),
    _defect(
        "nothing-left-after-the-last-try",
        "OpenAS2 #418: after the last retry no trace of the original",
        f"{_TENDING}::test_dead_letter_keeps_every_failure_and_hears_a_late_receipt",
        "unit/exchange/test_notice_decisions.py::test_last_failure_ends_it_as_a_dead_letter_with_every_attempt",
        "unit/clients/test_outbox.py::test_refused_message_waits_no_more_and_keeps_why",
    ),
    _defect(
        "retry-as-another-message",
        "pyas2: a retry is a new message with a new id",
        f"{_SENDING}::test_transient_refusal_is_retried_with_the_same_bytes",
        f"{_COMMANDS}::test_letter_waits_while_the_hub_is_dead_and_goes_as_the_same_bytes",
        f"{_NOTICES}::test_lost_answer_brings_the_same_notice_again",
    ),
    _defect(
        "duplicates-forgotten",
        "phase4: ids of duplicates are forgotten after ten minutes",
        f"{_KNOWN}::test_repeat_however_late_is_the_first_receipt",
        "unit/exchange/test_retention.py::TestPurging::test_replay_is_answered_with_the_stored_receipt",
        "integration/test_service_process.py::test_killed_service_goes_on_with_the_same_database_and_receipts",
    ),
    _defect(
        "receipt-by-its-shape",
        "Holodeck, phase4 before 3.0.1: a receipt closes a message by its shape alone",
        f"{_CLIENT}::test_false_receipt_is_not_believed",
        f"{_CLIENT}::test_receipt_of_a_revoked_hub_key_is_not_believed",
        "integration/test_cli_receipts.py::test_false_receipt_leaves_the_message_waiting_as_the_same_bytes",
        f"{_TLS}::test_acknowledgement_of_the_system_is_answered_with_its_bytes",
        "unit/exchange/test_delivery.py::test_acknowledgement_of_other_bytes_is_refused",
    ),
    _defect(
        "failed-id-blocks",
        "pyas2 #33: the id of a failed attempt blocks the later good one",
        f"{_KNOWN}::test_id_of_a_refused_message_is_free_for_the_corrected_one",
        "unit/exchange/test_accept_envelope.py::test_other_bytes_under_the_same_id_conflict",
    ),
    _defect(
        "duplicate-as-an-error",
        "phase4 discussion 406: a duplicate is answered with an error, and the peer"
        " repeats for ever",
        "unit/exchange/test_accept_envelope.py::test_same_bytes_again_give_the_stored_receipt",
        f"{_CLIENT}::test_repeat_is_answered_by_the_first_receipt",
    ),
    _defect(
        "refusal-retried",
        "eFormidling 2026-07: a permanent refusal is retried in a loop",
        f"{_SENDING}::test_permanent_refusal_is_told_once_in_the_hubs_words",
        f"{_NOTICES}::test_answer_for_ever_is_not_tried_again_nor_followed",
        "unit/exchange/test_notice_decisions.py::test_refusal_is_not_tried_again",
    ),
    _defect(
        "thirty-attachments",
        "Holodeck #113, Domibus: more than 28 or 30 attachments break the signature",
        f"{_KNOWN}::test_every_attachment_arrives_as_itself_however_many",
        f"{_KNOWN}::test_one_attachment_more_than_may_be_is_refused_by_name",
    ),
    _defect(
        "unfinished-purged",
        "Holodeck #170: purging by age removes what is not finished",
        "unit/exchange/test_retention.py::test_purge_refuses_whatever_has_a_delivery_that_is_not_done",
        "unit/exchange/test_retention.py::TestPurging::test_recall_that_came_meanwhile_stops_it",
        f"{_WORKERS}::test_purge_beside_a_service_leaves_what_somebody_waits_for",
    ),
    _defect(
        "archiver-from-scratch",
        "X-Road: the archiver begins anew after a restart, in one transaction for all",
        f"{_KNOWN}::test_purging_that_was_cut_off_goes_on_with_what_is_left",
        f"{_KNOWN}::test_evidence_has_the_same_members_each_time",
        f"{_BACKUP}::test_killed_backup_leaves_no_file_and_is_repeated_without_gap",
        f"{_BACKUP}::test_backups_of_one_state_hold_the_same_bytes",
        "unit/exchange/test_ca_journal.py::test_long_journal_is_entered_in_batches",
        f"{_STORED}/test_log.py::test_two_sequencers_give_each_index_once",
        remark="The log is never moved to an archive; what works through it is held"
        " to the same.",
    ),
    _defect(
        "archiver-out-of-memory",
        "X-Road #1293: the archiver of the log runs out of memory",
        f"{_KNOWN}::test_log_is_audited_in_pieces_of_bounded_size",
        f"{_BACKUP}::test_backup_of_a_backlog_holds_a_few_documents_in_memory",
        "unit/exchange/test_ca_journal.py::test_long_journal_is_entered_in_batches",
        remark="A log of a million entries is audited by `make bench`.",
    ),
    _defect(
        "stamping-stops-exchange",
        "X-Road: four hours without time stamps stop the exchange",
        "unit/pki/test_stamp_work.py::test_outage_of_eighty_hours_loses_nothing_and_keeps_the_order",
        "unit/signing/test_upgrade_work.py::test_outage_is_waited_out",
        "unit/exchange/test_remote_signing.py::test_authority_that_is_down_leaves_level_b_and_says_so",
        remark="Acceptance and delivery ask for no time stamps.",
    ),
    _defect(
        "log-split-by-node",
        "X-Road: each node of a cluster has a log of its own",
        "integration/test_mongo_storage.py::test_two_processes_share_one_database",
        f"{_STORED}/test_log.py::test_every_entry_is_proved_at_every_size",
        f"{_WORKERS}::test_one_message_handed_to_all_workers_at_once_has_one_receipt",
    ),
    _defect(
        "tenants-mixed",
        "Domibus 5.1.3: messages of two tenants with the same ids are mixed up",
        "hardening/test_equal_names.py::test_equal_ids_of_two_agencies_interleaved_stay_apart",
        f"{_STORED}/test_accepting.py::test_message_ids_of_two_systems_do_not_meet",
    ),
    _defect(
        "pollers-get-doubles",
        "Domibus 4.1.5: pollers at once are given the same message",
        f"{_STORED}/test_deliveries.py::test_twenty_pollers_at_once_get_one_delivery_each",
        f"{_STORED}/test_deliveries.py::test_twenty_pollers_that_lease_until_nothing_is_left_share_all_of_it",
        "integration/test_many_pollers.py::test_every_poller_sees_every_message_once_in_log_order",
        f"{_STORED}/test_inbox.py::test_twenty_pollers_see_every_message_exactly_once",
    ),
    _defect(
        "attachments-dropped",
        "A university's records: attachments vanish without a word",
        "unit/exchange/test_accept_envelope.py::test_receipt_says_what_was_stored_and_is_signed_by_the_hub",
        "unit/schemas/test_inline.py::test_manifest_and_attachments_must_agree",
        "hardening/test_xml_signature_wrapping.py::test_attachment_that_is_not_carried_is_refused",
        "hardening/test_xml_signature_wrapping.py::test_unsigned_attachment_is_refused",
        f"{_CLIENT}::test_fetched_envelope_of_another_digest_is_refused",
    ),
    _defect(
        "monitoring-open",
        "DHX: the monitoring page is open by default",
        "unit/exchange/test_http_parts.py::test_nothing_of_the_agency_interface_is_open",
        "unit/exchange/test_config.py::test_defaults_are_a_service_on_loopback_over_mutual_tls",
        "unit/exchange/test_config.py::test_console_that_would_be_open_is_refused",
        "integration/test_service_process.py::test_health_and_counters_answer_on_loopback_without_tls",
    ),
    _defect(
        "tls-not-verified",
        "A converter of edXML: verification of TLS is switched off",
        f"{_SENDING}::test_hub_of_another_authority_is_never_spoken_to",
        f"{_SENDING}::test_hub_certificate_for_another_host_is_refused",
        f"{_NOTICES}::test_endpoint_shows_a_certificate_of_its_own_name",
    ),
    _defect(
        "two-libxml2",
        "python-xmlsec with lxml: two builds of libxml2 corrupt memory",
        "architecture/test_dependencies.py::test_no_second_libxml2_comes_along",
        "conformance/test_xmlsec1.py::test_xmlsec1_accepts_a_signed_envelope",
        "conformance/test_xmlsec1.py::test_signxml_accepts_a_signed_envelope",
    ),
)
