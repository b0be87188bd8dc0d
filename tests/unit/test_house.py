"""The layers of the house, and the statements that stand in two places."""

import ast
import re
import sys
import tomllib

import pytest
import yaml
from checkout import REPO

from drumcorpus.ground.files.schema_check import document_problems
from drumcorpus.ground.run.configuration import check_configuration
from drumcorpus.ground.run.exports_in_use import exports_in_use
from drumcorpus.ground.run.software import DISTRIBUTIONS

LIBRARY = REPO / "src/drumcorpus"
MODULES = sorted(LIBRARY.rglob("*.py"))
SCRIPTS = sorted((REPO / "workflow/scripts").glob("*.py"))
RULE_FILES = sorted((REPO / "workflow/rules").glob("*.smk"))
SETS = {path.stem for path in (LIBRARY / "source_sets").glob("[a-z]*.py")}
CARDS = [REPO / "resources/source_sets", REPO / "resources/demo/source_sets"]
STAGES = {path.name for path in (LIBRARY / "stages").iterdir() if (path / "__init__.py").is_file()}
# Sections of the config that are called otherwise: they hold blocks by name.
SECTIONS = {"manifest": "manifests", "evaluation": "evaluations"}
# What each folder at the top of the package may import beside itself; the words stand at the top.
MAY_IMPORT = {
    "words": set(),
    "ground": {"words"},
    "source_sets": {"words", "ground"},
    "stages": {"words", "ground"},
    "load": {"words", "ground"},
    "demo": {"words", "ground"},
    "commands": {"words", "ground", "stages"},
}
# The entry of the command line stands at the top and belongs to the commands.
ENTRY = "__main__"


def imports(path):
    """Dotted names of all modules that a file imports, what is imported from packages included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            if node.module.startswith("drumcorpus"):
                yield from (
                    f"{node.module}.{alias.name}"
                    for alias in node.names
                    if is_module(f"{node.module}.{alias.name}")
                )


def is_module(name):
    path = LIBRARY.joinpath(*name.split(".")[1:])
    return path.is_dir() or path.with_suffix(".py").is_file()


def own_imports(path):
    """The parts, below the package, of the names of its own modules that a file imports."""
    names = {name for name in imports(path) if name.startswith("drumcorpus.")}
    return sorted(tuple(name.split(".")[1:]) for name in names)


def layer(parts):
    if parts[0] == ENTRY:
        return "commands"
    return parts[0] if (LIBRARY / parts[0]).is_dir() else "words"


def module_name(path):
    return ".".join(["drumcorpus", *path.relative_to(LIBRARY).with_suffix("").parts])


def parts_of(path):
    parts = path.relative_to(LIBRARY).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts


def rules(path):
    """(name, text) of every rule with a script in a rule file."""
    parts = re.split(r"^rule (\w+):$", path.read_text(), flags=re.MULTILINE)
    return [
        (n, text) for n, text in zip(parts[1::2], parts[2::2], strict=True) if "script:" in text
    ]


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_the_library_does_not_know_snakemake(path):
    assert [name for name in imports(path) if name.split(".")[0] == "snakemake"] == []


def test_the_top_of_the_package_is_words_and_layers():
    words = {path.stem for path in LIBRARY.glob("*.py")} - {"__init__", ENTRY}
    assert words == {
        *("schemas", "event_columns", "vocabulary", "taxonomy", "events", "hits", "sessions")
    }
    folders = {path.name for path in LIBRARY.iterdir() if (path / "__init__.py").is_file()}
    assert folders == MAY_IMPORT.keys() - {"words"}


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_go_down_the_layers(path):
    here = layer(parts_of(path))
    others = {layer(parts) for parts in own_imports(path)} - {here}
    assert others <= MAY_IMPORT[here]


@pytest.mark.parametrize("path", sorted((LIBRARY / "stages").rglob("*.py")), ids=module_name)
def test_a_stage_does_not_import_another(path):
    stages = {parts[1:2] for parts in own_imports(path) if parts[0] == "stages"}
    assert stages <= {parts_of(path)[1:2]}


@pytest.mark.parametrize("path", sorted((LIBRARY / "source_sets").rglob("*.py")), ids=module_name)
def test_a_source_set_does_not_import_another(path):
    others = {parts[1] for parts in own_imports(path) if parts[0] == "source_sets" and parts[1:]}
    assert others <= {"shared"}


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("__init__.py")), ids=module_name)
def test_a_folder_says_what_it_is_and_nothing_else(path):
    body = ast.parse(path.read_text()).body
    assert [type(node) for node in body] == [ast.Expr]
    assert isinstance(body[0].value.value, str)


def test_every_folder_of_modules_is_a_package():
    folders = {path.parent for path in MODULES}
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_a_stage_has_one_name_in_five_places(stage):
    config = yaml.safe_load((REPO / "config/config.yaml").read_text())
    assert (REPO / f"workflow/rules/{stage}.smk").is_file()
    assert any((REPO / f"tests/unit/stages/{stage}").glob("test_*.py"))
    assert (REPO / f"docs/{stage}.md").is_file()
    assert SECTIONS.get(stage, stage) in config


def test_every_section_of_the_config_is_a_stage_s():
    config = yaml.safe_load((REPO / "config/config.yaml").read_text())
    sections = {name for name, value in config.items() if isinstance(value, dict)}
    of_no_stage = {
        "demo",
        "source_sets",
        "exports",
        "weights",
        "smoke",
        "resources",
    }  # of other sections
    assert sections - of_no_stage <= {SECTIONS.get(stage, stage) for stage in STAGES}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_defines_nothing(path):
    defining = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    assert [n.name for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, defining)] == []
    assert len(path.read_text().splitlines()) < 30


def test_no_label_stands_in_the_library():
    labels = set(yaml.safe_load((REPO / "resources/taxonomy/components.yaml").read_text()))
    found = [
        (module_name(path), node.value)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in labels
    ]
    assert found == []


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_a_rule_logs_and_measures_under_its_own_name(path):
    for name, text in rules(path):
        assert f'"logs/{name}' in text
        assert f'"../scripts/{name}.py"' in text
        assert text.lstrip().startswith('"""')
        if name not in (
            "plan",
            "verify",
            "bless",
            "prune",
            "verify_export",
            "smoke",
        ):  # which make nothing fresh, and always run
            assert f'"benchmarks/{name}' in text
            assert f'"{name}.py"' in text.replace(f'scripts/{name}.py"', "")


