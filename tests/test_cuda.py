"""On a CUDA device everything gives what it gives on a processor; skipped where there is none."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from workbench.core.boxes import iou
from workbench.inference.detection.centernet import CenterNetSession
from workbench.inference.detection.options import DetectionOptions
from workbench.inference.trackers import make
from workbench.models import centernet
from workbench.models.dcn import deform_conv2d
from workbench.models.weights_header import Header, Spec
from workbench.training.atom.recipe import make as make_task
from workbench.training.options import TrainerOptions
from workbench.training.painters import batches
from workbench.training.saving import Checkpoints
from workbench.training.synthetic.bank import BankOptions
from workbench.training.synthetic.clip_types import ClipOptions
from workbench.training.synthetic.clips import make_clip
from workbench.training.synthetic.pairs import PairGenerator
from workbench.training.synthetic.plans import PairOptions
from workbench.training.trainer import Trainer

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
SMALL = BankOptions(patches=24, objects=12, poses=2, backgrounds=3, background_side=96)


@pytest.fixture(autouse=True)
def _exact(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


def test_deformable_convolution_and_its_gradients():
    random = torch.Generator()
    shapes = ((2, 24, 15, 13), (2, 18, 15, 13), (2, 9, 15, 13), (16, 24, 3, 3), (16,))
    there, here = [], []
    for device, found in (("cpu", here), ("cuda", there)):
        random.manual_seed(5)
        inputs = [
            torch.randn(shape, generator=random, dtype=torch.float64).to(device).requires_grad_()
            for shape in shapes
        ]
        out = deform_conv2d(*inputs)
        out.square().mean().backward()
        found += [out.detach().cpu(), *(value.grad.cpu() for value in inputs)]
    for a, b in zip(there, here, strict=True):
        assert torch.allclose(a, b, atol=1e-10)


def test_a_detector():
    spec = centernet.spec("ctdet", "dla_34", classes=3)
    torch.manual_seed(0)
    weights = centernet.build(spec).state_dict()
    header = Header(
        Spec("centernet", "ctdet", "dla_34", classes=3), classes=("a", "b", "c"), input_size=(128, 128)
    )
    image = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    found = []
    for device in ("cpu", "cuda"):
        network = centernet.build(spec)
        network.load_state_dict(weights)
        session = CenterNetSession(
            network, header, DetectionOptions(threshold=0.0, half=False), device=device
        )
        prepared = session.prepare(image)
        inputs = session.normalised(torch.from_numpy(prepared.inputs[0][None]))
        with torch.inference_mode():
            found.append(session.forward(inputs, prepared.placements[0]))
    for name, value in found[0].items():
        assert torch.allclose(value, found[1][name].cpu(), atol=1e-3), name


def test_the_tracker_of_our_own_weights():
    clip = list(make_clip(ClipOptions(frames=12)))
    box = tuple(clip[0].boxes[0])
    found = []
    for device in ("cpu", "cuda"):
        tracker = make("atom", device=device)
        tracker.start(clip[0].image, box)
        found.append([tracker.step(frame.image).box for frame in clip[1:]])
    assert np.mean([iou(a, b) for a, b in zip(*found, strict=True)]) > 0.9


def test_painted_pairs():
    options = PairOptions(batch=16, size=96, batches_at_once=2, pairs_a_bank=32, bank=SMALL)
    here, there = (PairGenerator(options, seed=3, device=d).batch(1) for d in ("cpu", "cuda"))
    assert torch.allclose(here.boxes, there.boxes.cpu(), atol=1e-3)
    assert torch.allclose(here.visible, there.visible.cpu(), atol=0.02)
    means = [batch.images.float().mean(dim=(2, 3, 4)).cpu() for batch in (here, there)]
    assert torch.corrcoef(torch.stack([m.flatten() for m in means]))[0, 1] > 0.5


def test_pairs_painted_by_processes_are_those_painted_here():
    made = {"batch": 8, "size": 96, "batches_at_once": 2, "banks_at_once": 2, "pairs_a_bank": 32}
    made["bank"] = {"patches": 24, "objects": 12, "poses": 2, "backgrounds": 3, "background_side": 96}
    task, device = make_task({"made": made}, seed=1, device="cuda"), torch.device("cuda")
    with batches(task, TrainerOptions(steps=9, painters=2, ahead=2), device) as there:
        for step in range(9):
            for a, b in zip(there(step), task.batch(step), strict=True):
                assert a.device.type == "cuda"
                assert torch.equal(a, b)


def test_training_goes_on_where_it_stopped(tmp_path):
    task = {"width": 8, "head_width": 8, "validation": 1}
    task["made"] = {
        "batch": 4,
        "size": 64,
        "search_area": 4.0,
        "bank": {"patches": 8, "objects": 6, "poses": 1},
    }
    options = TrainerOptions(steps=6, save_every=3, precision="float16", optimizer="adamw")

    def trainer(steps):
        checkpoints = Checkpoints(tmp_path / "checkpoints", digest="x", keep=2)
        made = make_task(task, seed=1, device="cuda")
        return Trainer(
            made, replace(options, steps=steps), checkpoints=checkpoints, weights=tmp_path / "w.safetensors"
        )

    list(trainer(3).run())
    last = trainer(6)
    list(last.run())
    assert last.step == 6
    assert (tmp_path / "w.safetensors").is_file()
