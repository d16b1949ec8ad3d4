"""One loader for every file of weights: ours by its header, published ones by their parameters' names.

Published files are loaded as their authors' code does it, with one difference: what does not match is not
passed over in silence. Heads may be missing, or be others, or have other classes, and the report lists
them; a trunk that is not whole is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from workbench.core.errors import ModelError
from workbench.models.checkpoints import Checkpoint, LoadReport, load_into, read_checkpoint
from workbench.models.heads import NetworkSpec
from workbench.models.published import published_header
from workbench.models.recognition import Spec, recognise
from workbench.models.weights_file import read_weights
from workbench.models.weights_header import Header, read_header

OPTIONAL = (  # the classifier of ImageNet, which no tracker uses, and inputs that CenterTrack can do without
    "base.fc.",
    "feature_extractor.fc.",
    "base.pre_img_layer.",
    "base.pre_hm_layer.",
)
SPARE = (
    50_000_000  # numbers that a network may have beyond those of its file: heads that are still to be trained
)
MOST_CLASSES = 100_000  # of published weights; more are asked for by a file that is made to fill the memory
NEEDED = {  # heads without which a task cannot be decoded, with their channels; hm has one for each class
    "ctdet": {"wh": 2},
    "multi_pose": {"wh": 2, "hps": 34},
    "ddd": {"dep": 1, "rot": 8, "dim": 3},
    "mot": {"wh": 4, "id": 128},
}


@dataclass(frozen=True)
class LoadedModel:
    """A network with its weights.

    Args:
        path: the file.
        header: what the file says about itself, or what is known of published weights.
        network: in evaluation mode, on the CPU.
        report: what in the file and in the network did not match.
    """

    path: Path
    header: Header
    network: nn.Module
    report: LoadReport

    @property
    def kind(self) -> str:
        """Which sessions it is for."""
        return self.header.spec.kind

    @property
    def untrained(self) -> tuple[str, ...]:
        """Heads that the file has no weights for; what they give means nothing."""
        names = self.report.missing + self.report.misshaped
        return tuple(head for head in self.header.spec.heads if _belongs(names, head))


def load(path: Path | str, *, kind: str | None = None, spec: Spec | None = None) -> LoadedModel:
    """The network that a file of weights belongs to, with these weights.

    Args:
        path: a file of ours, or a published one.
        kind: the kind that is wanted; None for any.
        spec: another network to put the weights into, such as one with other classes or heads, to be
            trained further; None for the file's own.

    Raises:
        ModelError: the file cannot be read, is damaged or holds no weights; no network is known for them,
            or one of another kind; their trunk is not whole.
    """
    header, checkpoint = read_any(Path(path))
    if kind not in (None, header.spec.kind):
        raise ModelError(f"{path} holds {header.spec}, not {kind}: choose another file.")
    if spec is not None:
        classes = header.classes if spec.classes == len(header.classes) else ()
        header = replace(header, spec=spec, classes=classes)
    header = replace(header, spec=_whole(header.spec))
    _check_size(checkpoint, header.spec)
    network = build(header.spec)
    _silence(network, checkpoint)
    report = load_into(network, checkpoint, partial=True)
    _check_trunk(checkpoint.path, header.spec, report)
    return LoadedModel(checkpoint.path, header, network.eval(), report)


def inspect(path: Path | str) -> Header:
    """What is in a file of weights, without building its network.

    Raises:
        ModelError: as ``load``, but a network of this program is not needed for it.
    """
    return read_any(Path(path))[0]


def read_any(path: Path) -> tuple[Header, Checkpoint]:
    """The tensors of a file, and what they are.

    Raises:
        ModelError: it cannot be read, is damaged, holds no weights, or none that are known.
    """
    if read_header(path) is not None:
        weights = read_weights(path)
        return weights.header, Checkpoint(path, weights.state)
    checkpoint = read_checkpoint(path)
    spec = recognise({name: tuple(value.shape) for name, value in checkpoint.state.items()})
    if spec is None or spec.classes > MOST_CLASSES:
        some = ", ".join(list(checkpoint.state)[:3])
        raise ModelError(
            f"{path} holds weights of no network that is known here (it has {some}): choose weights of ATOM, "
            "CenterNet, FairMOT, CenterTrack or ST-GCN."
        )
    return published_header(spec), checkpoint


def build(spec: Spec) -> nn.Module:
    """A network, not yet trained.

    Raises:
        ModelError: there is none of this kind and trunk here.
    """
    builder = BUILDERS.get(spec.kind)
    if builder is None:
        raise ModelError(f"{spec} cannot be run by this version of the program: it has no such network yet.")
    try:
        return builder(spec)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError) as error:
        raise ModelError(f"No network can be built from {spec} ({error}): choose another file.") from error


def numbers_of(spec: Spec) -> int:
    """How many numbers the state of a network is made of, without the memory for them.

    Raises:
        ModelError: as ``build``.
    """
    with torch.device("meta"), _WithoutRandomNumbers():
        return sum(value.numel() for value in build(spec).state_dict().values())


class _WithoutRandomNumbers(TorchFunctionMode):
    """Parameters are not filled: on the meta device there is nothing to fill, and torch would import its
    compiler for that, which takes longer than all else about loading a network."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Collection[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = kwargs or {}
        if getattr(func, "__name__", "").endswith(("normal_", "uniform_")):  # of tensors and of nn.init
            return args[0] if args else given["tensor"]
        return func(*args, **given)


