"""What a client can tell of a prepared PDF file without a PDF library."""
