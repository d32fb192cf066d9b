"""How long work that keeps coming is gathered before it is done together."""


def pause_after(took: float, *, shortest: float, longest: float) -> float:
    """Return the seconds to gather for: as long as the last turn took, within bounds.

    A turn costs nearly the same whatever it carries, and takes long where there is much
    to do: then fewer turns leave more to the others.
    """
    return max(shortest, min(took, longest))