def _whole(spec: Spec) -> Spec:
    """The spec with the heads its task cannot do without."""
    needed = {} if spec.kind == "centertrack" else NEEDED.get(spec.task, {})
    return replace(spec, heads={**spec.heads, **{k: v for k, v in needed.items() if k not in spec.heads}})


def _check_size(checkpoint: Checkpoint, spec: Spec) -> None:
    """A file whose header asks for far more than it holds shall not fill the memory."""
    wanted, given = numbers_of(spec), checkpoint.numbers
    if wanted > given + SPARE:
        raise ModelError(
            f"{checkpoint.path} is not the whole of {spec}: it holds {given} of {wanted} numbers; choose "
            "another file."
        )


def _check_trunk(path: Path, spec: Spec, report: LoadReport) -> None:
    for how, names in (("lacks", report.missing), ("has another size for", report.misshaped)):
        wrong = [
            name
            for name in names
            if not name.endswith("num_batches_tracked")
            and not name.startswith(OPTIONAL)
            and name.split(".")[0] not in spec.heads
        ]
        if wrong:
            raise ModelError(
                f"{path} is not the whole of {spec}: it {how} {wrong[0]} and {len(wrong) - 1} more; choose "
                "another file."
            )


def _belongs(names: tuple[str, ...], head: str) -> bool:
    return any(name.startswith(f"{head}.") for name in names)


def _atom(spec: Spec) -> nn.Module:
    from workbench.models.atom import atom_resnet18, atom_resnet50
    from workbench.models.atom_slim import SlimAtomNet

    if spec.arch == "slim":
        return SlimAtomNet(**spec.options)
    return {"resnet18": atom_resnet18, "resnet50": atom_resnet50}[spec.arch]()


def _heatmaps(spec: Spec) -> nn.Module:
    from workbench.models import centernet, centertrack

    if spec.kind != "centertrack":
        return centernet.build(network_spec(spec))
    if spec.arch != "dla_34":
        raise ModelError(f"CenterTrack can be run with the trunk dla_34 only, not {spec.arch}.")
    return centertrack.build(network_spec(spec))


def _stgcn(spec: Spec) -> nn.Module:
    from workbench.models.stgcn import StGcn, TwoStreamStGcn, published_graph

    graph = published_graph(spec.options["subsets"], spec.options["joints"])

    def stream() -> StGcn:
        return StGcn(
            spec.options["channels"],
            spec.classes,
            graph,
            edge_importance=spec.options["edge_importance"],
            dropout=spec.options.get("dropout", 0.0),
        )

    return TwoStreamStGcn(stream(), stream()) if spec.arch == "st_gcn_twostream" else stream()


def network_spec(spec: Spec) -> NetworkSpec:
    """What CenterNet, FairMOT and CenterTrack build their networks from."""
    from workbench.models.centertrack import PRIOR_BIAS

    tracks = spec.kind == "centertrack"
    return NetworkSpec(
        spec.arch,
        dict(spec.heads),
        head_conv=spec.head_conv,
        one_conv=tuple(spec.options.get("one_conv", ())),
        classifier=bool(spec.options.get("classifier", False)),
        node=str(spec.options.get("node", "dcn")),
        **({"prior_bias": PRIOR_BIAS} if tracks else {}),
    )


def _silence(network: nn.Module, checkpoint: Checkpoint) -> None:
    """CenterTrack's inputs that a file was trained without get weights of zero and so add nothing."""
    for name in ("base.pre_img_layer.0.weight", "base.pre_hm_layer.0.weight"):
        if name not in checkpoint.state and name in network.state_dict():
            nn.init.zeros_(network.get_parameter(name))


BUILDERS: dict[str, Callable[[Spec], nn.Module]] = {
    "atom": _atom,
    "stgcn": _stgcn,
    **dict.fromkeys(("centernet", "fairmot", "centertrack"), _heatmaps),
}
