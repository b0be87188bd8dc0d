"""A setting has one spelling in the configuration and in the code, and its default there alone."""

import ast
from dataclasses import MISSING, FrozenInstanceError, dataclass, fields, is_dataclass
from importlib import import_module
from typing import ClassVar

import pytest
import yaml
from checkout import REPO

from drumcorpus.ground.files.settings import read_settings

LIBRARY = REPO / "src/drumcorpus"
CONFIG = yaml.safe_load((REPO / "config/config.yaml").read_text())
MACHINE = {"threads", "workers"}  # how much of it a job may use; the rules say that
# Not the setting of that name: the least level of a window around a crash hit, for which nothing
# in the configuration stands.
OTHER_MEANING = {("embed_hits", "silence_db")}
# Sections that are no stage's: what corpora, manifests and exports are called, and where they lie.
OF_THE_RUN = {"use", "source_sets", "manifests", "exports", "weights", "smoke", "resources"}
# A mapping and no dataclass: one export's block lies over it, and `export_settings` checks both.
OF_BLOCKS = {"export"}


def settings_classes():
    """Every dataclass that names the section it is made from."""
    for path in sorted(LIBRARY.rglob("*.py")):
        if "SECTION: ClassVar" in path.read_text():
            parts = path.relative_to(LIBRARY).with_suffix("").parts
            module = import_module(".".join(["drumcorpus", *parts]))
            yield from (
                value
                for value in vars(module).values()
                if is_dataclass(value) and hasattr(value, "SECTION")
            )


CLASSES = {kind.__qualname__: kind for kind in settings_classes()}


def section_of(name):
    section = CONFIG
    for key in name.split("."):
        section = section[key]
    return section


def values_of(section):
    """Names of the values of a section, those of nested ones included."""
    if not isinstance(section, dict):
        return []
    return [
        name
        for key, value in section.items()
        for name in (values_of(value) if isinstance(value, dict) and value else [key])
    ]


def keys_of(kind):
    """The fields of a dataclass of settings, nested as they are."""
    return {f.name: keys_of(f.type) if is_dataclass(f.type) else None for f in fields(kind)}


def nested_as(section, keys):
    """The keys of a section, nested where `keys` are."""
    return {
        key: nested_as(value, keys[key]) if keys.get(key) else None
        for key, value in section.items()
    }


@pytest.mark.parametrize("name", CLASSES)
def test_the_fields_of_settings_are_the_keys_of_their_section(name):
    kind = CLASSES[name]
    keys = keys_of(kind)
    section = section_of(kind.SECTION)
    elsewhere = getattr(kind, "ELSEWHERE", ())
    assert set(elsewhere) <= section.keys()
    kept = {key: value for key, value in section.items() if key not in elsewhere}
    assert nested_as(kept, keys) == keys
    read_settings(kind, kept)


@pytest.mark.parametrize("name", CLASSES)
def test_settings_are_frozen_and_have_no_default(name):
    kind = CLASSES[name]
    assert all(f.default is f.default_factory is MISSING for f in fields(kind))
    assert kind.__dataclass_params__.frozen


def parts():
    """(name, number of values) of what rules pass: a section's own values, or a section in it."""
    for name, section in CONFIG.items():
        if isinstance(section, dict) and name not in OF_THE_RUN:
            nested = {key for key, value in section.items() if isinstance(value, dict) and value}
            yield name, len(section.keys() - nested)
            yield from ((f"{name}.{key}", len(values_of(section[key]))) for key in nested)


def test_a_section_of_many_values_travels_as_a_dataclass():
    many = {name for name, n_values in parts() if n_values > 8}
    assert {"onsets", "crash.clustering", "splits.search"} <= many
    assert many - OF_BLOCKS <= {kind.SECTION for kind in CLASSES.values()}


def defaults(function):
    """(name, default) of the parameters of a function that have one."""
    positional = [*function.args.posonlyargs, *function.args.args]
    with_default = positional[len(positional) - len(function.args.defaults) :]
    yield from zip(with_default, function.args.defaults, strict=True)
    yield from zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)


@pytest.mark.parametrize("path", sorted((LIBRARY / "stages").rglob("*.py")), ids=lambda p: p.stem)
def test_no_parameter_repeats_a_setting_as_its_default(path):
    stages = {name: section for name, section in CONFIG.items() if name not in OF_THE_RUN}
    settings = set(values_of(stages)) | MACHINE
    repeated = {
        (node.name, parameter.arg)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        for parameter, default in defaults(node)
        if default is not None and parameter.arg in settings
    }
    assert repeated - OTHER_MEANING == set()


@dataclass(frozen=True)
class Inner:
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Outer:
    SECTION: ClassVar[str] = "outer"
    width_ms: float
    inner: Inner


def test_nested_sections_become_nested_settings_and_lists_tuples():
    settings = read_settings(Outer, {"width_ms": 1.5, "inner": {"labels": ["a", "b"]}})
    assert settings == Outer(1.5, Inner(("a", "b")))
    with pytest.raises(FrozenInstanceError):
        settings.width_ms = 2.0


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"inner": {"labels": []}}, r"config: outer: .*missing settings \['width_ms'\]"),
        (
            {"width_ms": 1.0, "inner": {"labels": []}, "width": 1},
            r"config: outer: unknown settings \['width'\].* needed: width_ms, inner",
        ),
        (
            {"width_ms": 1.0, "inner": {"label": []}},
            r"config: outer\.inner: unknown settings \['label'\], missing settings \['labels'\]",
        ),
    ],
    ids=["missing", "unknown", "nested"],
)
def test_unknown_and_missing_settings_are_refused_by_name(section, words):
    with pytest.raises(ValueError, match=words):
        read_settings(Outer, section)
