"""How `make docs` builds the site: offline, from the repository as it stands.

The source folder is the repository, so that a link is the same on the site, in an editor and on a
page of the repository; `include_patterns` says which of its files are pages.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs" / "_ext")]
os.environ.setdefault("MPLBACKEND", "Agg")

from qtn._version import __version__  # noqa: E402

project = "qtn"
author = "The qtn developers"
copyright = "The qtn developers, Apache-2.0"
version = release = __version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "doors",
    "docstrings",
    "formulas",
    "papers",
    "twins",
]
root_doc = "docs/index"
include_patterns = [
    "docs/**",
    "notebooks/*.ipynb",
    "benchmarks/RESULTS.md",
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
]
exclude_patterns = [
    ".*",
    "out",
    "build",
    "dist",
    "qtn",
    "tests",
    "circuits",
    "benchmarks/peers",
    "benchmarks/.peers",
    "docs/_ext",
    "**/__pycache__",
    "**/.ipynb_checkpoints",
]

nb_execution_mode = "off"  # as committed: the tests execute them
nb_merge_streams = True
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "linkify"]
myst_linkify_fuzzy_links = False

smartquotes = False
default_role = "literal"  # one backtick is code in the docstrings
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = ["Cost", ("Class attributes", "Attributes"), "The same in steps"]
autodoc_typehints = "none"  # the signature says them
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
maximum_signature_line_length = 88

nitpicky = True
# Types and methods of other libraries: their pages are on the network, and nothing is fetched.
nitpick_ignore_regex = [("py:.*", ".*")]
suppress_warnings = ["mystnb.unknown_mime_type"]

html_theme = "furo"
html_math_renderer = "formulas"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_title = f"qtn {__version__}"
html_theme_options = {"navigation_with_keys": True}
html_show_sourcelink = False
html_copy_source = False
copybutton_prompt_text = re.escape(">>> ") + r"|\.\.\. |\$ "
copybutton_prompt_is_regexp = True
