"""The pages of the stages say what the rules, the folders and the config say, and nothing else."""

import re

import pytest
import yaml
from checkout import REPO

STAGES = sorted(
    {path.parent.name for path in (REPO / "src/drumcorpus/stages").glob("*/__init__.py")}
)
# Stages whose section of the config has a name of its own.
SECTIONS = {"manifest": "manifests", "evaluation": "evaluations"}
# In the order in which the Snakefile includes them.
INCLUDED = re.findall(
    r'^include: "workflow/rules/(\w+)\.smk"', (REPO / "Snakefile").read_text(), re.M
)
# These take patterns of any table or put paths together, and so would allow every path.
WITHOUT_PATHS = {"inputs", "targets", "release_targets", "configuration", "demo"}
RULE_FILES = {path.stem: path.read_text() for path in (REPO / "workflow/rules").glob("*.smk")}
CONFIG = yaml.safe_load((REPO / "config/config.yaml").read_text())
INDEX = (REPO / "docs/README.md").read_text()


def page(stage):
    return (REPO / f"docs/{stage}.md").read_text()


def rule_names(rule_file):
    """The rules that a rule file defines."""
    return re.findall(r"^rule (\w+):$", rule_file, re.MULTILINE)


def settings_of(stage, config):
    """The names of the settings in a stage's section, those of groups left out."""
    section = config[SECTIONS.get(stage, stage)]
    if stage == "manifest":  # its groups are called as users call their manifests
        return sorted({name for block in section.values() for name in block})
    return sorted(set(leaf_keys(SECTIONS.get(stage, stage), section)))


def leaf_keys(key, value):
    """The names below a key that hold no further names."""
    if not isinstance(value, dict) or not value:
        return [key]
    return [leaf for name, inner in value.items() for leaf in leaf_keys(name, inner)]


def code_spans(text):
    """What stands in backticks within a line, and the lines of fenced blocks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", prose) + [line for b in blocks for line in b.splitlines()]


def not_named(names, text):
    """Those of the names that no code span of a page has as a whole word."""
    words = {word for span in code_spans(text) for word in re.findall(r"\w+", span)}
    return [name for name in names if name not in words]


def paths_of(text):
    """Paths of products in a text; every placeholder, of whatever spelling, is a star."""
    plain = re.sub(r"<\w+>|\{+[^{}\n]*\}+", "*", text)
    return set(re.findall(r"(?<![\w./*-])(?:results|reports)/[\w./*-]*[\w/*]", plain))


def rule_paths():
    """The paths of products that stand in the rule files."""
    text = "\n".join(RULE_FILES[name] for name in sorted(RULE_FILES.keys() - WITHOUT_PATHS))
    text = text.replace("{RELEASE}", "{RELEASES}/{release}").replace(
        "{RELEASES}", "reports/releases"
    )
    text = text.replace("{EXPORT}", "results/export/{manifest}/{export}")
    return paths_of(text)


def unknown_paths(text, known):
    """Those of a page that are neither a path of a rule nor a folder on the way to one."""
    patterns = []
    for path in known:
        parts = [re.escape(part).replace(r"\*", "[^/.]+") for part in path.strip("/").split("/")]
        patterns += ["/".join(parts[: n + 1]) for n in range(len(parts))]
    allowed = re.compile("|".join(sorted(patterns)))
    return sorted(path for path in paths_of(text) if not allowed.fullmatch(path.strip("/")))


@pytest.mark.parametrize("stage", STAGES)
def test_a_page_names_its_rule_file_its_folders_and_its_section(stage):
    section = SECTIONS.get(stage, stage)
    spans = code_spans(page(stage))
    assert f"workflow/rules/{stage}.smk" in spans
    assert f"src/drumcorpus/stages/{stage}/" in spans
    assert f"tests/unit/stages/{stage}/" in spans
    assert section in spans
    assert "config/config.yaml" in spans


@pytest.mark.parametrize("stage", STAGES)
def test_a_page_names_every_rule_of_its_stage(stage):
    names = rule_names(RULE_FILES[stage])
    assert names
    assert not_named(names, page(stage)) == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_page_names_every_setting_of_its_section(stage):
    assert not_named(settings_of(stage, CONFIG), page(stage)) == []


@pytest.mark.parametrize("name", ["README", *STAGES])
def test_every_path_on_a_page_stands_in_a_rule(name):
    assert unknown_paths(page(name), rule_paths()) == []


@pytest.mark.parametrize("name", ["README", *STAGES])
def test_links_and_files_of_the_checkout_are_there(name):
    text = page(name)
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    tops = ("src/", "tests/", "workflow/", "bench/")
    files = [span for span in code_spans(text) if span.startswith(tops) and span.isprintable()]
    files = [file for file in files if not re.search(r"[<*{ ]", file)]
    assert [link for link in links if not (REPO / "docs" / link).exists()] == []
    assert [file for file in files if not (REPO / file).exists()] == []


def test_every_stage_has_its_page_and_the_index_lists_every_page():
    pages = {path.stem for path in (REPO / "docs").glob("*.md")} - {"README", "reliability"}
    assert set(STAGES) <= pages
    assert not [name for name in pages if f"- [{name}]({name}.md): " not in INDEX]


def test_the_index_lists_the_pages_in_the_order_of_the_chain():
    listed = re.findall(r"^- \[(\w+)\]\(\1\.md\): \w", INDEX, re.MULTILINE)
    stages = [name for name in listed if name in STAGES]
    assert stages == [name for name in INCLUDED if name in STAGES]
    assert len(stages) == len(STAGES)


@pytest.mark.parametrize("name", ["README", *STAGES])
def test_a_page_is_read_in_one_go(name):
    lines = page(name).splitlines()
    assert 50 <= len(lines) <= 130
    assert [line for line in lines if len(line) > 100] == []


def test_what_a_page_leaves_out_is_noticed():
    text = page("splits")
    assert not_named(["decide_splits"], text.replace("decide_splits", "decide_split")) == [
        "decide_splits"
    ]
    without = text.replace("`memory_limit`", "`memory`")
    assert not_named(settings_of("splits", CONFIG), without) == ["memory_limit"]
    section = CONFIG["splits"] | {"search": {"a_new_setting": 1}}
    settings = settings_of("splits", CONFIG | {"splits": section})
    assert not_named(settings, text) == ["a_new_setting"]


def test_a_path_that_no_rule_has_is_noticed():
    known = rule_paths()
    assert {"results/events/*/*.parquet", "reports/releases/*/index.json"} <= known
    wrong = ["results/event/*.parquet", "results/events/*.csv", "reports/healthy/", "results/new/*"]
    for path in wrong:
        assert unknown_paths(f"`{path.replace('*', '<set>')}`", known) == [path]
    right = [
        "results/events/<set>/<shard>.parquet",
        "results/splits/mine.parquet",
        "results/samples/",
    ]
    assert unknown_paths(" ".join(f"`{path}`" for path in right), known) == []
