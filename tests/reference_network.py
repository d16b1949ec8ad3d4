"""Networks with the weights of the recipe, their inputs, and the comparison with the published outputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from tests.reference_fill import fill_state_dict, net_input
from tests.reference_golden import Golden, published_keys


def assert_published_parameters(network: nn.Module, name: str) -> None:
    """The state's names, order, shapes and types are the published ones."""
    mine = [[key, list(value.shape), str(value.dtype)] for key, value in network.state_dict().items()]
    assert mine == published_keys(name)


def without_weights(build: Callable[[], nn.Module]) -> nn.Module:
    """A network whose parameters are only names and shapes, made at once."""
    with torch.device("meta"):
        return build()


def filled(build: Callable[[], nn.Module], known: Mapping[str, Tensor] | None = None) -> nn.Module:
    """A network with the weights of the recipe, for inference; ``known`` are weights made before."""
    network = without_weights(build)
    state = network.state_dict()
    weights = dict(known or {})
    # Names of a norm are told by their neighbours, so these are drawn together.
    missing = {key: value for key, value in state.items() if key not in weights}
    weights |= fill_state_dict(missing)
    network.load_state_dict({key: weights[key] for key in state}, assign=True)
    return network.eval().requires_grad_(False)


def golden_input(golden: Golden, suffix: str = "") -> Tensor:
    """The input that the figures were made with."""
    name, sizes = re.match(r"net_input\('(.+?)',([\d,]+)\)", golden.about["input"]).groups()
    return torch.from_numpy(net_input(name + suffix, *map(int, sizes.split(","))))


@contextmanager
def features_checked(golden: Golden, network: nn.Module) -> Iterator[None]:
    """Compare what the layers within the network give with the figures, where these are here.

    The network has to be asked once inside.
    """
    waiting = {key.removeprefix("feat__") for key in golden.arrays if key.startswith("feat__")}

    def check(name: str, output: Tensor | list[Tensor]) -> None:
        output = output[-1] if isinstance(output, list) else output
        assert output.shape == tuple(golden[f"featshape__{name}"]), name
        golden.check_statistics(f"feat__{name}", output, rtol=1e-4, atol=1e-5)
        waiting.remove(name)

    hooks = [
        network.get_submodule(name).register_forward_hook(lambda *call, name=name: check(name, call[-1]))
        for name in waiting
    ]
    yield
    assert not waiting
    for hook in hooks:
        hook.remove()


def check_maps(golden: Golden, maps: Mapping[str, Tensor], *, prefix: str = "") -> None:
    """Compare the outputs with the figures, each within its tolerance."""
    for name, value in maps.items():
        golden.check(prefix + name, value, **golden.about["tolerance"][name])
