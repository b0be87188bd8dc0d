"""The run manifest and the digest of the code: when a product is what it should be."""

import copy
import json

import pyarrow as pa
import pytest

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.schema_check import document_problems
from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.run.code_digest import code_digest
from drumcorpus.ground.run.run_manifest import (
    describe_file,
    describe_output,
    describe_product,
    is_fresh,
    manifest_path,
    read_manifest,
    write_manifests,
)

PLAN = {
    "schema": "drumcorpus-run-manifest-v1",
    "rule": "merge_manifest",
    "wildcards": {"manifest": "prod"},
    "script": {
        "path": "workflow/scripts/merge_manifest.py",
        "code": "0123456789abcdef",
        "software": {"numpy": "2.4.6"},
    },
    "params": {"low": 1, "high": 2, "sets": ["a", "b"]},
    "inputs": [
        {"name": "events", "path": "r/a", "kind": "product", "sha256": "a" * 64, "rows": 3},
        {"name": "card", "path": "r/b", "kind": "resource", "sha256": "b" * 64, "rows": None},
    ],
}


@pytest.fixture
def outputs(tmp_path, monkeypatch):
    """Two finished products below the working directory, as the workflow names them."""
    monkeypatch.chdir(tmp_path)
    write_table("results/m.parquet", pa.table({"a": [1, 2, 3]}))
    (tmp_path / "results/m.jsonl").write_text('{"a":1}\n{"a":2}\n{"a":3}\n')
    return [("table", "results/m.parquet"), ("lines", "results/m.jsonl")]


@pytest.fixture
def made(outputs):
    write_manifests(PLAN, outputs, {"events": 3, "drops": {"double_trigger": 1}})
    return outputs


def changed(*place, value):
    plan = copy.deepcopy(PLAN)
    holder = plan
    for name in place[:-1]:
        holder = holder[name]
    holder[place[-1]] = value
    return plan


class TestManifest:
    def test_it_stands_beside_every_product_under_the_product_s_whole_name(self, made, tmp_path):
        names = sorted(path.name for path in (tmp_path / "results").iterdir())
        assert names == [
            "m.jsonl",
            "m.jsonl.manifest.json",
            "m.parquet",
            "m.parquet.manifest.json",
        ]

    def test_it_is_valid_by_its_schema(self, made, workflow_schema):
        for _, path in made:
            manifest = json.loads(manifest_path(path).read_bytes())
            assert document_problems(manifest, workflow_schema("run_manifest")) == []

    def test_it_says_what_was_given_and_what_came_out(self, made, tmp_path):
        data = (tmp_path / "results/m.jsonl").read_bytes()
        manifest = read_manifest("results/m.jsonl")
        assert {key: manifest[key] for key in PLAN} == PLAN
        assert manifest["outputs"][1] == {
            "name": "lines",
            "path": "results/m.jsonl",
            "sha256": sha256_bytes(data),
            "bytes": 24,
            "rows": 3,
        }
        assert manifest["outputs"][0]["rows"] == 3
        assert manifest["counters"] == {"events": 3, "drops": {"double_trigger": 1}}

    def test_equal_input_gives_equal_bytes(self, made):
        before = [manifest_path(path).read_bytes() for _, path in made]
        write_manifests(
            dict(reversed(PLAN.items())), made, {"drops": {"double_trigger": 1}, "events": 3}
        )
        assert [manifest_path(path).read_bytes() for _, path in made] == before
        assert before[0] == before[1]

    def test_it_holds_no_path_of_the_machine(self, made, tmp_path):
        text = manifest_path(made[0][1]).read_text()
        assert str(tmp_path) not in text

    def test_other_files_have_no_rows(self, tmp_path):
        (tmp_path / "page.html").write_text("<p>\n")
        assert describe_output("page", tmp_path / "page.html")["rows"] is None

    def test_a_file_that_only_claims_to_be_parquet_is_named(self, tmp_path):
        (tmp_path / "x.parquet").write_text("no")
        with pytest.raises(ValueError, match=r"x\.parquet: not a readable Parquet table"):
            describe_output("x", tmp_path / "x.parquet")

    def test_a_resource_is_shown_by_its_path_below_its_root(self, tmp_path):
        (tmp_path / "card.yaml").write_text("a: 1\n")
        described = describe_file("card", tmp_path / "card.yaml", "resources/card.yaml", "resource")
        assert described == {
            "name": "card",
            "path": "resources/card.yaml",
            "kind": "resource",
            "sha256": sha256_bytes(b"a: 1\n"),
            "rows": None,
        }


