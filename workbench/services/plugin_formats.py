"""File formats with those that plugins bring, as import and export use them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from workbench.core.annotations import Annotations, VideoFacts
from workbench.core.clip import Clip
from workbench.core.progress import Progress
from workbench.core.report import Findings, Report
from workbench.formats.clips import video_names
from workbench.formats.folder import ExportFolder
from workbench.formats.registry import FORMATS, Format
from workbench.services.plugin_code import Brought
from workbench.services.plugin_finding import Plugins
from workbench.services.plugin_manifest import Point
from workbench.services.plugins import find_plugins


def all_formats(plugins: Plugins | None = None) -> tuple[Format, ...]:
    """The built-in formats and then those of plugins; one that a plugin reads and writes is one."""
    plugins = find_plugins() if plugins is None else plugins
    importers = {b.contribution.name: b for b in plugins.brought(Point.IMPORTER)}
    exporters = {b.contribution.name: b for b in plugins.brought(Point.EXPORTER)}
    names = dict.fromkeys((*importers, *exporters))
    return FORMATS + tuple(_format(importers.get(name), exporters.get(name)) for name in names)


def _format(importer: Brought | None, exporter: Brought | None) -> Format:
    said = (exporter or importer).contribution  # type: ignore[union-attr]  # one of them is there
    return Format(
        said.name,
        said.title,
        said.description,
        write=partial(_write, exporter) if exporter else None,
        pictures=bool(exporter and exporter.contribution.pictures),
        read=partial(_read, importer) if importer else None,
        recognises=partial(_recognises, importer) if importer else None,
    )


def _recognises(importer: Brought, path: Path) -> bool:
    return path.is_file() and path.suffix.casefold() in importer.contribution.suffixes


def _read(
    importer: Brought, source: Path, video: VideoFacts | None = None, *, options: Any = None
) -> tuple[Annotations, Report]:
    findings = Findings()
    found = importer.call(source, video or VideoFacts(source.stem), findings)
    if not isinstance(found, Annotations):
        call = importer.contribution.call
        raise importer.plugin.failed(f"{call} gave {type(found).__name__}, not Annotations")
    return found, Report(
        importer.contribution.title, "read", len(found.boxes), len(found.tracks), findings=findings.all()
    )


def _write(
    exporter: Brought, target: Path, clips: Sequence[Clip], *, options: Any = None
) -> Generator[Progress, None, Report]:
    findings, title = Findings(), exporter.contribution.title
    with ExportFolder(target, title, video_names(clips)) as folder:
        steps = exporter.plugin.call(iter, exporter.call(folder, clips, findings))
        while (step := exporter.plugin.call(next, steps, None)) is not None:
            if not isinstance(step, Progress):
                raise exporter.plugin.failed(f"{exporter.contribution.call} yields {step!r:.60}, no Progress")
            yield step
        boxes = sum(len(clip.annotations.boxes) for clip in clips)
        tracks = sum(len(clip.annotations.tracks) for clip in clips)
        report = Report(title, "written", boxes, tracks, findings=findings.all())
        left_out = report.count("left out")
        return folder.finish(Report(title, "written", boxes - left_out, tracks, findings=report.findings))
