"""What pyproject.toml cannot say: circuits in the wheel, a description without relative links.

The circuits of the top folder become data of `qtn.experiments`, the locked set of `qtn.diagnosis`,
whose doctor tells what differs from it. Links to files of the repository
lead nowhere on the page of an index, so that the README's are plain words there.
"""

import re
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class WithTopFiles(build_py):
    """Copy what stands at the top beside the modules; an editable installation finds it there."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "qtn", "experiments", "shipped")
            shutil.copytree("circuits", target, dirs_exist_ok=True)
            shutil.copy("constraints.txt", Path(self.build_lib, "qtn", "diagnosis"))


readme = Path(__file__).with_name("README.md").read_text(encoding="utf-8")
setup(
    cmdclass={"build_py": WithTopFiles},
    long_description=re.sub(r"!?\[([^\]]+)\]\((?!https?:)[^)\s]*\)", r"\1", readme),
    long_description_content_type="text/markdown",
)
