"""What neither path nor record can hold is refused by the name of its argument or setting."""

import re

import pytest

from drumcorpus.ground.files.unusable_text import check_texts, check_words, why_unusable

HALF = "holds U+D800, half of a character that was written in two; write the whole one"
NUL = "holds a NUL character, which no path can"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("/data/Egmd ø 鼓", ""),
        ("", ""),
        ("a\udcffb", ""),  # a byte of a file system, as Python has it
        ("a\0b", NUL),
        ("a\ud800b", HALF),
        ("\udfff", HALF.replace("D800", "DFFF")),
    ],
    ids=["fine", "empty", "byte", "nul", "half", "other_half"],
)
def test_the_reason(text, reason):
    assert why_unusable(text) == reason


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["render", "k\0"], f"argument: k\\x00 {NUL}"),
        (["render", "--midi", "a\0b", "kit"], f"--midi: a\\x00b {NUL}"),
        (["render", "--midi=a\0b", "kit"], f"--midi: a\\x00b {NUL}"),
        (["render", "--midi", "a", "b\ud800"], f"argument: b\\ud800 {HALF}"),
        (["render", "-x", "--midi=a", "b\0"], f"argument: b\\x00 {NUL}"),
        (["run", "--config", "a=1", "--", "x\0"], f"argument: x\\x00 {NUL}"),
        (["run", "--k\0=1"], f"argument: --k\\x00=1 {NUL}"),
    ],
    ids=["positional", "option", "equals", "several", "behind", "targets", "name"],
)
def test_a_word_is_named_by_its_option(words, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        check_words(words)


def test_words_that_can_be_paths_pass():
    check_words(["render", "--midi", "a", "-x", "--", "-", "--b", "\udcff"])


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"use": ["a", "b\0"]}, f"config: use[1]: b\\x00 {NUL}"),
        (
            {"source_sets": {"egmd": {"tier": None, "roots": ["\ud800"]}}},
            f"config: source_sets.egmd.roots[0]: \\ud800 {HALF}",
        ),
        ({"exports": {"a\0": {}}}, f"config: exports: a\\x00 {NUL}"),
        ({"a\0": 1}, f"config: a\\x00 {NUL}"),
        ({"taxonomy": "\0"}, f"config: taxonomy: \\x00 {NUL}"),
    ],
    ids=["list", "nested", "key", "key_of_the_top", "top"],
)
def test_a_text_of_a_config_is_named_by_its_setting(config, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        check_texts(config)


def test_a_config_of_all_kinds_of_values_passes():
    check_texts({"a": [1, 2.5, None, True, {"b": "ø"}], 3: "x", "c": {}})
