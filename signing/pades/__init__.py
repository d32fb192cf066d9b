"""PAdES signatures on PDF documents."""
