"""Numbers with the word for what they count, as sentences say them."""

from __future__ import annotations


def counted(count: int, one: str, many: str = "") -> str:
    """``1 track``, ``3 tracks``, ``0 boxes``.

    Args:
        one: what follows the number of a single thing, also with its verb: ``box is deleted``.
        many: what follows any other number; "" = ``one`` with an s, or es after an x.
    """
    if count == 1:
        return f"1 {one}"
    return f"{count} {many or one + ('es' if one.endswith('x') else 's')}"
