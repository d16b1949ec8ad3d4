"""The tables of a project, declared once.

Undoable tables mirror the rows of ``workbench.core.rows`` column by column. The catalogue (videos,
categories, runs, ...) is archived, never deleted, so a row can always name where it came from. The
journal keeps every edit with its rows before and after.

A box lies under (video, frame, track), so that a frame is one contiguous range; the unique index on
(track, frame) reads a track and keeps one box for each frame of it. Foreign keys wait for the commit,
because an edit removes its rows before it inserts the new ones, and never cascade, because a cascade
would change rows that the journal does not know of.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

VERSION = 3
"""Version of this schema; a file with a higher one was written by a newer program."""

OF_MANY = "tracks LIKE '%,%,%'"
"""Of review items about three tracks and more, whose list alone names the third and those behind it."""

metadata = MetaData()


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _needed(name: str, kind: type = Integer) -> Column[int]:
    return Column(name, kind, nullable=False)


def _parent(name: str, table: str, *, nullable: bool = False) -> Column[int]:
    target = ForeignKey(f"{table}.id", deferrable=True, initially="DEFERRED")
    return Column(name, Integer, target, nullable=nullable)


def _track() -> ForeignKeyConstraint:
    """A row's track, which must be one of the row's own video."""
    own, target = ["track_id", "video_id"], ["track.id", "track.video_id"]
    return ForeignKeyConstraint(own, target, deferrable=True, initially="DEFERRED")


# Catalogue: archived, never deleted ---------------------------------------------------------------

video = Table(
    "video",
    metadata,
    _id(),
    _needed("path", String),
    _needed("name", String),
    _needed("kind", String),
    _needed("width"),
    _needed("height"),
    _needed("frame_count"),
    Column("fps", Float),
    _needed("fingerprint", String),
    _needed("archived", Boolean),
)
category = Table(
    "category",
    metadata,
    _id(),
    Column("name", String, nullable=False, unique=True),
    _needed("color", String),
    _needed("position"),
    _needed("archived", Boolean),
)
skeleton = Table(
    "skeleton",
    metadata,
    _id(),
    Column("name", String, nullable=False, unique=True),
    _needed("joints", JSON),
    _needed("edges", JSON),
    _needed("archived", Boolean),
)
model = Table(
    "model",
    metadata,
    _id(),
    _needed("name", String),
    _needed("kind", String),
    _needed("path", String),
    _needed("digest", String),
    _needed("metrics", JSON),
    _needed("created_at", String),
    _needed("active", Boolean),
    _needed("archived", Boolean),
)
run = Table(
    "run",
    metadata,
    _id(),
    _parent("video_id", "video", nullable=True),
    _needed("kind", String),
    _needed("model", String),
    _needed("parameters", JSON),
    Column("seed", Integer),
    _needed("version", String),
    _needed("started_at", String),
    Column("finished_at", String),
    _needed("state", String),
)
job = Table(
    "job",
    metadata,
    _id(),
    _needed("kind", String),
    _needed("folder", String),
    _needed("parameters", JSON),
    _needed("created_at", String),
    Column("finished_at", String),
    _needed("state", String),
)
snapshot = Table(
    "snapshot",
    metadata,
    _id(),
    _needed("name", String),
    _needed("folder", String),
    _needed("contents", JSON),
    _needed("created_at", String),
    _needed("archived", Boolean),
)
setting = Table("setting", metadata, Column("key", String, primary_key=True), _needed("value", JSON))

# Undoable: written by edits only ------------------------------------------------------------------

track = Table(
    "track",
    metadata,
    _id(),
    _parent("video_id", "video"),
    _parent("category_id", "category"),
    _needed("number"),
    _needed("name", String),
    _parent("run_id", "run", nullable=True),
    UniqueConstraint("id", "video_id"),
    Index("track_by_video", "video_id", "number"),
)
box = Table(
    "box",
    metadata,
    Column("video_id", Integer, primary_key=True),
    Column("frame", Integer, primary_key=True),
    Column("track_id", Integer, primary_key=True),
    _needed("x", Float),
    _needed("y", Float),
    _needed("w", Float),
    _needed("h", Float),
    Column("score", Float),
    _needed("origin"),
    _parent("run_id", "run", nullable=True),
    _needed("verified"),
    _needed("keyframe"),
    _needed("occluded"),
    _needed("outside"),
    _track(),
    Index("box_by_track", "track_id", "frame", unique=True),
    sqlite_with_rowid=False,
)
pose = Table(
    "pose",
    metadata,
    Column("video_id", Integer, primary_key=True),
    Column("frame", Integer, primary_key=True),
    Column("track_id", Integer, primary_key=True),
    Column("skeleton_id", ForeignKey("skeleton.id", deferrable=True, initially="DEFERRED"), primary_key=True),
    _needed("points", LargeBinary),
    Column("score", Float),
    _needed("origin"),
    _parent("run_id", "run", nullable=True),
    _needed("verified"),
    _track(),
    Index("pose_by_track", "track_id", "frame", "skeleton_id", unique=True),
    sqlite_with_rowid=False,
)
action = Table(
    "action",
    metadata,
    _id(),
    _needed("video_id"),
    _needed("track_id"),
    _needed("start"),
    _needed("stop"),
    _needed("label", String),
    Column("score", Float),
    _needed("origin"),
    _parent("run_id", "run", nullable=True),
    _needed("verified"),
    _track(),
    Index("action_by_track", "track_id", "start"),
    Index("action_by_video", "video_id", "start"),
)
# A verdict is remembered when the tracks it was about are gone, so these track ids are no foreign keys.
review_item = Table(
    "review_item",
    metadata,
    _id(),
    _parent("video_id", "video"),
    _needed("kind", String),
    _needed("frame"),
    _needed("start"),
    _needed("stop"),
    Column("track_id", Integer),
    Column("other_track_id", Integer),
    _needed("tracks", String),
    _needed("score", Float),
    _needed("gain", Float),
    _needed("fix", String),
    _needed("evidence", String),
    _needed("place", String),
    _needed("verdict", String),
    _needed("comment", String),
    _parent("run_id", "run", nullable=True),
    Index("review_item_by_video", "video_id", "start"),
    Index("review_item_by_track", "track_id", "start"),
    Index("review_item_by_other_track", "other_track_id"),
    Index("review_item_of_many", "video_id", sqlite_where=text(OF_MANY)),
)

# Journal ------------------------------------------------------------------------------------------

edit = Table(
    "edit",
    metadata,
    _id(),
    _needed("name", String),
    _needed("author", String),
    _needed("created_at", String),
    _needed("state", String),  # writing | done | undone | dropped
    Column("position", Integer),  # place in the history; null until the edit is complete
    _needed("parts"),  # rows of edit_change
    _needed("applied"),  # how many of them the tables hold now
    _needed("row_count"),
    _needed("scope", JSON),
    Index("edit_by_state", "state", "position"),
    sqlite_autoincrement=True,
)
edit_change = Table(
    "edit_change",
    metadata,
    Column("edit_id", ForeignKey("edit.id", deferrable=True, initially="DEFERRED"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    _needed("table_name", String),
    _needed("row_count"),
    _needed("rows", LargeBinary),
)
# Which edits touched a track, so that its history is found without reading all others.
edit_track = Table(
    "edit_track",
    metadata,
    Column("track_id", Integer, primary_key=True),
    Column("edit_id", ForeignKey("edit.id", deferrable=True, initially="DEFERRED"), primary_key=True),
    sqlite_with_rowid=False,
)
sequence = Table("sequence", metadata, Column("table_name", String, primary_key=True), _needed("next"))
