"""One strict XAdES-B-B profile for envelopes and receipts."""
