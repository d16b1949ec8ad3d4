"""A project on disk: one folder, one SQLite database, every change in a journal that can undo it."""

from workbench.store.catalogue import Category, Job, Model, Run, Skeleton, Snapshot, Video
from workbench.store.journal import Edit
from workbench.store.project import Project
from workbench.store.reads import BoxColumns

__all__ = [
    "BoxColumns",
    "Category",
    "Edit",
    "Job",
    "Model",
    "Project",
    "Run",
    "Skeleton",
    "Snapshot",
    "Video",
]
