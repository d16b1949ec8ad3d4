"""The published layouts are read as published, and what is wrong with a file is said in one sentence."""

import json

import numpy as np
import pytest

from tests.training.data import made_sets
from workbench.core.errors import FormatError, UserError
from workbench.training.data.coco import Coco
from workbench.training.data.got10k import Got10k
from workbench.training.data.lasot import Lasot
from workbench.training.data.readers import READERS, RealSet, open_set
from workbench.training.data.trackingnet import TrackingNet

LAYOUTS = ("lasot", "got10k", "trackingnet", "coco")


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    return {name: getattr(made_sets, name)(tmp_path_factory.mktemp(name)) for name in LAYOUTS}


def test_lasot_gives_the_training_set_and_hides_what_is_occluded_or_out_of_view(roots):
    lasot = Lasot(roots["lasot"])
    assert len(lasot) == 2
    info = lasot.info(1)
    np.testing.assert_array_equal(info.boxes[4], [14, 12, 16, 20])
    assert np.flatnonzero(~info.valid).tolist() == [3]
    assert np.flatnonzero(info.visible == 0).tolist() == [3, 5, 6]
    assert set(info.visible) == {0.0, 1.0}
    assert made_sets.is_painted(lasot.frame(0, 0), 1, 0)
    assert made_sets.is_painted(lasot.frame(1, 23), 2, 23)


def test_lasot_without_a_list_gives_all_sequences(roots, tmp_path):
    (roots["lasot"] / "training_set.txt").rename(tmp_path / "kept.txt")
    assert len(Lasot(roots["lasot"])) == 3
    (tmp_path / "kept.txt").rename(roots["lasot"] / "training_set.txt")
    (tmp_path / "one.txt").write_text("airplane-2")
    assert made_sets.is_painted(Lasot(roots["lasot"], split=tmp_path / "one.txt").frame(0, 2), 0, 2)


def test_got10k_gives_the_listed_sequences_and_the_visible_share(roots):
    got10k = Got10k(roots["got10k"])
    assert len(got10k) == 1
    info = got10k.info(0)
    np.testing.assert_array_equal(info.boxes[4], [14, 12.5, 16, 20])
    assert np.flatnonzero(~info.valid).tolist() == [3]
    assert (info.visible[5], info.visible[6], info.visible[7]) == (0.5, 0.0, 1.0)
    assert made_sets.is_painted(got10k.frame(0, 0), 1, 0)


def test_trackingnet_gives_all_parts_or_the_chosen_ones(roots):
    both = TrackingNet(roots["trackingnet"])
    assert len(both) == 2
    np.testing.assert_array_equal(both.info(0).boxes[4], [14, 12.5, 16, 20])
    assert np.flatnonzero(both.info(0).visible == 0).tolist() == [3]
    assert made_sets.is_painted(TrackingNet(roots["trackingnet"], parts=[11]).frame(0, 23), 1, 23)


def test_coco_gives_single_pictures_without_crowds_and_specks(roots):
    coco = Coco(roots["coco"])
    assert coco.stills
    assert len(coco) == 3
    np.testing.assert_array_equal(coco.info(1).boxes, [[1, 2, 30, 8.5]])
    assert coco.info(1).visible.tolist() == [1.0]
    assert made_sets.is_painted(coco.frame(1, 0), 0, 0)
    assert made_sets.is_painted(coco.frame(2, 0), 1, 0)


def test_coco_pictures_may_lie_a_folder_deeper(tmp_path):
    root = made_sets.coco(tmp_path)
    (root / "images").mkdir()
    (root / "train2017").rename(root / "images" / "train2017")
    assert made_sets.is_painted(Coco(root).frame(2, 0), 1, 0)


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_configuration_names_a_layout_and_a_folder(kind, roots, tmp_path):
    assert len(open_set(RealSet(kind, roots[kind]))) > 0
    with pytest.raises(UserError, match=r"is expected|give the folder"):
        READERS[kind](tmp_path)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("groundtruth.txt", "1,2,3,4\n1,2,3\n", r"groundtruth.txt, line 2: has 3 numbers where a box"),
        ("groundtruth.txt", "1,2,3,4\nx,2,3,4\n", r"line 2: 'x,2,3,4' is not a list of numbers"),
        ("groundtruth.txt", "1,2,3,4\n", r"full_occlusion.txt: has 24 numbers for 1 boxes"),
        ("groundtruth.txt", None, r"groundtruth.txt: cannot be read .*; the data set is incomplete"),
        ("out_of_view.txt", b"\xff\xfe0", r"out_of_view.txt: is not text in UTF-8"),
    ],
)
def test_a_malformed_text_is_named_with_its_line(file, text, message, tmp_path):
    lasot = Lasot(made_sets.lasot(tmp_path))
    path = tmp_path / "airplane" / "airplane-10" / file
    path.unlink()
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(FormatError, match=message):
        lasot.info(0)


def test_a_cover_above_eight_eighths_is_refused(tmp_path):
    root = made_sets.got10k(tmp_path)
    (root / "GOT-10k_Train_000002" / "cover.label").write_text("9\n" * 24)
    with pytest.raises(FormatError, match=r"cover.label: has a value outside of 0 to 8"):
        Got10k(root).info(0)


def test_a_list_that_names_what_is_not_there_is_refused(tmp_path):
    root = made_sets.got10k(tmp_path)
    (root / "list.txt").write_text("GOT-10k_Train_000001\nGOT-10k_Train_000009\n")
    with pytest.raises(FormatError, match=r"list.txt, line 2: names GOT-10k_Train_000009, which is not at"):
        Got10k(root)


@pytest.mark.parametrize("data", [b"", b"not a picture"])
def test_a_picture_that_cannot_be_decoded_is_named(data, tmp_path):
    root = made_sets.trackingnet(tmp_path)
    (root / "TRAIN_0" / "frames" / "-abc_0_0" / "4.jpg").write_bytes(data)
    with pytest.raises(FormatError, match=r"4.jpg: is not a picture that can be decoded"):
        TrackingNet(root).frame(0, 4)
    with pytest.raises(FormatError, match=r"99.jpg: cannot be read"):
        TrackingNet(root).frame(0, 99)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "its content is not an object"),
        ({"images": []}, "it has no list 'annotations'"),
        ({"images": [{"id": 1}], "annotations": []}, r"images\[0\] needs file_name and id"),
        (
            {"images": [], "annotations": [{"id": 5, "image_id": 3, "bbox": [1, 2, 3, 4]}]},
            "annotation 5 is of image 3",
        ),
        (
            {
                "images": [{"id": 3, "file_name": "a"}],
                "annotations": [{"id": 5, "image_id": 3, "bbox": [1, 2]}],
            },
            "annotation 5 has no bbox of four numbers",
        ),
    ],
)
def test_a_malformed_coco_file_is_refused(content, message, tmp_path):
    text = content if isinstance(content, str) else json.dumps(content)
    made_sets.write(tmp_path / "annotations" / "instances_train2017.json", text)
    with pytest.raises(FormatError, match=message):
        Coco(tmp_path)
