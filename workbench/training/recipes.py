"""What can be trained, by name: the functions that make a `Task` of the options in a configuration file.

Such a function is called ``make(options, *, seed, device, rank, world)`` with the file's table ``[task]``.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.core.errors import UserError

if TYPE_CHECKING:
    from workbench.training.task import Task

RECIPES = {"atom": "workbench.training.atom.recipe:make"}


def place_of(kind: str) -> tuple[str, str]:
    """The module and the function of a kind of training.

    Args:
        kind: a name of the program's own, or ``module:function`` for one of the user's.

    Raises:
        UserError: there is none.
    """
    module, _, function = RECIPES.get(kind, kind).partition(":")
    if not function:
        raise UserError(
            f"There is no training {kind!r}; choose {', '.join(RECIPES)}, or your own as module:function."
        )
    return module, function


def recipe(kind: str) -> Callable[..., Task]:
    """The function that makes the task of a kind.

    Raises:
        UserError: there is none.
    """
    module, function = place_of(kind)
    try:
        return getattr(importlib.import_module(module), function)  # type: ignore[no-any-return]
    except (ModuleNotFoundError, AttributeError) as error:
        raise UserError(f"The training {kind!r} cannot be found: {error}.") from error
