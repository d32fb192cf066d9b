"""Content encrypted to the holders of certificates (CMS, RFC 5652 and 5083)."""
