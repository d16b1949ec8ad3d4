"""The catalogue of a project: videos, categories, runs and what else rows and files refer to.

Its entries are archived, never deleted, and are no part of the undo history: a run that was undone
still happened. Each entry is a frozen dataclass with the fields of its table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from os.path import normpath, relpath
from pathlib import Path
from typing import Any, TypeVar, get_origin, get_type_hints

from sqlalchemy import Table, insert, select, update

from workbench.core.edits import Scope
from workbench.core.errors import ProjectError
from workbench.store import schema
from workbench.store.sqlite import Database


@dataclass(frozen=True)
class Video:
    """A video, image folder or camera recording.

    Args:
        path: relative to the project's folder when the file lies in it or beside it, else absolute;
            ``project.video_file`` makes a path of it that can be opened.
        kind: what sort of source it is, as the video package names it.
        width, height: pixels.
        fps: frames a second, for show only; None = unknown.
        fingerprint: tells whether a file found elsewhere is the same; "" = none.
    """

    id: int
    path: str
    name: str
    kind: str
    width: int
    height: int
    frame_count: int
    fps: float | None
    fingerprint: str
    archived: bool


@dataclass(frozen=True)
class Category:
    """A class of targets; ``color`` is "#rrggbb", ``position`` its place in lists and on the keys."""

    id: int
    name: str
    color: str
    position: int
    archived: bool


@dataclass(frozen=True)
class Skeleton:
    """The joints of a pose by name, and the pairs of joints (0-based) that are drawn as lines."""

    id: int
    name: str
    joints: list[str]
    edges: list[list[int]]
    archived: bool


@dataclass(frozen=True)
class Model:
    """Weights that can be used; ``path`` is relative to the project's folder, ``active`` means in use."""

    id: int
    name: str
    kind: str
    path: str
    digest: str
    metrics: dict[str, Any]
    created_at: str
    active: bool
    archived: bool


@dataclass(frozen=True)
class Run:
    """One run of a model over a video, with what is needed to repeat it."""

    id: int
    video_id: int | None
    kind: str
    model: str
    parameters: dict[str, Any]
    seed: int | None
    version: str
    started_at: str
    finished_at: str | None
    state: str


@dataclass(frozen=True)
class Job:
    """A training job and its folder, relative to the project's."""

    id: int
    kind: str
    folder: str
    parameters: dict[str, Any]
    created_at: str
    finished_at: str | None
    state: str


@dataclass(frozen=True)
class Snapshot:
    """A frozen training set and its folder, relative to the project's."""

    id: int
    name: str
    folder: str
    contents: dict[str, Any]
    created_at: str
    archived: bool


Entry = TypeVar("Entry", Video, Category, Skeleton, Model, Run, Job, Snapshot)

_TABLES: dict[type[Any], Table] = {
    Video: schema.video,
    Category: schema.category,
    Skeleton: schema.skeleton,
    Model: schema.model,
    Run: schema.run,
    Job: schema.job,
    Snapshot: schema.snapshot,
}


def _json_fields(kind: type[Any]) -> dict[str, type[Any]]:
    """The fields of an entry that are lists and objects, and which."""
    plain = {name: get_origin(hint) for name, hint in get_type_hints(kind).items()}
    return {name: origin for name, origin in plain.items() if origin in (list, dict)}


_JSON = {kind: _json_fields(kind) for kind in _TABLES}

# Colours that stay apart for most forms of colour blindness (Okabe and Ito, 2008), black left out.
_COLORS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#999999")


