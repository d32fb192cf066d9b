"""What every error code means: whose side it is on, what happened, what to do next."""

from collections.abc import Mapping
from types import MappingProxyType

from schemas.errors import ErrorCode, Explanation
from schemas.explanations import (
    access,
    ca_journal,
    calendar,
    certificates,
    conversations,
    custody,
    directory,
    encryption,
    evidence,
    exchange_rules,
    notices,
    pdf_signing,
    pdf_verdicts,
    people,
    policies,
    registration,
    remote_signing,
    running,
    shape,
    time_stamps,
    tokens,
    uploads,
    xml_signatures,
)

CATALOGUE: Mapping[ErrorCode, Explanation] = MappingProxyType(
    {
        **shape.EXPLANATIONS,
        **exchange_rules.EXPLANATIONS,
        **conversations.EXPLANATIONS,
        **directory.EXPLANATIONS,
        **access.EXPLANATIONS,
        **people.EXPLANATIONS,
        **notices.EXPLANATIONS,
        **calendar.EXPLANATIONS,
        **uploads.EXPLANATIONS,
        **xml_signatures.EXPLANATIONS,
        **certificates.EXPLANATIONS,
        **custody.EXPLANATIONS,
        **ca_journal.EXPLANATIONS,
        **registration.EXPLANATIONS,
        **tokens.EXPLANATIONS,
        **time_stamps.EXPLANATIONS,
        **pdf_signing.EXPLANATIONS,
        **remote_signing.EXPLANATIONS,
        **pdf_verdicts.EXPLANATIONS,
        **policies.EXPLANATIONS,
        **encryption.EXPLANATIONS,
        **evidence.EXPLANATIONS,
        **running.EXPLANATIONS,
    }
)
"""Every code has its explanation; a test names the ones that lack it."""


def explain(code: ErrorCode) -> Explanation:
    """Return the explanation of `code`."""
    return CATALOGUE[code]
