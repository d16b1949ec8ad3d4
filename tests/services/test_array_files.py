"""What is read of a run's folder when somebody else has written in it."""

import io
import zipfile

import numpy as np
import pytest

from workbench.core.detections import Detections
from workbench.core.track_boxes import TrackBoxes
from workbench.services.run_files import (
    DetectionWriter,
    RunLinks,
    links_of,
    read_found,
    run_folder,
    tracks_of,
    write_links,
    write_tracks,
)
from workbench.store import Project


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "p.wbp") as project:
        yield project


@pytest.fixture
def folder(project):
    """A run of four frames with a link."""
    folder = run_folder(project, 1)
    writer = DetectionWriter(folder, key="k", start=0)
    for frame in range(4):
        writer.add(frame, Detections(np.ones((2, 4)), np.ones(2), np.zeros(2, np.int64)), np.eye(2, 3))
    writer.flush()
    write_links(folder, RunLinks(*(np.array([n]) for n in (1, 1, 3)), np.array([0.5])))
    write_tracks(folder, TrackBoxes.of([1, 1], [0, 1], np.ones((2, 4))))
    return folder


def read(project):
    """What there is: the last frame known, whether there are links, and tracks."""
    found = read_found(run_folder(project, 1), start=0)
    return found.stop, links_of(project, 1) is not None, tracks_of(project, 1) is not None


def rewrite(path, compression=zipfile.ZIP_STORED, **members):
    """Other bytes or arrays in the place of some."""
    with zipfile.ZipFile(path) as archive:
        content = {entry: archive.read(entry) for entry in archive.namelist()}
    for name, member in members.items():
        if not isinstance(member, bytes):
            file = io.BytesIO()
            np.save(file, member, allow_pickle=True)
            member = file.getvalue()
        content[f"{name}.npy"] = member
    with zipfile.ZipFile(path, "w", compression) as archive:
        for entry, data in content.items():
            archive.writestr(entry, data)


def array_of(shape):
    """The head of an array that promises so much, and hardly any content."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return file.getvalue() + bytes(64)


def test_a_run_as_it_was_written_is_read(project, folder):
    assert read(project) == (4, True, True)


BOXES = {
    "more than the memory": array_of((10**13, 4)),
    "more than a number": array_of((2**62, 2**62)),
    "pickled": np.array([{"a": 1}, None], object),
    "texts": np.array(["a", "b"]),
    "one number": np.array(5.0),
    "other sides": np.ones((8, 3)),
    "fewer": np.ones((7, 4)),
    "noise": b"\x93NUMPY\x01\x00noise",
}


@pytest.mark.parametrize("boxes", BOXES.values(), ids=BOXES)
def test_arrays_that_cannot_be_are_as_good_as_none(project, folder, boxes):
    for path in folder.glob("detections-*.npz"):
        rewrite(path, boxes=boxes)
    rewrite(folder / "tracks.npz", boxes=boxes)
    rewrite(folder / "links.npz", before=boxes)
    assert read(project) == (0, False, False)


@pytest.mark.parametrize(
    "members",
    [
        {"span": np.array([4])},
        {"span": np.array([0, -4])},
        {"span": np.array([0, 2**40])},
        {"counts": np.array([4, -4, 4, 4])},
        {"frames": np.array([0, 0, 1, 2])},
        {"frames": np.array([-1, 0, 1, 2])},
        {"classes": np.full(8, -1)},
        {"motions": np.ones(4)},
        {"embeddings": np.ones((8, 2, 2))},
    ],
)
def test_a_chunk_that_contradicts_itself_is_as_good_as_none(project, folder, members):
    rewrite(folder / "detections-000000.npz", **members)
    assert read(project)[0] == 0


def test_files_that_are_none_or_would_fill_the_memory_are_as_good_as_none(project, folder):
    (folder / "links.npz").write_bytes(b"\x80\x04cos\nsystem\n(S'touch here'\ntR.")
    rewrite(folder / "tracks.npz", zipfile.ZIP_DEFLATED, boxes=np.zeros((2, 4)))
    (folder / "detections-000000.npz").rename(folder / "detections-first.npz")
    assert read(project) == (0, False, False)


def test_probabilities_and_frames_that_cannot_be(project, folder):
    rewrite(folder / "links.npz", probabilities=np.array([np.nan]))
    rewrite(folder / "tracks.npz", frames=np.array([3, 3]))
    assert read(project) == (4, False, False)
