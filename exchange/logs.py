"""Logs of the service: one JSON object per line on standard error."""

import logging
import sys

import structlog


def configure_logs() -> None:
    """Send what this project and its libraries log to standard error as JSON.

    Nothing here may be given payload, keys or personal data (docs/protocol.md).
    """
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, renderer],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[_event_alone, renderer]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _event_alone(
    _logger: object, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Drop what the bridge from the standard library adds for itself."""
    return structlog.stdlib.ProcessorFormatter.remove_processors_meta(None, "", event)
