"""YAML documents that people keep: safe loading, and a key stands once."""

import os

import yaml

from drumcorpus.ground.files.limits import read_reviewed


def read_yaml(path: str | os.PathLike):
    """The YAML document in `path`, by safe loading; a key may stand but once in its mapping.

    Raises
    ------
    ValueError
        If the file is not YAML, or larger than `limits.REVIEWED_BYTES`; the message names the file,
        and line and column where there is one.
    """
    data = read_reviewed(path)
    try:
        return yaml.load(data, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise ValueError(f"{path}:{line}:{column}: not YAML: {error.problem}") from error
    except yaml.reader.ReaderError as error:  # it knows the place in bytes or in characters
        before = data[: error.position]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        raise ValueError(f"{path}:{line}:{column}: not YAML: {error.reason}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not YAML: {error}") from error


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # ten times as fast where it is there
    """Safe loading that refuses a key given twice, of which PyYAML silently takes the last.

    A day such as 2027-01-31 becomes the text that was written, as a schema wants it.
    """

    def __init__(self, stream):
        super().__init__(stream)
        self.checked = set()

    def flatten_mapping(self, node):
        # Once, as it is written: `<<` then adds the keys of another mapping, which those here hide.
        if id(node) not in self.checked:
            self.checked.add(id(node))
            self.refuse_twice(node)
        super().flatten_mapping(node)

    def refuse_twice(self, node) -> None:
        seen = set()
        for key_node, _ in node.value:
            key = (key_node.tag, getattr(key_node, "value", None))
            if isinstance(key[1], str) and key in seen:
                message = f"the key {key[1]!r} stands twice"
                raise yaml.constructor.ConstructorError(None, None, message, key_node.start_mark)
            if isinstance(key[1], str):
                seen.add(key)

    def construct_day(self, node) -> str:
        try:
            self.construct_yaml_timestamp(node)
        except ValueError as error:
            message = f"{node.value} is no day: {error}"
            raise yaml.constructor.ConstructorError(None, None, message, node.start_mark) from error
        return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_day)
