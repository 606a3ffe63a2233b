"""The page of a comparison: one file of HTML that needs no network and shows all of it."""

from qtn.reports.page.document import render_page, write_page

__all__ = ["render_page", "write_page"]
