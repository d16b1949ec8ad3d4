"""What pyproject.toml cannot say: a wheel carries ``resources/`` and ``plugins/`` inside the package.

They are looked for by core/resources.py and services/plugin_finding.py.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CARRIED = ("*.toml", "weights/*")


class BuildWithResources(build_py):
    """Copies them beside the modules; an editable installation reads them where they are."""

    def run(self) -> None:
        """Build, then copy."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "workbench" / "_resources"
        shutil.rmtree(target, ignore_errors=True)
        for source in (file for pattern in CARRIED for file in Path("resources").glob(pattern)):
            copy = target / source.relative_to("resources")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)
        plugins = Path(self.build_lib) / "workbench" / "_plugins"
        shutil.rmtree(plugins, ignore_errors=True)
        shutil.copytree("plugins", plugins, ignore=shutil.ignore_patterns("__pycache__"))


setup(cmdclass={"build_py": BuildWithResources})
