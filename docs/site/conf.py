"""Sphinx' settings for the site; `build.py` puts this file beside the pages that it gathers."""

project = "drumcorpus"
copyright = "the drumcorpus authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = "drumcorpus"
html_copy_source = False
html_show_sphinx = False
exclude_patterns = ["_build"]
myst_heading_anchors = 4
# The docstrings are numpydoc's, with Markdown's single backquotes for names.
default_role = "code"
napoleon_google_docstring = False
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"
# No dependency of the package: with it or without, the site is the same.
autodoc_mock_imports = ["torch"]
# Nothing is loaded from elsewhere: the pages are read from a disk without a network.
html_static_path = []
