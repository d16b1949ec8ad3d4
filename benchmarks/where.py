"""Where the time of a network goes, by part of the program, on the processor and on a device.

``Parts`` is told which calls belong to which part; the program itself knows nothing of it. A part that is
entered within another counts for itself alone, so the rows of the table add up. The work is done twice: by
the clock alone, since torch's profiler makes every operation slower, and under the profiler for what the
device did and what was started.
"""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.autograd import DeviceType
from torch.autograd.profiler_util import FunctionEvent
from torch.profiler import ProfilerActivity, profile, record_function

from workbench.inference.atom.classifier import Classifier
from workbench.inference.atom.memory import SampleMemory
from workbench.inference.atom.pretrained import BackboneFeatures
from workbench.inference.atom.refinement import IoURefinement
from workbench.inference.atom.tracker import AtomTracker
from workbench.inference.detection import session as session_module
from workbench.inference.detection.session import Session
from workbench.inference.features import HogColour
from workbench.inference.slim import SlimFeatures
from workbench.models.atom import AtomIoUNet
from workbench.models.dcn import DCN
from workbench.tracking.scale_filter import ScaleFilter
from workbench.tracking.translation_filter import TranslationFilter

MARK = "part: "  # before the names of parts among the profiler's events
REST, END = "rest", "waiting for the device at the end"

# Operations that start no work: views, memory, and the names under which others run.
QUIET = """
view reshape _reshape_alias select slice narrow permute transpose t numpy_T mT matrix_H adjoint movedim
swapaxes unsqueeze squeeze expand expand_as unbind split split_with_sizes tensor_split chunk flatten unfold
alias detach detach_ view_as _unsafe_view real as_strided empty empty_like empty_strided new_empty resize_
set_ lift_fresh result_type contiguous to _to_copy clone item is_nonzero resolve_conj resolve_neg
"""
NO_WORK = {f"aten::{name}" for name in QUIET.split()}
READS = {"aten::_local_scalar_dense", "aten::nonzero"}  # Python looks at a value: it waits for a device's
WAITS = {"cudaStreamSynchronize", "cudaDeviceSynchronize", "cudaEventSynchronize", "cudaMemcpy"}


class Parts:
    """Seconds and operations of each part of some work."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._open: list[str] = []
        self._since = 0.0

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """What runs within belongs to this part."""
        self._count()
        self._open.append(name)
        try:
            with record_function(MARK + name):
                yield
        finally:
            self._count()
            self._open.pop()

    def watch(self, owner: Any, attribute: str, name: str) -> None:
        """Calls of this attribute of an object, a class or a module belong to this part."""
        function = getattr(owner, attribute)

        @functools.wraps(function)
        def watched(*args: Any, **kwargs: Any) -> Any:
            with self.part(name):
                return function(*args, **kwargs)

        setattr(owner, attribute, watched)

    def _count(self) -> None:
        now = time.perf_counter()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._since = now


def watch_session(parts: Parts, session: Session) -> None:
    """The parts of a detector."""
    parts.watch(session, "prepare", "prepare")
    parts.watch(session, "normalised", "upload and normalise")
    parts.watch(session, "forward", "backbone")
    for module in session.network.modules():
        if isinstance(module, DCN):
            parts.watch(module, "forward", "deformable layers")
    parts.watch(session.network, "read", "heads")
    parts.watch(session_module, "activated", "decoding")
    parts.watch(session, "read", "decoding")
    parts.watch(session_module, "to_host", "download")


def watch_tracker(parts: Parts, tracker: AtomTracker) -> None:
    """The parts of ATOM, of all trackers in this process but for the crop."""
    parts.watch(tracker, "_crops", "crop")
    parts.watch(BackboneFeatures, "__call__", "backbone")
    parts.watch(SlimFeatures, "_maps", "backbone")
    parts.watch(HogColour, "__call__", "HOG and colour")
    parts.watch(Classifier, "project", "localisation")
    parts.watch(Classifier, "scores", "localisation")
    parts.watch(tracker, "locate", "localisation")
    parts.watch(Classifier, "train", "filter update")
    parts.watch(SampleMemory, "add", "sample memory")
    parts.watch(IoURefinement, "refine", "overlap ascent")
    parts.watch(AtomIoUNet, "get_iou_feat", "overlap network")
    for kind, name in ((TranslationFilter, "place filter"), (ScaleFilter, "scale filter")):
        parts.watch(kind, "measure", name)
        parts.watch(kind, "learn", name)


def table(parts: Parts, work: Callable[[], object], device: str, *, times: int) -> list[str]:
    """Lines of a table: what the work takes by part, the mean of so many times."""
    on_device = device.startswith("cuda")

    def rounds() -> None:
        for _ in range(times):
            with parts.part(REST):
                work()
            if on_device:
                with parts.part(END):
                    torch.cuda.synchronize()

    rounds()
    parts.seconds.clear()
    rounds()
    seconds = dict(parts.seconds)
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_device else [])]
    with profile(activities=activities, acc_events=True) as profiler:
        rounds()
    started = Started(profiler.events(), on_device=on_device)
    whole = sum(seconds.values())
    lines = [
        "| part | ms | share | device ms | operations | launches | waits |",
        "|---|---|---|---|---|---|---|",
    ]
    names = sorted(seconds, key=seconds.__getitem__, reverse=True)
    for name in (*names, None):
        told, took = started.of(name), whole if name is None else seconds[name]
        device_ms = f"{told['device us'] / 1000 / times:.2f}" if on_device else "-"
        counts = " | ".join(f"{told[kind] / times:.0f}" for kind in ("operations", "launches", "waits"))
        lines.append(
            f"| {name or 'whole'} | {1000 * took / times:.2f} | {took / whole:.0%} | {device_ms} | {counts} |"
        )
    return lines


class Started:
    """What was started in each part, from the profiler's events.

    Operations are those that Python called, not what these call in turn. Launches are kernels and copies of
    the device; without one they are estimated: operations that call no other and are neither a view nor about
    memory. Waits are those for the device; without one, the values that Python looked at.
    """

    def __init__(self, events: list[FunctionEvent], *, on_device: bool) -> None:
        self._parts: dict[str, Counter[str]] = {}
        for event in events:
            if event.device_type != DeviceType.CPU:
                continue
            told = self._parts.setdefault(_part_of(event), Counter())
            name, parent = event.name, event.cpu_parent
            if _is_operation(event):
                told["operations"] += parent is None or not _is_operation(parent)
            if on_device:
                kernels = [] if name.startswith(MARK) else event.kernels
                told["launches"] += len(kernels)
                told["device us"] += sum(kernel.duration for kernel in kernels)
                told["waits"] += name in WAITS
            else:
                told["launches"] += _works(event)
                told["waits"] += name in READS

    def of(self, part: str | None) -> Counter[str]:
        """The counts of a part, or of all together."""
        if part is not None:
            return self._parts.get(part, Counter())
        return sum(self._parts.values(), Counter())


def _is_operation(event: FunctionEvent) -> bool:
    return event.name.startswith(("aten::", "torchvision::"))


def _works(event: FunctionEvent) -> bool:
    """Whether this operation does work itself."""
    inner = any(_is_operation(child) and child.name not in NO_WORK for child in event.cpu_children)
    return _is_operation(event) and event.name not in NO_WORK and not inner


def _part_of(event: FunctionEvent) -> str:
    """The innermost part that the event lies in."""
    at: FunctionEvent | None = event
    while at is not None:
        if at.name.startswith(MARK):
            return at.name.removeprefix(MARK)
        at = at.cpu_parent
    return REST
