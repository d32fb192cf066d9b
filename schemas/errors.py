"""The root of every error that may be told to a person or a peer."""

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """Whose side a problem is on."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    SIGNER = "signer"
    HUB = "hub"
    OPERATOR = "operator"
    FILE = "file"


class ErrorCode(StrEnum):
    """Stable codes of refusals and verdict reasons; never renamed.

    Each has its explanation in `schemas.catalogue`; docs/protocol.md lists them.
    """

    # Identifiers
    ORGAN_ID_MALFORMED = "organ_id_malformed"
    MESSAGE_ID_MALFORMED = "message_id_malformed"
    SYSTEM_ID_MALFORMED = "system_id_malformed"

    # Shape of what comes in
    BODY_TOO_LARGE = "body_too_large"
    BODY_EMPTY = "body_empty"
    CONTENT_TYPE_UNSUPPORTED = "content_type_unsupported"
    ENCODING_NOT_UTF8 = "encoding_not_utf8"
    XML_MALFORMED = "xml_malformed"
    XML_FORBIDDEN_CONSTRUCT = "xml_forbidden_construct"
    XML_LIMIT_EXCEEDED = "xml_limit_exceeded"
    SCHEMA_VIOLATION = "schema_violation"
    MULTIPART_MALFORMED = "multipart_malformed"
    ATTACHMENT_MISSING = "attachment_missing"
    ATTACHMENT_NOT_IN_MANIFEST = "attachment_not_in_manifest"
    ATTACHMENT_DUPLICATE = "attachment_duplicate"
    ATTACHMENT_ENCODING_INVALID = "attachment_encoding_invalid"
    ATTACHMENT_TOO_LARGE = "attachment_too_large"
    ATTACHMENT_COUNT_EXCEEDED = "attachment_count_exceeded"
    ARCHIVE_REFUSED = "archive_refused"
    DATE_MALFORMED = "date_malformed"
    VALUE_MALFORMED = "value_malformed"

    # Business rules of the exchange
    SENDER_NOT_ACTED_FOR = "sender_not_acted_for"
    RECIPIENT_UNKNOWN = "recipient_unknown"
    RECIPIENT_DUPLICATE = "recipient_duplicate"
    RECIPIENT_CLOSED = "recipient_closed"
    SECRECY_MARK = "secrecy_mark"
    CONTENT_ENCRYPTED = "content_encrypted"
    SENT_BY_CHANNEL = "sent_by_channel"
    MALWARE_FOUND = "malware_found"
    MALWARE_UNCHECKED = "malware_unchecked"
    MESSAGE_ID_CONFLICT = "message_id_conflict"
    ENVELOPE_NOT_FOUND = "envelope_not_found"
    ATTACHMENT_NOT_FOUND = "attachment_not_found"
    RANGE_NOT_SATISFIABLE = "range_not_satisfiable"
    STATUS_UNKNOWN = "status_unknown"
    STATUS_NOT_ALLOWED = "status_not_allowed"
    REGISTER_NUMBER_TAKEN = "register_number_taken"
    CALENDAR_YEAR_UNKNOWN = "calendar_year_unknown"
    CALENDAR_YEAR_COMPUTED = "calendar_year_computed"
    CALENDAR_DAY_UNDECIDED = "calendar_day_undecided"
    STATUS_ACTOR_WRONG = "status_actor_wrong"
    STEP_NOT_ALLOWED = "step_not_allowed"
    NOT_A_RECIPIENT = "not_a_recipient"
    RECALL_NOT_ALLOWED = "recall_not_allowed"
    DOCUMENT_RECALLED = "document_recalled"
    EARLIER_DOCUMENT_UNKNOWN = "earlier_document_unknown"
    RECIPIENT_CHANGE_CONTRADICTS = "recipient_change_contradicts"
    DOCUMENT_DUPLICATE = "document_duplicate"
    AGENCY_UNKNOWN = "agency_unknown"
    DIRECTORY_IMPORT_INVALID = "directory_import_invalid"
    AGENCY_CHANGE_REFUSED = "agency_change_refused"
    AGENCY_CODE_USED = "agency_code_used"
    SYSTEM_UNKNOWN = "system_unknown"
    RECIPIENT_COUNT_EXCEEDED = "recipient_count_exceeded"
    RECIPIENT_LIST_INVALID = "recipient_list_invalid"
    RECIPIENT_LIST_NOT_FOUND = "recipient_list_not_found"
    DELEGATION_INVALID = "delegation_invalid"
    DELEGATION_NOT_FOUND = "delegation_not_found"
    DELEGATION_NOT_IN_TIME = "delegation_not_in_time"
    DELEGATION_OUT_OF_SCOPE = "delegation_out_of_scope"
    DELEGATION_REVOKED = "delegation_revoked"

    # Access
    CLIENT_CERTIFICATE_MISSING = "client_certificate_missing"
    CLIENT_CERTIFICATE_UNKNOWN = "client_certificate_unknown"
    CLIENT_CERTIFICATE_REFUSED = "client_certificate_refused"
    CLIENT_CERTIFICATE_HEADER_REFUSED = "client_certificate_header_refused"
    AGENCY_NOT_ACTED_FOR = "agency_not_acted_for"
    ROLE_NOT_ALLOWED = "role_not_allowed"
    PAYLOAD_NOT_ALLOWED = "payload_not_allowed"
    SIGN_IN_REFUSED = "sign_in_refused"
    SESSION_MISSING = "session_missing"
    CSRF_TOKEN_WRONG = "csrf_token_wrong"  # noqa: S105 - the name of a code
    ROLE_NOT_CHOSEN = "role_not_chosen"
    PASSWORD_CHANGE_REQUIRED = "password_change_required"  # noqa: S105 - the name of a code
    PASSWORD_WEAK = "password_weak"  # noqa: S105 - the name of a code
    SECOND_FACTOR_UNREADABLE = "second_factor_unreadable"
    IDENTITY_PROVIDER_UNAVAILABLE = "identity_provider_unavailable"
    IDENTITY_REFUSED = "identity_refused"
    ACCOUNT_NOT_FOUND = "account_not_found"
    ACCOUNT_TAKEN = "account_taken"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - the name of a code
    RATE_EXCEEDED = "rate_exceeded"
    QUOTA_EXCEEDED = "quota_exceeded"
    MAINTENANCE = "maintenance"
    HUB_KEY_NOT_BELIEVED = "hub_key_not_believed"
    PAYLOAD_PURGED = "payload_purged"
    REQUEST_INVALID = "request_invalid"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    REQUEST_TIMEOUT = "request_timeout"
    OVERLOADED = "overloaded"
    TOO_MANY_REQUESTS = "too_many_requests"
    SERVICE_UNAVAILABLE = "service_unavailable"
    INTERNAL = "internal"

    # Notices
    WEBHOOK_TARGET_REFUSED = "webhook_target_refused"
    # Uploads
    UPLOAD_NOT_FOUND = "upload_not_found"
    UPLOAD_OFFSET_WRONG = "upload_offset_wrong"
    UPLOAD_CHECKSUM_WRONG = "upload_checksum_wrong"
    UPLOAD_UNFINISHED = "upload_unfinished"
    UPLOAD_USED = "upload_used"
    UPLOAD_PROTOCOL_UNSUPPORTED = "upload_protocol_unsupported"

    WEBHOOK_NOT_FOUND = "webhook_not_found"
    WEBHOOKS_TOO_MANY = "webhooks_too_many"
    NOTICE_NOT_FOUND = "notice_not_found"
    NOTICE_SIGNATURE_INVALID = "notice_signature_invalid"

    # Signatures on XML
    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_SHAPE_REFUSED = "signature_shape_refused"
    SIGNATURE_ALGORITHM_REFUSED = "signature_algorithm_refused"
    SIGNATURE_INVALID = "signature_invalid"
    REFERENCE_DIGEST_MISMATCH = "reference_digest_mismatch"
    ATTACHMENT_DIGEST_MISMATCH = "attachment_digest_mismatch"
    SIGNING_CERTIFICATE_MISMATCH = "signing_certificate_mismatch"
    SIGNING_TIME_OUT_OF_WINDOW = "signing_time_out_of_window"
    SIGNER_NOT_OF_SENDER = "signer_not_of_sender"
    RECEIPT_MISMATCH = "receipt_mismatch"

    # Certificates
    CERTIFICATE_MALFORMED = "certificate_malformed"
    CHAIN_NOT_FOUND = "chain_not_found"
    CHAIN_INVALID = "chain_invalid"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_REVOKED = "certificate_revoked"
    CERTIFICATE_USAGE_WRONG = "certificate_usage_wrong"
    CERTIFICATE_ALGORITHM_REFUSED = "certificate_algorithm_refused"
    REVOCATION_UNCHECKED = "revocation_unchecked"
    REVOCATION_STALE = "revocation_stale"
    CRL_INVALID = "crl_invalid"
    OCSP_ANSWER_INVALID = "ocsp_answer_invalid"
    KEY_UNREADABLE = "key_unreadable"
    KEY_FILE_EXPOSED = "key_file_exposed"
    KEY_WEAK = "key_weak"
    PROFILE_INVALID = "profile_invalid"
    LINT_REFUSED = "lint_refused"
    ISSUANCE_REFUSED = "issuance_refused"
    CERTIFICATE_NOT_FOUND = "certificate_not_found"
    ALREADY_REVOKED = "already_revoked"

    # CAs as a whole: labels, custody of keys, ceremonies
    CA_LABEL_INVALID = "ca_label_invalid"
    KEY_CUSTODY_INVALID = "key_custody_invalid"
    OPERATOR_SECRETS_WRONG = "operator_secrets_wrong"
    OPERATORS_NOT_DISTINCT = "operators_not_distinct"
    CEREMONY_SCRIPT_INVALID = "ceremony_script_invalid"
    CEREMONY_STOPPED = "ceremony_stopped"
    LIST_LINT_REFUSED = "list_lint_refused"
    TRANSCRIPT_INVALID = "transcript_invalid"

    # Content encrypted to recipients
    ENCRYPTION_CERTIFICATE_UNSUITABLE = "encryption_certificate_unsuitable"
    ENCRYPTION_CERTIFICATE_MISSING = "encryption_certificate_missing"
    ENCRYPTION_KEY_UNSUITABLE = "encryption_key_unsuitable"
    ENCRYPTED_CONTENT_INVALID = "encrypted_content_invalid"
    NOT_ENCRYPTED_TO_THIS_KEY = "not_encrypted_to_this_key"

    # The CA's registry and journal
    KEY_REUSED = "key_reused"
    ALREADY_SUSPENDED = "already_suspended"
    NOT_SUSPENDED = "not_suspended"
    INVALIDITY_DATE_REFUSED = "invalidity_date_refused"
    JOURNAL_BROKEN = "journal_broken"
    REGISTRY_DIFFERS = "registry_differs"
    PUBLISHED_DIFFERS = "published_differs"

    # Registration
    REQUEST_NAMES_OTHER_AGENCY = "request_names_other_agency"
    VALIDITY_TOO_LONG = "validity_too_long"
    REQUEST_PROOF_INVALID = "request_proof_invalid"
    REQUEST_ASKS_FOR_CA = "request_asks_for_ca"
    REQUEST_EXTENSION_REFUSED = "request_extension_refused"
    AGENCY_CLOSED = "agency_closed"
    APPROVER_NOT_DISTINCT = "approver_not_distinct"
    APPROVAL_REQUIRED = "approval_required"
    APPROVAL_MISSING = "approval_missing"
    OPERATOR_UNKNOWN = "operator_unknown"
    OPERATOR_INVALID = "operator_invalid"
    ENROLMENT_CODE_MISSING = "enrolment_code_missing"
    ENROLMENT_CODE_REFUSED = "enrolment_code_refused"
    REQUEST_NOT_FOUND = "request_not_found"
    REQUEST_CLOSED = "request_closed"
    REQUEST_PENDING = "request_pending"
    RENEWAL_SUBJECT_DIFFERS = "renewal_subject_differs"
    RENEWAL_KEY_TOO_OLD = "renewal_key_too_old"
    BATCH_INVALID = "batch_invalid"
    MERGER_REFUSED = "merger_refused"

    # Keys in tokens
    KEY_MODULE_MISSING = "key_module_missing"
    KEY_DEVICE_UNAVAILABLE = "key_device_unavailable"
    KEY_PIN_WRONG = "key_pin_wrong"
    KEY_PIN_LAST_TRY = "key_pin_last_try"
    KEY_PIN_LOCKED = "key_pin_locked"
    KEY_NOT_FOUND = "key_not_found"

    # Time stamps
    TIME_STAMP_REFUSED = "time_stamp_refused"
    TIME_STAMP_MALFORMED = "time_stamp_malformed"
    TIME_STAMP_MISMATCH = "time_stamp_mismatch"
    TIME_STAMP_UNAVAILABLE = "time_stamp_unavailable"
    TIME_STAMP_NOT_FOUND = "time_stamp_not_found"
    TIME_STAMP_ORDER_INVALID = "time_stamp_order_invalid"
    TIME_STAMP_QUEUE_FULL = "time_stamp_queue_full"
    TIME_STAMP_TOO_LARGE = "time_stamp_too_large"

    # Evidence in a signed PDF, and files that wait for a higher level
    EVIDENCE_UNAVAILABLE = "evidence_unavailable"
    EVIDENCE_TOO_OLD = "evidence_too_old"
    FILE_CHANGED = "file_changed"

    # Signing a PDF
    PDF_MALFORMED = "pdf_malformed"
    PDF_ENCRYPTED = "pdf_encrypted"
    PDF_TOO_LARGE = "pdf_too_large"
    PDF_ACTIVE_CONTENT = "pdf_active_content"
    PDF_ALREADY_BROKEN = "pdf_already_broken"
    PERSON_SIGNATURE_MISSING = "person_signature_missing"
    ROLE_ALREADY_SIGNED = "role_already_signed"
    PLACEMENT_INVALID = "placement_invalid"
    GLYPH_MISSING = "glyph_missing"
    IMAGE_INVALID = "image_invalid"
    PDF_SIGNING_FORBIDDEN = "pdf_signing_forbidden"
    PDF_FORM_XFA = "pdf_form_xfa"
    PDF_FILES_EMBEDDED = "pdf_files_embedded"
    PDF_HYBRID = "pdf_hybrid"
    SEALED_ALREADY = "sealed_already"
    SEAL_OF_OTHER_AGENCY = "seal_of_other_agency"
    SIGNER_BLOCK_NOT_FOUND = "signer_block_not_found"
    NUMBER_PLACE_NOT_FOUND = "number_place_not_found"
    NUMBER_DIFFERS = "number_differs"
    SIGN_LIST_INVALID = "sign_list_invalid"

    # Remote signing
    REMOTE_DOCUMENT_CHANGED = "remote_document_changed"
    REMOTE_DIGEST_WRONG = "remote_digest_wrong"
    REMOTE_CERTIFICATE_WRONG = "remote_certificate_wrong"
    REMOTE_ATTRIBUTES_WRONG = "remote_attributes_wrong"
    SIGNING_NOT_FOUND = "signing_not_found"
    SIGNING_CLOSED = "signing_closed"
    SIGNING_EXPIRED = "signing_expired"
    SIGNATURE_VALUE_WRONG = "signature_value_wrong"

    # Judging a PDF
    FILE_EMPTY = "file_empty"
    NOT_SIGNED = "not_signed"
    FORMAT_UNKNOWN = "format_unknown"
    CONTENTS_GAP_INVALID = "contents_gap_invalid"
    CONTENTS_PADDING_NOT_ZERO = "contents_padding_not_zero"
    BYTE_RANGE_INVALID = "byte_range_invalid"
    TRAILING_BYTES = "trailing_bytes"
    SIGNATURE_DICTIONARY_INVALID = "signature_dictionary_invalid"
    CMS_INVALID = "cms_invalid"
    DOCUMENT_DIGEST_MISMATCH = "document_digest_mismatch"
    SIGNATURE_FORMAT_LEGACY = "signature_format_legacy"
    SIGNATURE_LEVEL_TOO_LOW = "signature_level_too_low"
    POLICY_INVALID = "policy_invalid"
    FACTS_INVALID = "facts_invalid"
    JUDGED_FROM_FACTS = "judged_from_facts"
    TIME_STAMP_UNCHECKED = "time_stamp_unchecked"
    SIGNING_TIME_CONTRADICTED = "signing_time_contradicted"
    MODIFIED_AFTER_SIGNING = "modified_after_signing"
    MODIFICATION_NOT_ASSESSED = "modification_not_assessed"
    CONTENT_ACTIVE = "content_active"
    CONTENT_ATTACHED = "content_attached"
    CONTENT_LAYERED = "content_layered"
    CONTENT_COVERED = "content_covered"
    SIGNATURE_COVERED = "signature_covered"
    APPEARANCE_SHARED = "appearance_shared"
    LIMIT_EXCEEDED = "limit_exceeded"
    PARSER_FAILED = "parser_failed"

    # Evidence
    BUNDLE_STRUCTURE_INVALID = "bundle_structure_invalid"
    BUNDLE_MEMBER_MISMATCH = "bundle_member_mismatch"
    BUNDLE_INCOMPLETE = "bundle_incomplete"
    LOG_PROOF_INVALID = "log_proof_invalid"
    TIMES_CONTRADICTED = "times_contradicted"
    LOG_FORKED = "log_forked"

    # Running
    CONFIGURATION_INVALID = "configuration_invalid"
    EXTRA_MISSING = "extra_missing"
    DATABASE_UNAVAILABLE = "database_unavailable"
    STORAGE_FULL = "storage_full"
    DATABASE_LOCKED = "database_locked"
    DATABASE_NEWER = "database_newer"
    DATABASE_OLDER = "database_older"
    DATABASE_NOT_EMPTY = "database_not_empty"
    DATABASE_RESTORING = "database_restoring"
    BACKUP_NOT_OPENED = "backup_not_opened"
    BACKUP_DAMAGED = "backup_damaged"
    BACKUP_FOREIGN = "backup_foreign"
    BACKUP_OLDER = "backup_older"
    STORED_BYTES_DAMAGED = "stored_bytes_damaged"
    PLATFORM_UNSUPPORTED = "platform_unsupported"
    LIBRARY_MISSING = "library_missing"
    USAGE = "usage"
    FILE_UNREADABLE = "file_unreadable"
    FILE_NOT_WRITTEN = "file_not_written"
    HUB_UNREACHABLE = "hub_unreachable"
    HUB_NOT_RECOGNISED = "hub_not_recognised"
    ANSWER_MALFORMED = "answer_malformed"


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages of the service."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an error code means: whose side, what happened, what to do next."""

    side: Side
    message: Text
    next: Text


class CodedError(Exception):
    """An error with a stable code.

    Args:
        code: the stable code.
        place: which part is meant (an element, a member, a field, an agency code);
            shown to people, so it carries no personal data and no payload.
    """

    def __init__(self, code: ErrorCode, *, place: str = "") -> None:
        super().__init__(f"{code}: {place}" if place else str(code))
        self.code = code
        self.place = place


class SchemaError(CodedError):
    """Something that crosses the wire does not have the shape it must have."""
