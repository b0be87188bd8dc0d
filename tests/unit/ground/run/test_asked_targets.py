"""A target that no rule makes is refused with what was meant."""

import re

import pytest

from drumcorpus.ground.run.asked_targets import check_targets

CONFIGURED = {
    "egmd": {"tier": "production"},
    "enst_drums": {"tier": "production"},
    "musdb18_hq": {"tier": "inventory"},
}
RULES = ["all", "inventory", "ingest", "weights", "ingest_egmd"]
MADE = re.compile(r"results/(events|tallies)/egmd\.parquet|results/manifests/prod\.jsonl")


def check(*targets):
    check_targets(
        targets,
        RULES,
        lambda path: bool(MADE.fullmatch(path)),
        used=["egmd", "musdb18_hq"],
        configured=CONFIGURED,
        manifests=["prod"],
    )


@pytest.mark.parametrize(
    "targets",
    [[], ["all"], ["ingest_egmd", "weights"], ["results/events/egmd.parquet"]],
    ids=["none", "all", "two", "path"],
)
def test_what_a_rule_makes_may_be_asked_for(targets):
    check(*targets)


def test_a_file_that_is_there_may_be_asked_for(tmp_path):
    (tmp_path / "note.txt").touch()
    check(str(tmp_path / "note.txt"))


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("ingest_egdm", "there is none of this name (did you mean 'ingest_egmd'?)"),
        ("Inventory", "(did you mean 'inventory'?)"),
        ("wieghts", "(did you mean 'weights'?)"),
        ("nonsense", "there is none of this name; `snakemake --list-target-rules`"),
        ("ingest_enst_drums", "enst_drums is not in `use` (egmd, musdb18_hq)"),
        ("ingest_musdb18_hq", "musdb18_hq has tier 'inventory'"),
        ("results/events/egdm.parquet", "(did you mean results/events/egmd.parquet?)"),
        ("results/manifests/prodd.jsonl", "(did you mean results/manifests/prod.jsonl?)"),
        (
            "results/nothing.json",
            "no rule makes this file; source sets in use and manifests",
        ),
        ("x" * 300, "there is none of this name"),
        ("y/" * 3000, "no rule makes this file"),
    ],
    ids=[
        *("set", "case", "swapped", "strange", "not_in_use", "tier"),
        *("path_of_a_set", "path_of_a_manifest", "strange_path"),
        *("long_name", "long_path"),
    ],
)
def test_a_target_that_nothing_makes_is_told_what_was_meant(target, sentence):
    with pytest.raises(ValueError) as error:
        check("all", target)
    assert str(error.value).startswith(f"target {target}: ")
    assert sentence in str(error.value)
    assert len(str(error.value).splitlines()) == 1
