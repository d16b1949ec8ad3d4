"""Models in words: one line each, or all that is known of one."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.services.models import ModelEntry

TITLES = {
    "bundled": "With the program",
    "installed": "Added by you",
    "available": "Published by others",
}
HOW_TO_FETCH = """\
'workbench models download NAME' fetches those "to download". For those "to fetch yourself",
'workbench models info NAME' names the page; then 'workbench models add FILE'."""


def list_models(entries: Iterable[ModelEntry]) -> str:
    """A block for each place, a line for each model."""
    entries = tuple(entries)
    blocks = []
    for place, title in TITLES.items():
        rows = [_row(entry) for entry in entries if entry.place == place]
        if rows:
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
            blocks.append("\n".join([f"{title}:", *(f"  {line}" for line in lines)]))
    if any(entry.place == "available" for entry in entries):
        blocks.append(HOW_TO_FETCH)
    return "\n\n".join(blocks)


def _row(entry: ModelEntry) -> tuple[str, ...]:
    size = "" if entry.size is None else f"{entry.size / 1e6:.1f} MB"
    state = {"available": "to download" if entry.published and entry.published.url else "to fetch yourself"}
    ready = state.get(entry.place) or (f"needs {entry.needs}" if entry.needs else "ready")
    return (entry.name, str(entry.spec), size, entry.licence or "licence not stated", ready)


def describe_model(entry: ModelEntry) -> str:
    """All that is known of a model, a line for each fact."""
    spec, header, published = entry.spec, entry.header, entry.published
    facts = {
        "model": entry.name,
        "place": TITLES[entry.place].lower(),
        "network": str(spec),
        "heads": ", ".join(f"{name} {channels}" for name, channels in spec.heads.items()),
        "classes": _classes(entry),
        "input": _input(entry),
        "trained on": entry.data,
        "figures": ", ".join(f"{name} {value}" for name, value in entry.figures.items()),
        "licence": entry.licence or "not stated",
        "page": published.page if published else "",
        "note": published.note if published else "",
        "file": "" if entry.path is None else f"{entry.path} ({(entry.size or 0) / 1e6:.1f} MB)",
        "sha256": entry.sha256 or (header.sha256 if header else ""),
        "needs": entry.needs or "nothing, it is ready",
    }
    width = max(map(len, facts))
    return "\n".join(f"{name:{width}}  {value}" for name, value in facts.items() if value)


def _classes(entry: ModelEntry) -> str:
    names = entry.header.classes if entry.header else ()
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    return shown or (entry.published.classes if entry.published else "")


def _input(entry: ModelEntry) -> str:
    size = (entry.header and entry.header.input_size) or (entry.published and entry.published.input_size)
    if not size:
        return ""
    colour = "" if entry.header is None else f", {entry.header.colour}"
    return f"{size[0]} high, {size[1]} wide{colour}"
