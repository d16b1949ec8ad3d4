"""``workbench detect``, as a user types it."""

import json

import cv2
import numpy as np
import pytest

from tests.reference_fill import image_u8
from tests.small_detector import write_detector
from workbench.__main__ import main
from workbench.formats.coco_results import COCO_IDS
from workbench.video.writer import write_video


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return write_detector(tmp_path_factory.mktemp("weights") / "small.safetensors")


@pytest.fixture
def clip(tmp_path):
    ground = image_u8("detecting", 90, 160)
    return write_video(tmp_path / "clip.mp4", (np.roll(ground, 4 * i, 1) for i in range(5)), fps=25.0)


def run(*words):
    return main(["detect", *map(str, words), "--device", "cpu"])


def test_a_video_is_written_with_every_frame_of_the_range(weights, clip, tmp_path, capsys):
    out = tmp_path / "found.json"
    assert run(clip, "--model", weights, "--frames", "1:4", "--threshold", "0.05", "--out", out) == 0
    content = json.loads(out.read_text())
    assert [f["frame"] for f in content["frames"]] == [1, 2, 3]
    assert content["classes"] == ["person", "bird"]
    first = content["frames"][0]["detections"][0]
    assert first["class"] in content["classes"]
    assert 0.05 < first["score"] <= 1
    assert len(first["box"]) == 4
    count = sum(len(f["detections"]) for f in content["frames"])
    assert f"{count} objects in 3 frames written" in capsys.readouterr().out


def test_coco_results_have_the_number_of_the_image(weights, clip, tmp_path):
    out = tmp_path / "results.json"
    picture = tmp_path / "000000000139.png"
    cv2.imwrite(str(picture), image_u8("detecting", 90, 160))
    words = ("--model", weights, "--format", "coco", "--threshold", "0.05", "--classes", "bird")
    assert run(picture, *words, "--out", out) == 0
    results = json.loads(out.read_text())
    assert {r["image_id"] for r in results} == {139}
    assert {r["category_id"] for r in results} == {2}
    assert set(results[0]) == {"image_id", "category_id", "bbox", "score"}
    assert run(clip, *words, "--frames", "2", "--out", out) == 0
    assert {r["image_id"] for r in json.loads(out.read_text())} == {3}


def test_the_ids_of_coco_have_its_gaps():
    assert (len(COCO_IDS), COCO_IDS[0], COCO_IDS[-1], COCO_IDS[11]) == (80, 1, 90, 13)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["gone.mp4", "--model", "x"], "gone.mp4 does not exist"),
        (["CLIP", "--model", "magic"], "There is no model 'magic'"),
        (["CLIP", "--model", "ctdet_coco_dla_2x"], "cannot be run; it needs"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(clip, tmp_path, capsys, words, sentence):
    words = [str(clip) if word == "CLIP" else word for word in words]
    assert run(*words, "--out", tmp_path / "out.json") == 1
    error = capsys.readouterr().err
    assert sentence in error
    assert "Traceback" not in error
