"""What judging one PDF may cost; above it the answer is "not checked", never "valid".

Reading is pure Python and grows with the number of objects, so these figures bound
what a small hostile file may cause. The wall clock and the memory of the worker
process (signing.workers) bound the rest.
"""

MAX_REVISIONS = 200
"""Cross-reference sections of one file."""

MAX_SIGNATURES = 50
"""Filled signature fields of one file."""

MAX_FIELDS = 10_000
"""Form fields walked while looking for signatures."""

MAX_FIELD_DEPTH = 32
"""Nesting of form fields, and of values inside one object."""

MAX_CERTIFICATES = 20
"""Certificates embedded in one signature; path building grows with their number."""

MAX_CMS_BYTES = 256 * 1024
"""DER of one signature, certificates and time stamps included."""

MAX_DER_DEPTH = 32
"""Nesting of DER values."""

MAX_COMPARISON_STEPS = 10_000_000
"""Work on comparing the revisions of one file, in steps of about a microsecond: objects
read, values in them, ways followed to those rewritten, signatures times revisions."""

MAX_PAGES = 50_000
"""Pages walked to see where signatures show."""

MAX_PAGES_DRAWN = 20
"""Pages drawn to see what later signatures hide."""

MAX_SHOWN = 100
"""Places where signatures after the first show."""

MAX_STORE_ITEMS = 2_000
"""Certificates, lists and answers in a document security store."""

MAX_STORE_BYTES = 64 * 1024 * 1024
"""Octets of all of them; a list of 100,000 entries has four MiB."""
