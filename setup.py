"""The circuits of the top folder go into the wheel as data of `qtn.experiments`."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class WithCircuits(build_py):
    """Copy `circuits/` beside the modules; an editable installation finds it at the top."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "qtn", "experiments", "shipped")
            shutil.copytree("circuits", target, dirs_exist_ok=True)


setup(cmdclass={"build_py": WithCircuits})
