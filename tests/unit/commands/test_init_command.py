"""``init`` writes a config that holds, and refuses folders that cannot be what they are called."""

import pytest
import yaml
from command_lines import run_command

from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.root_signs import check_roots

GROOVE = {"info.csv": "drummer\n"}
EGMD = {"e-gmd-v1.0.0.csv": "drummer\n"}


def fill(folder, names):
    for name, text in names.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def data(tmp_path):
    """Roots beside the folder of a corpus, which is empty."""
    fill(tmp_path / "groove", GROOVE)
    fill(tmp_path / "egmd", EGMD)
    fill(tmp_path / "both", GROOVE | EGMD)
    fill(tmp_path / "packs/Pack", {"Kick 1.wav": ""})
    (tmp_path / "corpus").mkdir()
    return tmp_path


def test_the_config_names_roots_licences_and_what_is_merged(data):
    status, said, error = run_command(
        data / "corpus", "init", "groove_mididataset=../groove", f"signaturesounds={data}/packs"
    )
    assert (status, error) == (0, "")
    assert said.startswith("drumcorpus.yaml: written. Next: drumcorpus plan")
    text = (data / "corpus/drumcorpus.yaml").read_text()
    config = yaml.safe_load(text)
    assert config["use"] == ["groove_mididataset", "signaturesounds"]
    assert config["source_sets"]["groove_mididataset"] == {"roots": ["../groove"], "shards": 4}
    assert config["source_sets"]["signaturesounds"]["roots"] == [f"{data}/packs"]
    assert config["manifests"] == {"prod_combined": {"source_sets": ["groove_mididataset"]}}
    assert "# Groove MIDI Dataset. Licence: CC-BY-4.0" in text
    assert str(data / "corpus") not in text


def test_where_nothing_is_merged_there_is_nothing_to_export(data, repo):
    assert run_command(data / "corpus", "init", "signaturesounds=../packs")[0] == 0
    config = yaml.safe_load((data / "corpus/drumcorpus.yaml").read_text())
    assert config["manifests"] == {"prod_combined": None}
    exports = read_yaml(repo / "config/config.yaml")["exports"]
    assert config["exports"] == dict.fromkeys(exports)


def test_a_root_is_meant_from_where_the_command_is_typed(data):
    status, said, _ = run_command(data, "init", "egmd=egmd", "--directory", "new/corpus")
    assert status == 0
    assert "drumcorpus run --directory new/corpus" in said
    config = yaml.safe_load((data / "new/corpus/drumcorpus.yaml").read_text())
    assert config["source_sets"]["egmd"]["roots"] == [str(data / "egmd")]


def test_the_demo_is_the_config_as_it_stands(data):
    assert run_command(data / "corpus", "init", "--demo")[0] == 0
    assert yaml.safe_load((data / "corpus/drumcorpus.yaml").read_text()) == {"release": "demo"}


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ([], 2, "say which source sets, SET=ROOT (init --sets lists them), or --demo"),
        (["--demo", "egmd=../egmd"], 2, "or --demo: one of the two"),
        (["egmd"], 2, "got 'egmd'; wanted: SET=ROOT, such as egmd=/data/egmd"),
        (["emgd=../egmd"], 2, "emgd: no such source set; there are: slakh2100, "),
        (["egmd=../gone"], 1, "egmd: ../gone: "),
        (["egmd=../groove"], 1, "is the root of groove_mididataset: groove_mididataset=../groove"),
        (["egmd=../both"], 1, "is the root of egmd and of groove_mididataset at once"),
        (["signaturesounds=../both"], 1, "holds files of groove_mididataset and of egmd too"),
        (["egmd=../egmd/e-gmd-v1.0.0.csv"], 1, "egmd: ../egmd/e-gmd-v1.0.0.csv: "),
        (["mdb_drums=../packs"], 1, "wanted: a folder that holds annotations/subclass"),
        (["egmd=../egmd", "egmd=../egmd"], 1, "name it once"),
        (["signaturesounds=.."], 1, "holds the working folder"),
    ],
    ids=[
        *("nothing", "two_things", "no_root", "misspelled", "gone", "another_set", "two_sets"),
        *("two_sets_in_packs", "a_file", "not_it", "twice", "around"),
    ],
)
def test_what_cannot_be_a_root_is_refused_and_nothing_is_written(data, arguments, status, words):
    got, said, error = run_command(data / "corpus", "init", *arguments)
    assert (got, said) == (status, "")
    assert words in error
    assert "Traceback" not in error
    assert list((data / "corpus").iterdir()) == []


