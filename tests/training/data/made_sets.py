"""Tiny copies of the published layouts, with the sequence and the frame number painted into every picture."""

import json

import cv2
import numpy as np

from workbench.training.data.sequences import SequenceInfo

SIZE = (48, 64)  # height, width


def painted(sequence, frame):
    """A picture whose colour tells which one it is."""
    return np.full((*SIZE, 3), (200, 40 + 30 * sequence, 20 + 6 * frame), np.uint8)


def is_painted(image, sequence, frame):
    """Whether a picture that went through compression is that one."""
    return image.shape == (*SIZE, 3) and np.abs(image.astype(int) - painted(sequence, frame)).max() <= 3


def write_picture(path, sequence, frame):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), painted(sequence, frame)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 100])


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def boxes(frames, form="{:g},{:g},{:g},{:g}"):
    """A box that moves a pixel a frame; the target is absent in frame 3."""
    lines = [form.format(10 + n, 12 if "d" in form else 12.5, 16, 20) for n in range(frames)]
    lines[3] = form.format(0, 0, 0, 0)
    return "\n".join(lines) + "\n"


def lasot(root, frames=24):
    """Three sequences of two classes, two of them to train on; frame 5 occluded, frame 6 out of view."""
    for k, name in enumerate(["airplane-2", "airplane-10", "yo-yo-1"]):
        folder = root / name.rpartition("-")[0] / name
        write(folder / "groundtruth.txt", boxes(frames, "{:d},{:d},{:d},{:d}"))
        write(folder / "full_occlusion.txt", ",".join("1" if n == 5 else "0" for n in range(frames)) + "\n")
        write(folder / "out_of_view.txt", ",".join("1" if n in (3, 6) else "0" for n in range(frames)))
        write(folder / "nlp.txt", "a thing above a field")
        for n in range(frames):
            write_picture(folder / "img" / f"{n + 1:08d}.jpg", k, n)
    write(root / "training_set.txt", "airplane-10\r\nyo-yo-1\r\n")
    return root


def got10k(root, frames=24):
    """Two sequences, of which the list has one; frame 5 is half covered, frame 6 absent."""
    for k in range(2):
        folder = root / f"GOT-10k_Train_{k + 1:06d}"
        write(folder / "groundtruth.txt", boxes(frames, "{:.4f},{:.4f},{:.4f},{:.4f}"))
        write(folder / "absence.label", "".join("1\n" if n in (3, 6) else "0\n" for n in range(frames)))
        write(folder / "cover.label", "".join(f"{4 if n == 5 else 8}\n" for n in range(frames)))
        write(folder / "cut_by_image.label", "0\n" * frames)
        write(folder / "meta_info.ini", "[METAINFO]\nobject_class: thing\n")
        for n in range(frames):
            write_picture(folder / f"{n + 1:08d}.jpg", k, n)
    write(root / "list.txt", "GOT-10k_Train_000002\n")
    return root


def trackingnet(root, frames=24):
    """Parts 0 and 11 with a sequence each."""
    for k, part in enumerate([0, 11]):
        name = f"-abc_{k}_0"
        write(root / f"TRAIN_{part}" / "anno" / f"{name}.txt", boxes(frames))
        for n in range(frames):
            write_picture(root / f"TRAIN_{part}" / "frames" / name / f"{n}.jpg", k, n)
    return root


def coco(root):
    """Two pictures with three instances, a crowd, and a target of two pixels."""
    rows = [(7, [10, 12, 16, 20], 0), (7, [1, 2, 30, 8.5], 0), (9, [5, 5, 20, 20], 0)]
    rows += [(9, [0, 0, 60, 40], 1), (9, [3, 3, 2, 9], 0)]
    content = {
        "images": [{"id": i, "file_name": f"{i:012d}.jpg", "width": 64, "height": 48} for i in (9, 7)],
        "annotations": [
            {"id": k, "image_id": image, "bbox": box, "iscrowd": crowd, "category_id": 1}
            for k, (image, box, crowd) in enumerate(rows)
        ],
        "categories": [{"id": 1, "name": "thing"}],
    }
    write(root / "annotations" / "instances_train2017.json", json.dumps(content))
    for sequence, image in enumerate([7, 9]):
        write_picture(root / "train2017" / f"{image:012d}.jpg", sequence, 0)
    return root


class Known:
    """A set of which only is known what can be seen."""

    def __init__(self, visible, stills):
        self.name, self.stills, self._visible = "known", stills, visible

    def __len__(self):
        return len(self._visible)

    def info(self, sequence):
        visible = np.array(self._visible[sequence], float)
        return SequenceInfo(np.zeros((len(visible), 4)), visible > 0, visible)