class TestFreshness:
    def test_what_was_just_made_is_fresh(self, made):
        assert is_fresh(PLAN, made, {})

    def test_what_has_no_product_yet_is_not(self, outputs):
        assert not is_fresh(PLAN, outputs, {})

    @pytest.mark.parametrize(
        ("place", "value"),
        [
            (("params", "low"), 3),
            (("params", "low"), 1.0),
            (("params", "low"), True),
            (("params", "sets"), ["b", "a"]),
            (("params",), {"low": 2, "high": 1, "sets": ["a", "b"]}),
            (("params",), {"low": 1, "high": 2, "sets": ["a", "b"], "new": None}),
            (("params",), {"low": 1, "high": 2}),
            (("inputs", 0, "sha256"), "c" * 64),
            (("inputs", 0, "path"), "r/b"),
            (("inputs",), PLAN["inputs"][:1]),
            (("inputs",), PLAN["inputs"][::-1]),
            (("script", "code"), "fedcba9876543210"),
            (("wildcards", "manifest"), "dev"),
            (("rule",), "other"),
        ],
    )
    def test_a_changed_plan_makes_it_stale(self, made, place, value):
        plan = changed(*place, value=value)
        assert plan != PLAN or value in (1.0, True)
        assert not is_fresh(plan, made, {})

    def test_swapped_digests_of_two_inputs_make_it_stale(self, made):
        plan = copy.deepcopy(PLAN)
        one, other = plan["inputs"]
        one["sha256"], other["sha256"] = other["sha256"], one["sha256"]
        assert not is_fresh(plan, made, {})

    @pytest.mark.parametrize("number", [0, 1])
    def test_one_flipped_bit_of_a_product_makes_it_stale(self, made, tmp_path, number):
        path = tmp_path / made[number][1]
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        assert not is_fresh(PLAN, made, {})

    @pytest.mark.parametrize("number", [0, 1])
    def test_a_missing_product_or_record_makes_it_stale(self, made, tmp_path, number):
        path = tmp_path / made[number][1]
        content = path.read_bytes()
        path.unlink()
        assert not is_fresh(PLAN, made, {})
        path.write_bytes(content)
        assert is_fresh(PLAN, made, {})
        manifest_path(path).unlink()
        assert not is_fresh(PLAN, made, {})

    def test_two_products_that_have_changed_places_are_stale(self, made, tmp_path):
        one, other = (tmp_path / path for _, path in made)
        spare = one.read_bytes()
        one.write_bytes(other.read_bytes())
        other.write_bytes(spare)
        assert not is_fresh(PLAN, made, {})

    def test_one_output_more_or_less_makes_it_stale(self, made, tmp_path):
        assert not is_fresh(PLAN, made[:1], {})
        (tmp_path / "results/new.txt").write_text("x")
        assert not is_fresh(PLAN, [*made, ("new", "results/new.txt")], {})

    def test_a_product_that_is_kept_elsewhere_is_looked_at_there(self, made, tmp_path):
        product = tmp_path / made[0][1]
        kept = product.with_name(".m.parquet.kept")
        product.rename(kept)
        assert not is_fresh(PLAN, made, {})
        assert is_fresh(PLAN, made, {made[0][1]: kept})
        kept.write_bytes(kept.read_bytes() + b"!")
        assert not is_fresh(PLAN, made, {made[0][1]: kept})

    def test_touching_everything_changes_nothing(self, made, tmp_path):
        for path in (tmp_path / "results").iterdir():
            path.touch()
        assert is_fresh(PLAN, made, {})

    @pytest.mark.parametrize(
        "damage",
        [
            lambda manifest: b"",
            lambda manifest: json.dumps(manifest).encode()[:-20],
            lambda manifest: b"null",
            lambda manifest: b"[]",
            lambda manifest: b"{}",
            lambda manifest: json.dumps(manifest | {"schema": "something-v2"}).encode(),
            lambda manifest: json.dumps(manifest | {"outputs": []}).encode(),
            lambda manifest: json.dumps(manifest | {"outputs": [{}]}).encode(),
            lambda manifest: json.dumps(manifest | {"outputs": None}).encode(),
            lambda manifest: json.dumps(manifest | {"outputs": [1]}).encode(),
            lambda manifest: json.dumps(
                manifest | {"outputs": [{"path": o["path"]} for o in manifest["outputs"]]}
            ).encode(),
        ],
        ids=[
            "empty",
            "cut",
            "null",
            "list",
            "no keys",
            "another schema",
            "no outputs",
            "output without keys",
            "outputs null",
            "output a number",
            "outputs without hashes",
        ],
    )
    def test_a_damaged_record_makes_it_stale_and_is_no_crash(self, made, damage):
        path = manifest_path(made[0][1])
        path.write_bytes(damage(json.loads(path.read_bytes())))
        assert not is_fresh(PLAN, made, {})