def test_where_a_root_is_missing_the_way_to_fetch_it_is_said(data):
    _, _, error = run_command(data / "corpus", "init", "egmd=../gone", "mdb_drums=../gone too")
    egmd, mdb = error.splitlines()
    assert egmd.endswith("; to get it: python -m drumcorpus fetch egmd")
    assert "fetch" not in mdb  # of which no archive is published
    _, _, error = run_command(data / "corpus", "init", "egmd=../groove")
    assert "fetch" not in error


def test_the_folder_around_or_below_is_offered_for_a_root(data):
    fill(data / "around/MDB Drums", {"annotations/subclass/a.txt": ""})
    _, _, error = run_command(data / "corpus", "init", "mdb_drums=../around")
    assert "did you mean ../around/MDB Drums?" in error
    _, _, error = run_command(data / "corpus", "init", "mdb_drums=../around/MDB Drums/annotations")
    assert "did you mean ../around/MDB Drums?" in error


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["drumcorpus.yaml"], "drumcorpus.yaml: stands there already; edit it"),
        (["results/a.parquet", "logs/a.log"], "holds products of a run (logs, results)"),
        (
            ["a.txt", "b.txt", "c.txt", "d.txt"],
            "other files (a.txt, b.txt, c.txt and 1 more)",
        ),
    ],
    ids=["config", "products", "others"],
)
def test_a_folder_that_holds_something_else_is_refused(data, names, words):
    fill(data / "corpus", dict.fromkeys(names, ""))
    status, _, error = run_command(data / "corpus", "init", "--demo")
    assert status == 1
    assert words in error


def test_a_copy_of_the_set_that_has_the_labels_is_a_further_root_and_no_root_alone(data):
    fill(data / "stems", {"drummer1/session1/roots/mixture/1_rock.wav": ""})
    both = ["stemgmd=../stems", "stemgmd=../groove"]
    for refused, words in [
        (both[1:], "stemgmd: ../groove: is the root of groove_mididataset"),
        (["stemgmd=../stems", "stemgmd=../egmd"], "stemgmd: ../egmd: is the root of egmd"),
        (["stemgmd=../stems", "stemgmd=../both"], "stemgmd: ../both: is the root of "),
        (["egmd=../egmd", "egmd=../groove"], "egmd: ../groove: is the root of groove"),
    ]:
        status, _, error = run_command(data / "corpus", "init", *refused)
        assert (status, words in error) == (1, True)
    assert run_command(data / "corpus", "init", *both)[0] == 0
    config = yaml.safe_load((data / "corpus/drumcorpus.yaml").read_text())
    assert config["source_sets"]["stemgmd"]["roots"] == ["../stems", "../groove"]


def test_raw_data_an_environment_and_hidden_files_are_no_hindrance(data):
    fill(data / "corpus", {".gitignore": "", "venv/pyvenv.cfg": ""})
    fill(data / "corpus/raw/egmd", EGMD)
    assert run_command(data / "corpus", "init", "egmd=raw/egmd")[0] == 0


def test_every_set_of_the_config_has_its_signs_and_the_demo_those_of_its_sets(repo, tmp_path):
    signs = read_yaml(repo / "resources/layouts.yaml")
    assert signs.keys() == read_yaml(repo / "config/config.yaml")["source_sets"].keys()
    from drumcorpus.demo.enst_drums import write_corpus

    write_corpus(tmp_path / "enst", repo / "resources/demo/kits.yaml", seed=1, n_performances=1)
    check_roots({"enst_drums": [str(tmp_path / "enst")]}, signs)
    with pytest.raises(ValueError, match="is the root of enst_drums"):
        check_roots({"egmd": [str(tmp_path / "enst")]}, signs)


def test_settings_and_sets_are_listed(tmp_path, repo):
    settings = (repo / "config/config.yaml").read_text(encoding="utf-8")
    assert run_command(tmp_path, "init", "--settings")[1] == settings
    listed = run_command(tmp_path, "init", "--sets")[1]
    assert "egmd                 production CC-BY-4.0\n" in listed
