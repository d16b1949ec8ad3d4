"""Write the figures of the reference evaluator that the tests compare with.

    python tests/metrics/write_reference.py

Run it where TrackEval and pycocotools are installed, beside the shared sequences.
"""

import contextlib
import io
import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from trackeval import Evaluator, metrics
from trackeval.datasets import MotChallenge2DBox

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.metrics import made_tracks
from tests.shared import MOT

FIELDS = {
    "HOTA": ("HOTA", "DetA", "AssA", "LocA", "DetRe", "DetPr", "AssRe", "AssPr"),
    "CLEAR": ("MOTA", "MOTP", "CLR_Re", "CLR_Pr", "CLR_TP", "CLR_FN", "CLR_FP", "IDSW", "Frag", "MT", "PT",
              "ML"),
    "Identity": ("IDF1", "IDP", "IDR", "IDTP", "IDFN", "IDFP"),
}  # fmt: skip


def of_trackeval(truth: Path, tracks: Path, names):
    """Figures of each case, then of each sequence and of all."""
    quiet = {"PRINT_CONFIG": False}
    data = MotChallenge2DBox(
        quiet
        | {
            "GT_FOLDER": str(truth),
            "TRACKERS_FOLDER": str(tracks),
            "BENCHMARK": "MOT15",
            "SKIP_SPLIT_FOL": True,
            "SEQ_INFO": dict.fromkeys(names),
        }
    )
    off = dict.fromkeys(("PRINT_RESULTS", "OUTPUT_SUMMARY", "OUTPUT_DETAILED", "PLOT_CURVES"), False)
    evaluator = Evaluator(quiet | off | {"TIME_PROGRESS": False, "BREAK_ON_ERROR": True})
    measures = [metrics.HOTA(), metrics.CLEAR(quiet), metrics.Identity(quiet)]
    result = evaluator.evaluate([data], measures)[0]["MotChallenge2DBox"]
    return {
        case: {name.replace("COMBINED_SEQ", "all"): chosen(r["pedestrian"]) for name, r in each.items()}
        for case, each in result.items()
    }


def chosen(result):
    return {f: float(np.mean(result[kind][f])) for kind, names in FIELDS.items() for f in names}


def of_coco(truth, predicted):
    """COCO's AP of one sequence with no limit on boxes a frame: mean over thresholds, and at one half."""
    truth = truth[truth[:, 6] != 0]
    frames = np.unique(np.concatenate([truth[:, 0], predicted[:, 0]])).astype(int).tolist()
    true = [
        {"id": n, "image_id": int(r[0]), "category_id": 1, "bbox": r[2:6].tolist(), "area": 1.0, "iscrowd": 0}
        for n, r in enumerate(truth, start=1)
    ]
    found = [
        {"image_id": int(r[0]), "category_id": 1, "bbox": r[2:6].tolist(), "score": float(r[6])}
        for r in predicted
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "images": [{"id": f} for f in frames], "categories": [{"id": 1}], "annotations": true, "info": {}
        }  # fmt: skip
        coco.createIndex()
        run = COCOeval(coco, coco.loadRes(found), "bbox")
        run.params.maxDets, run.params.areaRng, run.params.areaRngLbl = [10**6], [[0, 1e10]], ["all"]
        run.evaluate()
        run.accumulate()
    at = run.eval["precision"][:, :, 0, 0, 0].mean(axis=1)
    return {"AP": float(at.mean()), "AP50": float(at[0])}


def main():
    with tempfile.TemporaryDirectory() as folder:
        tracks = Path(folder)
        for name in made_tracks.SEQUENCES:
            for case, table in made_tracks.cases(MOT / name).items():
                (tracks / case / "data").mkdir(parents=True, exist_ok=True)
                made_tracks.write(tracks / case / "data" / f"{name}.txt", table)
        figures = of_trackeval(MOT, tracks, made_tracks.SEQUENCES)
    for name in made_tracks.SEQUENCES:
        truth = made_tracks.read(MOT / name / "gt" / "gt.txt")
        for case, table in made_tracks.cases(MOT / name).items():
            figures[case][name] |= of_coco(truth, table)
    made = made_tracks.FIGURES.parent / "made"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "tracks").mkdir()
        (Path(folder) / "tracks" / "data").symlink_to(made)
        figures |= {"made": of_trackeval(made, Path(folder), ["crossing"])["tracks"]}
    versions = {name: version(name) for name in ("trackeval", "pycocotools")}
    made_tracks.FIGURES.write_text(json.dumps({"versions": versions, "figures": figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
