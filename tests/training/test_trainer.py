import io
import math
import sys

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from tests.training.tiny import TinyOptions, TinyTask
from workbench.core.errors import UserError
from workbench.training.events import Finished, Passed, Report, Restarted, Resumed, Saved, Skipped, Validated
from workbench.training.options import TrainerOptions
from workbench.training.saving import Checkpoints
from workbench.training.trainer import Trainer

USUAL = {"log_every": 5, "save_every": 5, "average": 0.9, "clip": 1.0, "validate_every": 10}


def options(steps=20, **changes):
    return TrainerOptions(steps=steps, **{**USUAL, **changes})


def trainer(folder, task=None, how=None, *, digest="settings"):
    how = how or options()
    folder.mkdir(exist_ok=True)
    return Trainer(
        task or TinyTask(),
        how,
        checkpoints=Checkpoints(folder / "checkpoints", digest=digest, keep=how.keep),
        weights=folder / "weights.safetensors",
        about={"kind": "tiny"},
    )


def of_kind(kind, events):
    return [e for e in events if isinstance(e, kind)]


def run_to(step, events):
    """Drive a training until some steps are finished; the generator stays open."""
    return next(e for e in events if isinstance(e, Passed) and e.step == step)


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def network(folder):
    return load_file(folder / "weights.safetensors")


def test_a_training_learns_and_says_how_it_goes(tmp_path):
    events = list(trainer(tmp_path, how=options(100, learning_rate=0.05, average=None, save_every=100)).run())
    reports = of_kind(Report, events)
    assert [r.step for r in reports] == list(range(5, 101, 5))
    assert reports[-1].terms["loss"] < 0.3 * reports[0].terms["loss"]
    assert reports[0].terms["size"] == 16
    assert reports[-1].left == 0
    assert "left" in reports[0].progress.text
    assert of_kind(Finished, events) == [events[-1]]


def test_closed_and_resumed_it_ends_with_the_same_bits(tmp_path):
    list(trainer(tmp_path / "straight").run())
    events = trainer(tmp_path / "parts").run()
    run_to(7, events)
    events.close()
    task = TinyTask()
    torch.nn.init.zeros_(task.network[0].weight)  # what the network begins with does not matter now
    assert Resumed(7) in list(trainer(tmp_path / "parts", task).run())
    assert same(network(tmp_path / "straight"), network(tmp_path / "parts"))


def test_closing_keeps_the_steps_and_the_weights(tmp_path):
    events = trainer(tmp_path).run()
    run_to(7, events)
    events.close()
    assert (tmp_path / "checkpoints" / "step-00000007.pt").exists()
    with safe_open(tmp_path / "weights.safetensors", "pt") as file:
        assert file.metadata() == {"kind": "tiny", "steps": "7 of 20"}


def test_averaged_weights_are_the_result(tmp_path):
    tasks = [TinyTask(), TinyTask()]
    for task, average in zip(tasks, (0.9, None), strict=True):
        list(trainer(tmp_path / str(average), task, options(average=average)).run())
    assert same(tasks[0].network.state_dict(), tasks[1].network.state_dict())
    assert same(network(tmp_path / "None"), tasks[1].network.state_dict())
    assert not torch.equal(network(tmp_path / "0.9")["0.weight"], tasks[0].network[0].weight)


def test_validation_exports_the_best(tmp_path):
    events = list(trainer(tmp_path, how=options(40, learning_rate=0.02)).run())
    validated = of_kind(Validated, events)
    assert [v.step for v in validated] == [10, 20, 30, 40]
    best = max(validated, key=lambda v: v.figures["score"])
    with safe_open(tmp_path / "best.safetensors", "pt") as file:
        assert file.metadata()["steps"] == f"{best.step} of 40"
    again = list(trainer(tmp_path, how=options(40)).run())  # it is finished: nothing is trained
    assert not of_kind(Passed, again)


def test_the_rate_of_each_group_falls_with_the_steps(tmp_path):
    task, how = TinyTask(), options(20, decay_every=10, decay=0.1)
    made = trainer(tmp_path, task, how)
    rates = [e.rate for e in of_kind(Report, list(made.run()))]
    assert rates == pytest.approx([1e-3, 1e-3, 1e-4, 1e-4])
    state, _ = Checkpoints(tmp_path / "checkpoints", digest="settings").newest()
    assert [g["lr"] for g in state["optimizer"]["param_groups"]] == pytest.approx([1e-4, 1e-3])


def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path):
    list(trainer(tmp_path / "straight").run())
    list(trainer(tmp_path / "parts").run())
    for step, damage in ((20, cut), (15, flipped)):
        path = tmp_path / "parts" / "checkpoints" / f"step-{step:08}.pt"
        path.write_bytes(damage(path.read_bytes()))
    events = list(trainer(tmp_path / "parts").run())
    assert [s.file for s in of_kind(Skipped, events)] == ["step-00000020.pt", "step-00000015.pt"]
    assert Resumed(10) in events
    assert same(network(tmp_path / "straight"), network(tmp_path / "parts"))


def test_where_no_checkpoint_is_whole_it_begins_again_and_keeps_the_new_ones(tmp_path):
    list(trainer(tmp_path, how=options(keep=1)).run())
    before = network(tmp_path)
    (tmp_path / "checkpoints" / "step-00000020.pt").write_bytes(b"")
    events = trainer(tmp_path, how=options(keep=1)).run()
    assert next(events) == Skipped("step-00000020.pt", "File is not a zip file")
    run_to(6, events)
    assert [p.name for p in (tmp_path / "checkpoints").glob("*.pt")] == ["step-00000005.pt"]
    list(events)
    assert same(network(tmp_path), before)


