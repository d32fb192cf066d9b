"""Judging with time (ETSI EN 319 102-1 clauses 5.3 to 5.6): pure on facts.

Clause → function:

* 5.2.6, 5.3 basic validation at the control time: `certificates.judge_now`
* 5.2.7, 5.6.2.1.4 c algorithms and until when they count: `algorithms.weak_at`
* 5.4 time stamps, newest first: `stamps.judge_stamps`, `stamps.judge_stamp`
* 5.5.4 best signature time, and what it resolves: `signatures.judge_signature`
* 5.6.2.1 past certificate validation, 5.6.2.2 sliding: `certificates.judge_past`
* 5.6.2.3 what a document time stamp proves to have existed: `proofs.Proofs`
* 5.6.2.4 past signature validation, 5.6.3: `certificates.judge`
* EN 319 142-1 clause 6 levels, as far as they are proven: `levels.proven_level`

Where the standard leaves freshness to the policy, this is ours. A signature counts if
its certificate is said to have been good at the best signature time or later. A time
stamp counts if its authority was good by what was current when it stamped, its
certificates last until the stamp is proven to have existed, and nobody at hand says
that it was revoked before that. A list or answer of a CA that is revoked counts only if
it is proven to have existed before (`certificates`).

The sliding of 5.6.2.2 goes from the root down and moves the control time back to each
list that is not fresh now. With lists as CAs issue them it finds no time at all for
most archives: the root's list is older than the signature. So the time is not slid but
given: it is when something is proven to have existed, and every certificate above is
judged at it by a list that was current then.

Not here, since the profile has none: counter-signatures, evidence records, content time
stamps, attribute certificates and signature policies (5.2.4, 5.6.2.3.3).
"""
