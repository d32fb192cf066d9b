"""Known attacks on signed PDF files, made at run time from genuine ones."""