class TestProductsAsInputs:
    def test_a_product_is_described_as_its_record_says(self, made, tmp_path):
        assert describe_product("events", "results/m.jsonl") == {
            "name": "events",
            "path": "results/m.jsonl",
            "kind": "product",
            "sha256": sha256_bytes((tmp_path / "results/m.jsonl").read_bytes()),
            "rows": 3,
        }

    def test_a_damaged_product_is_named_with_the_way_out(self, made, tmp_path):
        (tmp_path / "results/m.jsonl").write_text('{"a":9}\n{"a":2}\n{"a":3}\n')
        message = (
            r"^results/m\.jsonl: is not what its run manifest says \(sha256 [0-9a-f]{12}… recorded,"
            r" [0-9a-f]{12}… found\).* snakemake --cores all --forcerun results/m\.jsonl -- all$"
        )
        with pytest.raises(ValueError, match=message):
            describe_product("events", "results/m.jsonl")

    def test_a_product_without_a_record_is_named(self, made):
        manifest_path("results/m.jsonl").unlink()
        with pytest.raises(ValueError, match=r"results/m\.jsonl: has no run manifest"):
            describe_product("events", "results/m.jsonl")

    def test_of_an_earlier_release_no_command_is_named_that_cannot_make_it(self, made):
        manifest_path("results/m.jsonl").unlink()
        with pytest.raises(ValueError, match=r"put it back from a copy, or move its folder away$"):
            describe_product("earlier", "results/m.jsonl")

    def test_the_record_of_another_product_is_no_record(self, made):
        record = json.loads(manifest_path("results/m.jsonl").read_bytes())
        record["outputs"] = record["outputs"][:1]
        manifest_path("results/m.jsonl").write_text(json.dumps(record))
        with pytest.raises(ValueError, match="has no run manifest that names it"):
            describe_product("events", "results/m.jsonl")


PAGE_STYLE = "drumcorpus/ground/pages/templates/page.css"
SOURCES = {
    "script.py": "from drumcorpus.stage import work\n\nwork()\n",
    "drumcorpus/__init__.py": "",
    "drumcorpus/stage.py": (
        '"""A stage."""\n\n'
        "from drumcorpus import ground\n\n\n"
        "def work(x=1):\n"
        '    """Work."""\n'
        "    # a reason\n"
        "    return ground.base(x)\n"
    ),
    "drumcorpus/ground.py": "def base(x):\n    return x + 1\n",
    "drumcorpus/unused.py": "X = 1\n",
    "drumcorpus/sets/__init__.py": "N = 1\n",
    "drumcorpus/sets/groove.py": "def read():\n    return 1\n",
    PAGE_STYLE: "p {}\n",
}


@pytest.fixture
def project(tmp_path):
    for name, text in SOURCES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