def cut(content):
    return content[: len(content) // 2]


def flipped(content):
    """One bit of a tensor is another, which torch's own reader would not see."""
    state = torch.load(io.BytesIO(content), weights_only=True)
    place = content.index(state["network"]["0.weight"].numpy().tobytes())
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def test_code_in_a_checkpoint_is_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return (sys.exit, (3,))

    (tmp_path / "checkpoints").mkdir()
    torch.save(
        {"step": 3, "digest": "settings", "network": Evil()}, tmp_path / "checkpoints/step-00000003.pt"
    )
    events = list(trainer(tmp_path).run())
    assert of_kind(Skipped, events)[0].reason == "it holds more than tensors"


def test_checkpoints_of_other_settings_are_refused(tmp_path):
    list(trainer(tmp_path).run())
    with pytest.raises(UserError, match="other settings"):
        list(trainer(tmp_path, digest="others").run())


def test_only_the_newest_checkpoints_stay(tmp_path):
    list(trainer(tmp_path, how=options(keep=2)).run())
    assert [p.name for p in sorted((tmp_path / "checkpoints").iterdir())] == [
        "step-00000015.pt",
        "step-00000020.pt",
    ]


def test_a_failed_step_is_taken_again_from_the_last_checkpoint(tmp_path):
    list(trainer(tmp_path / "straight").run())
    task = TinyTask(TinyOptions(raise_at=(3, 12)))
    events = list(trainer(tmp_path / "failing", task).run())
    restarts = of_kind(Restarted, events)
    assert [(r.failed, r.left_out, r.tries) for r in restarts] == [(3, False, 4), (12, False, 3)]
    assert "the file of step 3 cannot be read" in restarts[0].reason
    assert of_kind(Resumed, events) == [Resumed(0), Resumed(10)]
    assert same(network(tmp_path / "straight"), network(tmp_path / "failing"))


@pytest.mark.parametrize("trouble", [{"nan_at": 12}, {"always_raise_at": 12}])
def test_a_step_that_fails_again_is_left_out(tmp_path, trouble):
    events = list(trainer(tmp_path, TinyTask(TinyOptions(**trouble))).run())
    assert [(r.failed, r.left_out) for r in of_kind(Restarted, events)] == [(12, False), (12, True)]
    assert events[-1] == Finished(20, "weights.safetensors")
    assert all(math.isfinite(float(v.sum())) for v in network(tmp_path).values())


def test_too_many_failures_end_it_and_leave_the_checkpoint(tmp_path):
    task = TinyTask(TinyOptions(always_raise_at=12))
    with pytest.raises(OSError, match="step 12"):
        list(trainer(tmp_path, task, options(restarts=1)).run())
    state, _ = Checkpoints(tmp_path / "checkpoints", digest="settings").newest()
    assert state["step"] == 10


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of a process")
def test_a_full_disk_is_one_sentence_and_older_checkpoints_stay(tmp_path):
    import resource

    events = trainer(tmp_path, how=options(validate_every=None)).run()
    run_to(6, events)
    before = sorted(p.name for p in (tmp_path / "checkpoints").iterdir())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(UserError, match=r"step 10 could not be written.*older checkpoints are intact"):
            list(events)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert sorted(p.name for p in (tmp_path / "checkpoints").iterdir()) == before
    assert Resumed(5) in list(trainer(tmp_path).run())


def test_batches_made_ahead_change_nothing(tmp_path):
    list(trainer(tmp_path / "straight").run())
    task = TinyTask(TinyOptions(raise_at=(8,)))
    events = list(trainer(tmp_path / "ahead", task, options(ahead=3)).run())
    assert of_kind(Restarted, events)
    assert set(task.seen) == set(range(20))
    assert same(network(tmp_path / "straight"), network(tmp_path / "ahead"))


def test_half_precision_on_the_cpu_is_bfloat16_only(tmp_path):
    events = list(
        trainer(tmp_path, how=options(100, learning_rate=0.05, precision="bfloat16", save_every=100)).run()
    )
    reports = of_kind(Report, events)
    assert reports[-1].terms["loss"] < 0.5 * reports[0].terms["loss"]
    with pytest.raises(UserError, match="float16"):
        trainer(tmp_path, how=options(precision="float16"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("precision", ["float32", "float16", "bfloat16"])
def test_on_a_gpu_it_resumes_and_recovers(tmp_path, precision):
    how = options(40, precision=precision, save_every=7)

    class OnGpu(TinyTask):
        def batch(self, step):
            x, y, step = super().batch(step)
            return x.cuda(), y.cuda(), step

        def loss(self, batch, generator):
            x, y, step = batch
            assert generator.device.type == "cuda"
            error = (self.network(x).float() - y).square().mean()
            return error * (float("nan") if step == self.options.nan_at else 1.0), {}

        def validate(self, network):
            return super().validate(network.cpu())

    events = trainer(tmp_path, OnGpu(device="cuda"), how).run()
    run_to(10, events)
    events.close()
    events = list(trainer(tmp_path, OnGpu(TinyOptions(nan_at=12), device="cuda"), how).run())
    assert Resumed(10) in events
    # found at a report first, then at the step itself, which is then left out
    assert [(r.failed, r.left_out) for r in of_kind(Restarted, events)] == [
        (13, False),
        (12, False),
        (12, True),
    ]
    assert of_kind(Saved, events)[-1] == Saved(40)
    assert all(math.isfinite(float(v.sum())) for v in network(tmp_path).values())