def test_a_rule_file_fits_into_the_head():
    assert {path.name for path in RULE_FILES if len(path.read_text().splitlines()) > 250} == set()


def pins():
    lock = (REPO / "requirements.lock").read_text()
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^ \\;]+)", lock, re.MULTILINE))


def test_the_conda_environment_states_the_pins_of_the_lock():
    environment = yaml.safe_load((REPO / "environment.yml").read_text())
    stated = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    locked = pins()
    assert stated == [f"{name}=={locked[name]}" for name in (s.split("==")[0] for s in stated)]
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    wanted = {re.match(r"[a-z0-9-]+", requirement)[0] for requirement in asked}
    assert {"numpy", "snakemake", "pytest"} <= wanted <= {pin.split("==")[0] for pin in stated}


def declared_libraries():
    """Whether a comment says what it is for, by distribution, of the dependencies declared."""
    project = (REPO / "pyproject.toml").read_text()
    block = re.search(r"^dependencies = \[\n(.*?)^\]", project, re.MULTILINE | re.DOTALL)[1]
    lines = re.findall(r'^(    # .+\n)?    "([a-z0-9-]+)', block, re.MULTILINE)
    return {name: bool(reason) for reason, name in lines}


def imported_libraries():
    """The distributions that the library and the workflow import from."""
    modules = {name for path in [*MODULES, *SCRIPTS] for name in imports(path)}
    for path in [REPO / "Snakefile", *RULE_FILES]:
        modules |= set(re.findall(r"^(?:from|import) ([\w.]+)", path.read_text(), re.MULTILINE))
    names = {name.split(".")[0] for name in modules} - {"drumcorpus"} - sys.stdlib_module_names
    return {DISTRIBUTIONS.get(name, name) for name in names}


def test_what_is_imported_is_declared_and_what_is_declared_is_imported_or_says_why():
    declared, imported = declared_libraries(), imported_libraries()
    assert imported - declared.keys() == set()
    unexplained = {name for name, has_reason in declared.items() if not has_reason}
    assert unexplained - imported == set()


def test_every_package_of_the_lock_has_a_hash_and_no_address_stands_in_it():
    lock = (REPO / "requirements.lock").read_text()
    assert "://" not in lock
    blocks = re.split(r"\n(?=[A-Za-z0-9])", lock.split("\n", 2)[2])
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_torch_is_an_extra_and_its_pin_is_that_of_the_lock_without_gpus():
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    assert "torch" not in {pin.split("==")[0] for pin in [*pins(), *project["dependencies"]]}
    (wanted,) = project["optional-dependencies"]["train"]
    lock = (REPO / "requirements-torch.lock").read_text()
    assert f"\n{wanted}+cpu ; sys_platform == 'linux'" in lock
    assert f"\n{wanted} ; sys_platform != 'linux'" in lock
    assert "\nnvidia" not in lock