class TestCodeDigest:
    """Each digest is taken of the files as they stand then."""

    def digest(self, project, modules=()):
        return code_digest(project / "script.py", project / "drumcorpus", modules)

    def edited(self, project, name, old, new):
        """The digest before and after an edit."""
        before = self.digest(project)
        text = (project / name).read_text()
        assert old in text
        (project / name).write_text(text.replace(old, new))
        return before, self.digest(project)

    def test_it_is_16_hex_digits(self, project):
        digest = self.digest(project)
        assert len(digest) == 16
        assert set(digest) <= set("0123456789abcdef")

    @pytest.mark.parametrize(
        ("name", "old", "new"),
        [
            ("drumcorpus/stage.py", "# a reason", "# a better reason"),
            ("drumcorpus/stage.py", '"""Work."""', '"""Work harder."""'),
            ("drumcorpus/stage.py", '"""A stage."""', '"""The stage."""'),
            ("drumcorpus/stage.py", '    """Work."""\n', ""),
            ("drumcorpus/stage.py", "(x=1)", "(\n    x = 1,\n)"),
            ("drumcorpus/stage.py", "\n\n\ndef", "\n\n\n\n\n\ndef"),
            ("drumcorpus/ground.py", "x + 1", "(x) + (1)  # the same"),
            ("drumcorpus/unused.py", "X = 1", "X = 2"),
            ("script.py", "\n\nwork()", "\n# now\n\nwork()"),
        ],
        ids=[
            "comment",
            "docstring",
            "docstring of the module",
            "no docstring",
            "argument on a line of its own",
            "blank lines",
            "brackets",
            "unused module",
            "comment in the script",
        ],
    )
    def test_comments_docstrings_and_layout_do_not_count(self, project, name, old, new):
        before, after = self.edited(project, name, old, new)
        assert before == after

    @pytest.mark.parametrize(
        ("name", "old", "new"),
        [
            ("script.py", "work()", "work(2)"),
            ("drumcorpus/stage.py", "x=1", "x=2"),
            ("drumcorpus/stage.py", "x=1", "x=1.0"),
            ("drumcorpus/stage.py", "x=1", "x=True"),
            ("drumcorpus/stage.py", "x=1", "x=None"),
            ("drumcorpus/stage.py", "x=1", "*, x=1"),
            ("drumcorpus/stage.py", "return ground.base(x)", "ground.base(x)"),
            ("drumcorpus/ground.py", "x + 1", "x - 1"),
            ("drumcorpus/ground.py", "x + 1", "x + 2"),
            ("drumcorpus/ground.py", "return x + 1", "return None"),
            ("drumcorpus/__init__.py", "", "import sys\n"),
        ],
        ids=[
            "call",
            "value",
            "float for int",
            "bool for int",
            "None for int",
            "keyword only",
            "no return",
            "operator",
            "constant",
            "returned value",
            "import of the package",
        ],
    )
    def test_an_edit_of_meaning_counts_however_far_away(self, project, name, old, new):
        before, after = self.edited(project, name, old, new)
        assert before != after

    def test_undoing_an_edit_brings_the_digest_back(self, project):
        before, _ = self.edited(project, "drumcorpus/ground.py", "x + 1", "x + 2")
        _, after = self.edited(project, "drumcorpus/ground.py", "x + 2", "x + 1")
        assert before == after

    def test_it_does_not_depend_on_where_the_project_lies(self, project, tmp_path_factory):
        other = tmp_path_factory.mktemp("elsewhere")
        for name, text in SOURCES.items():
            (other / name).parent.mkdir(parents=True, exist_ok=True)
            (other / name).write_text(text)
        assert self.digest(project) == self.digest(other)

    @pytest.mark.parametrize(
        "changed", ["drumcorpus/sets/groove.py", "drumcorpus/sets/__init__.py"]
    )
    def test_a_module_loaded_by_a_name_given_counts_with_the_packages_around_it(
        self, project, changed
    ):
        before = self.digest(project, ["drumcorpus.sets.groove"])
        assert before != self.digest(project)
        (project / changed).write_text("def read():\n    return 2\n")
        assert before != self.digest(project, ["drumcorpus.sets.groove"])

    def test_a_module_named_in_a_string_counts(self, project):
        (project / "script.py").write_text(
            "from importlib import import_module\nimport_module('drumcorpus.sets.groove')\n"
        )
        before, after = self.edited(project, "drumcorpus/sets/groove.py", "return 1", "return 2")
        assert before != after

    @pytest.mark.parametrize(
        "text",
        [
            "import drumcorpus.sets.groove\n",
            "import drumcorpus.sets.groove as g\n",
            "from drumcorpus.sets import groove\n",
            "from drumcorpus.sets.groove import read\n",
            "def late():\n    from drumcorpus.sets.groove import read\n",
        ],
        ids=["import", "import as", "from the folder", "from the module", "inside a function"],
    )
    def test_every_way_to_import_is_followed(self, project, text):
        (project / "script.py").write_text(text)
        before, after = self.edited(project, "drumcorpus/sets/groove.py", "return 1", "return 2")
        assert before != after

    @pytest.mark.parametrize(
        "text", ["from . import ground\n", "from .ground import base\n"], ids=["module", "name"]
    )
    def test_a_relative_import_is_followed(self, project, text):
        (project / "drumcorpus/stage.py").write_text(f"{text}\n\ndef work():\n    pass\n")
        before, after = self.edited(project, "drumcorpus/ground.py", "x + 1", "x + 2")
        assert before != after

    def test_modules_that_import_each_other_come_to_an_end(self, project):
        (project / "drumcorpus/ground.py").write_text("import drumcorpus.stage\n")
        assert len(self.digest(project)) == 16

    def test_the_bytes_of_a_template_count_where_it_is_named(self, project):
        before, after = self.edited(project, PAGE_STYLE, "{}", "{ }")
        assert before == after
        (project / "drumcorpus/ground.py").write_text("STYLE = 'page.css'\n")
        before, after = self.edited(project, PAGE_STYLE, "{ }", "{  }")
        assert before != after

    def test_a_file_elsewhere_that_a_module_names_is_no_template(self, project):
        elsewhere = project / "elsewhere.txt"
        elsewhere.write_text("1")
        (project / "drumcorpus/ground.py").write_text(f"STATUS = {str(elsewhere)!r}\n")
        before = self.digest(project)
        elsewhere.write_text("2")
        assert self.digest(project) == before

    def test_a_template_s_change_is_seen_within_one_process(self, project):
        (project / "drumcorpus/ground.py").write_text("STYLE = 'page.css'\n")
        before = self.digest(project)
        (project / PAGE_STYLE).write_text("p { color: red }\n")
        assert code_digest(project / "script.py", project / "drumcorpus") != before

    @pytest.mark.parametrize(
        "text",
        [
            "ä" * 90,
            "…" * 100,
            "drumcorpus." + "x" * 300,
            "drumcorpus..",
            "drumcorpus.\0",
            "..",
            ".",
        ],
        ids=["90 letters", "100 wide letters", "long name", "dots", "NUL", "up", "here"],
    )
    def test_no_string_in_a_module_can_upset_it(self, project, text):
        (project / "drumcorpus/ground.py").write_text(f"TEXT = {text!r}\n")
        assert len(self.digest(project)) == 16

    def test_a_file_that_is_no_python_is_an_error(self, project):
        (project / "drumcorpus/ground.py").write_text("def (:\n")
        with pytest.raises(SyntaxError):
            self.digest(project)

    def test_every_script_of_the_workflow_has_one(self, repo):
        scripts = sorted((repo / "workflow/scripts").glob("*.py"))
        digests = {code_digest(script, repo / "src/drumcorpus") for script in scripts}
        assert len(digests) == len(scripts) > 5


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda text: text + "\n", id="trailing bytes"),
        pytest.param(lambda text: json.dumps(json.loads(text)), id="white space"),
        pytest.param(
            lambda text: json.dumps(dict(reversed(json.loads(text).items())), indent=2) + "\n",
            id="order of keys",
        ),
        pytest.param(lambda text: text.replace("{", '{"rule": "x",', 1), id="key given twice"),
        pytest.param(lambda text: "\ufeff" + text, id="byte order mark"),
    ],
)
def test_a_run_manifest_counts_by_its_bytes(made, edit):
    _, product = made[0]
    sidecar = manifest_path(product)
    assert read_manifest(product)
    sidecar.write_text(edit(sidecar.read_text()))
    assert read_manifest(product) is None
    assert not is_fresh(PLAN, made, {})