class Catalogue:
    """The catalogue's side of a project; ``update_`` methods return the entry as it is afterwards."""

    path: Path
    _db: Database

    def _tell(self, scope: Scope) -> None:
        raise NotImplementedError

    # -- videos ------------------------------------------------------------------------------------

    def add_video(
        self,
        path: Path,
        *,
        width: int,
        height: int,
        frame_count: int,
        fps: float | None = None,
        kind: str = "file",
        name: str | None = None,
        fingerprint: str = "",
    ) -> Video:
        """Enter a video; ``name`` is the file's when None."""
        return self._add(
            Video,
            path=self.stored_path(path),
            name=Path(path).stem if name is None else name,
            kind=kind,
            width=width,
            height=height,
            frame_count=frame_count,
            fps=fps,
            fingerprint=fingerprint,
            archived=False,
        )

    def videos(self, *, archived: bool = False) -> list[Video]:
        """The videos in the order they came, with the archived ones if asked for."""
        return [v for v in self._all(Video) if archived or not v.archived]

    def video(self, video_id: int) -> Video:
        """One video; ``ProjectError`` when there is none of this id."""
        return self._one(Video, video_id)

    def video_file(self, video: Video) -> Path:
        """Where the video's file is expected."""
        return self.file_at(video.path)

    def relink_video(self, video_id: int, path: Path) -> Video:
        """Note that a video's file was moved to ``path``."""
        return self.update_video(video_id, path=self.stored_path(path))

    def update_video(self, video_id: int, **fields: Any) -> Video:
        """Change fields of a video, for example ``archived=True``."""
        return self._update(Video, video_id, fields)

    def file_at(self, stored: str) -> Path:
        """The file that ``stored_path`` noted."""
        return Path(normpath(self.path.absolute() / stored))

    def stored_path(self, path: Path) -> str:
        """How a file is noted: relative to the project's folder when in it or beside it, else absolute."""
        file, folder = Path(path).resolve(), self.path.resolve()
        near = file.is_relative_to(folder.parent)
        return Path(relpath(file, folder)).as_posix() if near else file.as_posix()

    # -- categories and skeletons ------------------------------------------------------------------

    def add_category(self, name: str, color: str | None = None) -> Category:
        """Enter a category at the end of the list, in the next colour when None is given."""
        known = self.categories(archived=True)
        if name in (c.name for c in known):
            raise ProjectError(
                f"There is a category “{name}” already; choose another name, or bring it back."
            )
        count = len(known)
        color = _COLORS[count % len(_COLORS)] if color is None else color
        return self._add(Category, name=name, color=color, position=count, archived=False)

    def categories(self, *, archived: bool = False) -> list[Category]:
        """The categories by position, with the archived ones if asked for."""
        found = sorted(self._all(Category), key=lambda c: (c.position, c.id))
        return [c for c in found if archived or not c.archived]

    def category(self, category_id: int) -> Category:
        """One category; ``ProjectError`` when there is none of this id."""
        return self._one(Category, category_id)

    def update_category(self, category_id: int, **fields: Any) -> Category:
        """Change name, color, position or archived of a category."""
        return self._update(Category, category_id, fields)

    def add_skeleton(self, name: str, joints: Sequence[str], edges: Sequence[Sequence[int]]) -> Skeleton:
        """Enter a skeleton: its joints by name, and pairs of joints to draw as lines."""
        pairs = [[int(a), int(b)] for a, b in edges]
        return self._add(Skeleton, name=name, joints=list(joints), edges=pairs, archived=False)

    def skeletons(self) -> list[Skeleton]:
        """The skeletons that are not archived."""
        return [s for s in self._all(Skeleton) if not s.archived]

    # -- runs, models, jobs, snapshots -------------------------------------------------------------

    def add_run(
        self,
        *,
        video_id: int | None,
        kind: str,
        model: str = "",
        parameters: Mapping[str, Any] | None = None,
        seed: int | None = None,
        version: str = "",
    ) -> Run:
        """Enter a run that begins now; ``kind`` says what ran, ``model`` with which weights."""
        return self._add(
            Run,
            video_id=video_id,
            kind=kind,
            model=model,
            parameters=dict(parameters or {}),
            seed=seed,
            version=version,
            started_at=_now(),
            finished_at=None,
            state="running",
        )

    def finish_run(self, run_id: int, state: str = "done") -> Run:
        """Note that a run has ended, and how."""
        return self._update(Run, run_id, {"state": state, "finished_at": _now()})

    def reopen_run(self, run_id: int, *, parameters: Mapping[str, Any]) -> Run:
        """Note that a run goes on, with these parameters."""
        fields = {"state": "running", "finished_at": None, "parameters": dict(parameters)}
        return self._update(Run, run_id, fields)

    def runs(self, video_id: int | None = None) -> list[Run]:
        """The runs over one video, or all, oldest first."""
        return [r for r in self._all(Run) if video_id is None or r.video_id == video_id]

    def run(self, run_id: int) -> Run:
        """One run; ``ProjectError`` when there is none of this id."""
        return self._one(Run, run_id)

    def add_model(
        self, name: str, *, kind: str, path: str, digest: str = "", metrics: Mapping[str, Any] | None = None
    ) -> Model:
        """Enter weights, not yet in use."""
        fields: dict[str, Any] = {"name": name, "kind": kind, "path": path, "digest": digest}
        fields |= {"metrics": dict(metrics or {}), "created_at": _now(), "active": False, "archived": False}
        return self._add(Model, **fields)

    def models(self, kind: str | None = None) -> list[Model]:
        """The models of a kind, or all, that are not archived."""
        return [m for m in self._all(Model) if not m.archived and kind in (None, m.kind)]

    def update_model(self, model_id: int, **fields: Any) -> Model:
        """Change fields of a model."""
        return self._update(Model, model_id, fields)

    def use_model(self, model_id: int) -> Model:
        """Put a model in use in place of the other ones of its kind, at once."""
        model = self._one(Model, model_id)
        with self._db.writing() as connection:
            kind = schema.model.c.kind == model.kind
            connection.execute(update(schema.model).where(kind).values(active=schema.model.c.id == model_id))
        self._tell(Scope(frozenset({"model"})))
        return self._one(Model, model_id)

    def add_job(self, kind: str, *, folder: str, parameters: Mapping[str, Any] | None = None) -> Job:
        """Enter a job that begins now."""
        fields = {"parameters": dict(parameters or {}), "created_at": _now(), "finished_at": None}
        return self._add(Job, kind=kind, folder=folder, state="running", **fields)

    def finish_job(self, job_id: int, state: str = "done") -> Job:
        """Note that a job has ended, and how."""
        return self._update(Job, job_id, {"state": state, "finished_at": _now()})

    def jobs(self) -> list[Job]:
        """All jobs, oldest first."""
        return self._all(Job)

    def add_snapshot(self, name: str, *, folder: str, contents: Mapping[str, Any] | None = None) -> Snapshot:
        """Enter a training set; ``contents`` says what is in it."""
        fields = {"contents": dict(contents or {}), "created_at": _now(), "archived": False}
        return self._add(Snapshot, name=name, folder=folder, **fields)

    def snapshots(self) -> list[Snapshot]:
        """The training sets that are not archived, oldest first."""
        return [s for s in self._all(Snapshot) if not s.archived]

    # -- settings ----------------------------------------------------------------------------------

    def setting(self, key: str, default: Any = None) -> Any:
        """A setting of this project, as JSON gives it back."""
        statement = select(schema.setting.c.value).where(schema.setting.c.key == key)
        with self._db.reading() as connection, self._readable(schema.setting):
            found = connection.execute(statement).first()
        return default if found is None else found[0]

    def set_setting(self, key: str, value: Any) -> None:
        """Remember a setting: anything that JSON can hold."""
        table = schema.setting
        with self._db.writing() as connection:
            known = connection.execute(update(table).where(table.c.key == key).values(value=value)).rowcount
            if not known:
                connection.execute(insert(table).values(key=key, value=value))
        self._tell(Scope(frozenset({"setting"})))

    # -- how ---------------------------------------------------------------------------------------

    def _add(self, kind: type[Entry], /, **fields: Any) -> Entry:
        with self._db.writing() as connection:
            result = connection.execute(insert(_TABLES[kind]).values(**fields))
            entry = int(result.inserted_primary_key[0])  # type: ignore[index]
        return self._changed(kind, entry)

    def _update(self, kind: type[Entry], entry: int, fields: Mapping[str, Any]) -> Entry:
        table = _TABLES[kind]
        with self._db.writing() as connection:
            connection.execute(update(table).where(table.c.id == entry).values(**fields))
        return self._changed(kind, entry)

    def _changed(self, kind: type[Entry], entry: int) -> Entry:
        found = self._one(kind, entry)
        video = found.id if isinstance(found, Video) else getattr(found, "video_id", None)
        videos = frozenset[int]() if video is None else frozenset({video})
        self._tell(Scope(frozenset({_TABLES[kind].name}), videos))
        return found

    def _one(self, kind: type[Entry], entry: int) -> Entry:
        for found in self._all(kind, entry):
            return found
        raise ProjectError(f"{self.path} has no {_TABLES[kind].name} {entry}.")

    def _all(self, kind: type[Entry], entry: int | None = None) -> list[Entry]:
        table = _TABLES[kind]
        statement = select(table).order_by(table.c.id)
        if entry is not None:
            statement = statement.where(table.c.id == entry)
        with self._db.reading() as connection, self._readable(table):
            entries = [kind(**row._mapping) for row in connection.execute(statement)]
            for name, origin in _JSON[kind].items():
                if not all(isinstance(getattr(entry, name), origin) for entry in entries):
                    raise ValueError(name)
        return entries

    @contextmanager
    def _readable(self, table: Table) -> Iterator[None]:
        """Say of JSON that is none, or no object where one is wanted, that it is damaged."""
        try:
            yield
        except (ValueError, RecursionError) as error:
            raise ProjectError(
                f"{self._db.path} is damaged (JSON in {table.name}); restore a copy of it."
            ) from error


def _now() -> str:
    return datetime.now(UTC).isoformat()
