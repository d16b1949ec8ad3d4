import numpy as np
import pytest
import torch

from tests.reference_golden import Golden
from workbench.inference.atom.optimizer import (
    ConjugateGradient,
    ConvProblem,
    FactorizedConvProblem,
    GaussNewtonCG,
)


def joint_problem(golden, dtype):
    x, y = (torch.from_numpy(golden[key]).to(dtype) for key in ("x", "y"))
    weights = torch.full((len(x),), 1 / len(x), dtype=dtype)
    problem = FactorizedConvProblem(
        x, y, weights, size=(4, 4), channels=6, filter_reg=0.1, projection_reg=1e-4, bend=0.05
    )
    start = [torch.from_numpy(golden[key]).to(dtype).flatten() for key in ("f0", "P0")]
    return problem, torch.cat(start)


def check_parts(golden, problem, x, suffix, **near):
    filter_, projection = problem.parts(x)
    kind, _, step = suffix.partition("/")
    golden.check(f"{kind}/filter{step}", filter_.reshape(1, 6, 4, 4), **near)
    golden.check(f"{kind}/projection{step}", projection.reshape(6, 16, 1, 1), **near)


@pytest.mark.parametrize(
    ("kind", "dtype", "near"),
    [
        ("f64", torch.float64, {"rtol": 1e-6, "atol": 1e-9}),
        ("f32", torch.float32, {"rtol": 1e-3, "atol": 1e-6}),
    ],
)
def test_first_steps_agree_with_the_published_ones(kind, dtype, near):
    golden = Golden("atom_optim")
    problem, start = joint_problem(golden, dtype)
    for steps in (1, 2):
        check_parts(
            golden, problem, GaussNewtonCG().run(problem, start, cg=steps), f"{kind}/_gn1_cg{steps}", **near
        )


def test_residuals_agree_with_the_published_ones_until_rounding_takes_over():
    """Each step amplifies rounding about twentyfold, even in double precision; six steps are safe."""
    golden = Golden("atom_optim")
    problem, x = joint_problem(golden, torch.float64)
    model = problem.linearize(x)
    norms = []
    for steps in range(7):
        step = ConjugateGradient().solve(model.normal, model.descent, problem.precondition, iterations=steps)
        norms.append(float((model.descent - model.normal(step)).norm()))
    # The published norm counts the shared inner product once for the filter and once for the projection.
    np.testing.assert_allclose(np.sqrt(2) * np.array(norms), golden["f64/cg_residual_norms"][:7], rtol=1e-6)


@pytest.mark.parametrize("kind", ["f64", "f32"])
def test_whole_optimisation_reaches_the_published_losses(kind):
    golden = Golden("atom_optim")
    problem, x = joint_problem(golden, torch.float64 if kind == "f64" else torch.float32)
    trainer, losses = GaussNewtonCG(), [problem.loss(x)]
    for _ in range(6):
        x = trainer.run(problem, x, cg=10)
        losses.append(problem.loss(x))
    published = golden[f"{kind}/losses"]
    assert losses[0] == pytest.approx(published[0], rel=1e-6)
    np.testing.assert_allclose(losses[1:3], published[1:3], rtol=0.1)  # the second step overshoots
    np.testing.assert_allclose(losses[3:], published[3:], rtol=0.01)


@pytest.mark.parametrize(
    ("name", "options"),
    [("default", {}), ("fletcher", {"fletcher_reeves": True}), ("forget", {"forget": 0.75})],
)
def test_online_updates_agree_with_the_published_ones(name, options):
    golden, dtype = Golden("atom_optim"), torch.float64
    first, new, y = (
        torch.from_numpy(golden[key]).to(dtype) for key in ("online_memory_init", "online_new", "y")
    )
    n = len(first)
    samples, labels = first.new_zeros(40, *first.shape[1:]), first.new_zeros(40, *y.shape[1:])
    samples[:n], labels[:n] = first, y
    weights = torch.zeros(40, dtype=dtype)
    weights[:n] = 1 / n
    x = torch.from_numpy(golden["online_filter_init"]).to(dtype).flatten()
    trainer = GaussNewtonCG(**options)
    for update in range(4):
        samples[n + update], labels[n + update] = new[update], y[update]
        weights *= 0.97
        weights[n + update] = 0.03
        weights /= weights.sum()
        problem = ConvProblem(samples, labels, weights, size=(4, 4), filter_reg=0.1, bend=0.05)
        x = trainer.run(problem, x, cg=5)
        expected = golden[f"f64/online_{name}"][update]
        np.testing.assert_allclose(x.reshape(expected.shape), expected, rtol=1e-6, atol=1e-9)
