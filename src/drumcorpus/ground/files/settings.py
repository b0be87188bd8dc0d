"""Sections of the configuration as frozen dataclasses, so that a name can be followed to its use.

A dataclass has the keys of its section as fields, a nested section as a field of its own dataclass,
and no default: that a setting has in the configuration alone. `SECTION` names the section, such as
``splits.search``, for messages.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import ClassVar, Protocol, TypeVar


class Settings(Protocol):
    """A frozen dataclass of the settings of one section."""

    SECTION: ClassVar[str]


S = TypeVar("S", bound=Settings)


def read_settings(kind: type[S], section: Mapping) -> S:
    """Make the settings of a section from its mapping; lists become tuples.

    Parameters
    ----------
    kind : type
        The dataclass of the section.
    section : mapping
        As the configuration has it.

    Raises
    ------
    ValueError
        If a setting is unknown or missing, at any depth; the message names all of its section.
    """
    return _read(kind, section, kind.SECTION)


def _read(kind: type, section: Mapping, where: str):
    kinds = {field.name: field.type for field in fields(kind)}
    unknown = [name for name in section if name not in kinds]
    missing = [name for name in kinds if name not in section]
    if unknown or missing:
        raise ValueError(
            f"config: {where}: unknown settings {unknown}, missing settings {missing}; "
            f"allowed, and needed: {', '.join(kinds)}"
        )
    return kind(**{name: _value(kinds[name], section[name], f"{where}.{name}") for name in kinds})


def _value(kind, value, where: str):
    if is_dataclass(kind):
        return _read(kind, value, where)
    return tuple(value) if isinstance(value, list) else value
