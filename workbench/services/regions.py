"""The lines and zones of a video, remembered in its project."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.errors import UserError
from workbench.core.regions import Region
from workbench.store import Project


def regions_of(project: Project, video_id: int) -> tuple[Region, ...]:
    """The lines and zones of a video in the order they were drawn."""
    stored = project.setting(_key(video_id), [])
    return tuple(map(Region.from_json, stored if isinstance(stored, list) else []))


def remember_regions(project: Project, video_id: int, regions: Sequence[Region]) -> None:
    """Make these the lines and zones of a video.

    Raises:
        UserError: two have the same name.
        ProjectError: the project cannot be written.
    """
    check_names(regions)
    project.set_setting(_key(video_id), [region.to_json() for region in regions])


def check_names(regions: Sequence[Region]) -> None:
    """Refuse two regions of one name with ``UserError``."""
    names = [region.name for region in regions]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise UserError(f"There are two lines or zones called “{double}”; give one of them another name.")


def free_name(kind: str, taken: Sequence[Region]) -> str:
    """“Line 1” or the like, the first that no region has."""
    names = {region.name for region in taken}
    numbered = (f"{kind.title()} {number}" for number in range(1, len(names) + 2))
    return next(name for name in numbered if name not in names)


def _key(video_id: int) -> str:
    return f"regions/{video_id}"
