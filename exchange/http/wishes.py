"""Which of several forms a caller takes, by Accept."""

from collections.abc import Collection


def first_wished(accept: str, forms: Collection[str]) -> str | None:
    """Return the first of `forms` that the caller takes; None where it names none.

    Weights only tell what is refused (``q=0``): who has a wish names it first.
    """
    for one in accept.lower().split(","):
        name, *parameters = (part.strip() for part in one.split(";"))
        if name in forms and not any(_is_zero(part) for part in parameters):
            return name
    return None


def _is_zero(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return name.strip() == "q" and value.strip().rstrip("0") in {"", "0", "0.", "."}
