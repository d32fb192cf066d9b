"""Forms of reports; their libraries load when they are asked for."""

FORMS = {
    "json": "signing.reports.detailed",
    "xml": "signing.reports.etsi",
    "html": "signing.reports.page",
    "pdf": "signing.reports.printed",
}
"""Forms and where each is written."""
