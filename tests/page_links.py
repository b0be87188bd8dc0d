"""What a page refers to, but for the other pages of its corpus."""

import re


def without_page_links(html: str) -> str:
    """A page whose links to pages beside it, by relative names, are taken away."""
    return re.sub(r'href="(?:\.\./)*[\w%./-]+\.html(?:#[\w-]+)?"', "", html)
