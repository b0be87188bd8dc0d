"""The benchmark at production size runs as it is printed, at a tiny size."""

from printed import command_of, run


def test_trees_are_written_as_the_page_says(tmp_path):
    small = ("--share", "0.005", "--sets", "groove_mididataset", "idmt_smt_drums_v2")
    lines = run(command_of("production/trees.py"), {"OUT": tmp_path}, *small).splitlines()
    assert [line.partition(",")[0] for line in lines] == [
        "groove_mididataset: 6 sessions",
        "idmt_smt_drums_v2: 1 sessions",
    ]
    assert {path.name for path in tmp_path.iterdir()} == {
        *("groove_mididataset", "groove_mididataset.complete"),
        *("idmt_smt_drums_v2", "idmt_smt_drums_v2.complete"),
    }


def test_a_manifest_has_the_sets_of_a_production_corpus(tmp_path):
    small = ("--production", "--events", "30079")
    said = run(command_of("make_manifest.py"), {"OUT": tmp_path}, *small)
    # A hundredth of 318, 1,150, 284 and 1,708 sessions.
    assert said.startswith("30,079 events, ")
    assert said.endswith(", 34 sessions\n")
