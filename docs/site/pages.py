"""Pages that are gathered from what stands elsewhere: messages, source sets, the library."""

import re
from collections.abc import Mapping

from columns import cell

# Sections in which a page says what a message means.
_STOPS = ("When it stops you", "When something is wrong", "When a job stops")


def messages_page(pages: Mapping[str, str]) -> str:
    """Every message that a page explains, by page.

    Parameters
    ----------
    pages : mapping
        Text of each page, by its name, in order.
    """
    parts = [
        "# Troubleshooting by message",
        "What the terminal says last, and what to do. `…` stands for what differs: a path, a "
        "value, a name. What is promised when something goes wrong: [reliability](reliability.md).",
    ]
    for name, text in pages.items():
        for title in _STOPS:
            section = re.search(rf"^## {title}\n+(.*?)(?=^## |\Z)", text, re.M | re.S)
            if section:
                parts += [f"## [{name}]({name}.md)", section[1].strip()]
    return "\n\n".join(parts) + "\n"


def source_sets_page(cards: Mapping[str, Mapping]) -> str:
    """Every source set by its card: what it is, its licence, what was published, what to know."""
    parts = [
        "# Source sets",
        "What the card of each set says. What was found wrong in them: "
        "[upstream facts](upstream_facts.md).",
    ]
    for name, card in cards.items():
        forbids = "; ".join(card["forbids"]) or "nothing beyond its terms"
        read = card["license_verified"] or "by nobody here"
        facts = [
            ("in the configuration", f"`{name}`"),
            ("version", card["version"]),
            ("licence", card["license"]),
            ("its text was read", read),
            ("it forbids", forbids),
            ("sound may be passed on", "yes" if card["redistributable"] else "no"),
            ("credit", card["attribution"]),
            ("cite", card["citation"]),
            ("from", card["obtain"]),
            ("labels", f"`{card['label_method']}`" if card["label_method"] else "none"),
            ("note maps", ", ".join(f"`{each}`" for each in card["label_maps"]) or "none"),
        ]
        rows = ["| | |", "| --- | --- |", *(f"| {key} | {cell(str(v))} |" for key, v in facts)]
        parts += [f"## {card['title']}", "\n".join(rows)]
        if card.get("notes"):
            parts.append(" ".join(card["notes"].split()))
        for release in card.get("published", ()):
            figures = [
                f"| {row['figure']}{_of_part(row)} | {row['count']:,} | {cell(row['where'])} |"
                for row in release["figures"]
            ]
            head = ["| published | count | where |", "| --- | ---: | --- |"]
            parts += [f"Release: {release['release']}", "\n".join([*head, *figures])]
    return "\n\n".join(parts) + "\n"


def _of_part(row: Mapping) -> str:
    of = [*row.get("part", {}).values(), *([row["kind"]] if "kind" in row else [])]
    return f", {', '.join(map(str, of))}" if of else ""


def library_page(modules: Mapping[str, str]) -> str:
    """Directives that write the documentation of modules from their docstrings."""
    parts = ["# Library", "What programs import. Everything else is the workflow's own."]
    for module in modules:
        parts.append(f"## {module}\n\n```{{eval-rst}}\n.. automodule:: {module}\n   :members:\n```")
    return "\n\n".join(parts) + "\n"