@pytest.mark.parametrize("overlay", [None, "production.yaml"])
def test_the_committed_configurations_are_valid(overlay, taxonomy):
    config = yaml.safe_load((REPO / "config/config.yaml").read_text())
    if overlay:
        merge(config, yaml.safe_load((REPO / "config" / overlay).read_text()))
    config, _ = exports_in_use(config, [config])
    schema = yaml.safe_load((REPO / "workflow/schemas/config.schema.yaml").read_text())
    assert document_problems(config, schema) == []
    check_configuration(config, taxonomy)


def merge(below, above):
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            merge(below[key], value)
        else:
            below[key] = value


def test_every_setting_has_a_description_in_the_schema():
    schema = yaml.safe_load((REPO / "workflow/schemas/config.schema.yaml").read_text())

    def undescribed(node, path):
        for name, child in node.get("properties", {}).items():
            is_leaf = not child.get("properties") and not child.get("additionalProperties")
            if is_leaf and "description" not in child:
                yield f"{path}.{name}"
            yield from undescribed(child, f"{path}.{name}")

    assert list(undescribed(schema, "")) == []


def test_every_committed_card_and_gate_file_is_valid():
    cards = [path for folder in CARDS for path in folder.glob("*.yaml") if path.stem in SETS]
    gates = REPO.glob("resources/gates/*.yaml")
    errata = REPO.glob("resources/source_sets/*_errata.yaml")
    for kind, paths in (("card", cards), ("gates", gates), ("errata", errata)):
        schema = yaml.safe_load((REPO / f"workflow/schemas/{kind}.schema.yaml").read_text())
        for path in paths:
            assert document_problems(yaml.safe_load(path.read_text()), schema) == [], path


def test_every_source_set_has_all_its_parts():
    config = yaml.safe_load((REPO / "config/config.yaml").read_text())
    production = yaml.safe_load((REPO / "config/production.yaml").read_text())
    assert set(config["source_sets"]) == set(config["use"]) == SETS == set(production["use"])
    assert set(production["source_sets"]) == SETS
    for name in SETS:
        assert (LIBRARY / f"demo/{name}.py").is_file()
        real, demo = (yaml.safe_load((folder / f"{name}.yaml").read_text()) for folder in CARDS)
        assert real["name"] == demo["name"] == name
        assert (demo["license"], demo["redistributable"], demo["is_synthetic"]) == (
            "MIT",
            True,
            True,
        )
        for key in ("label_maps", "label_method", "settings", "references"):
            assert real.get(key) == demo.get(key), (name, key)
        for label_map in real["label_maps"]:
            assert (REPO / f"resources/taxonomy/note_maps/{label_map}.yaml").is_file()
        for path in real.get("references", {}).values():
            assert (REPO / "resources" / path).is_file()


def test_every_reviewed_file_belongs_to_a_card():
    cards = [yaml.safe_load((CARDS[0] / f"{name}.yaml").read_text()) for name in SETS]
    used = {path for card in cards for path in card.get("references", {}).values()}
    there = {f"source_sets/{path.name}" for path in CARDS[0].glob("*.yaml")}
    used.add("source_sets/work_splits.yaml")  # of no set alone
    used.remove("crash/cymbal_words.yaml")  # of the stage, and of the sets whose notes are read
    assert there - {f"source_sets/{name}.yaml" for name in SETS} == used
    maps = {name for card in cards for name in card["label_maps"]}
    assert {path.stem for path in REPO.glob("resources/taxonomy/note_maps/*.yaml")} == maps


def vocabulary():
    """The words of vocabulary.py that are nothing else as well; (name, word)."""
    tree = ast.parse((LIBRARY / "vocabulary.py").read_text())
    words = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    return {name: word for name, word in words.items() if "_" in word}


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_word_that_travels_in_tables_is_spelled_once(path):
    if path == LIBRARY / "vocabulary.py":
        return
    # Keys of reports that are called as a word is, and settings.
    also_keys = {"no_events", "no_sound", "cymbal_map", "file_name", "onset_detector"}
    words = set(vocabulary().values()) - also_keys
    spelled = [
        (node.lineno, node.value)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in words
    ]
    assert spelled == []
