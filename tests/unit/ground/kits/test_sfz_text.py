"""The text of SFZ instruments: includes, definitions, comments."""

from itertools import pairwise

import pytest

from drumcorpus.ground.kits.sfz_regions import read_instrument
from drumcorpus.ground.kits.sfz_text import SfzError


def test_definitions_and_includes_are_put_in(write_sfz, tmp_path):
    (tmp_path / "parts").mkdir()
    write_sfz("<region> sample=loud.wav key=$CRASH$EDGE lovel=$CRASHVEL\n", "parts/crash.sfz")
    path = write_sfz(
        "#define $CRASH 4\n#define $EDGE 9\n#define $CRASHVEL 80\n"
        '/* two\nlines */\n#include "parts\\crash.sfz"\n<region> sample=mid.wav key=51\n'
    )
    regions = read_instrument(path).regions
    assert {region.keys: region.velocities for region in regions} == {
        (49, 49): (80, 127),
        (51, 51): (0, 127),
    }


def test_a_circle_of_includes_is_refused(write_sfz):
    write_sfz('#include "kit.sfz"', "parts.sfz")
    with pytest.raises(SfzError, match=r"kit.sfz: includes itself, by way of parts.sfz"):
        read_instrument(write_sfz('#include "parts.sfz"'))


def test_a_broken_line_of_an_include_is_named_there(write_sfz):
    write_sfz("\n\n<region> sample=mid.wav key=x", "parts.sfz")
    with pytest.raises(SfzError, match=r"parts\.sfz:3: key=x"):
        read_instrument(write_sfz('#include "parts.sfz"'))


def test_definitions_that_grow_without_end_are_stopped(write_sfz):
    names = [f"${'A' * (30 - n)}" for n in range(30)]
    pairs = pairwise(names)
    text = "".join(f"#define {name} {after * 9}\n" for name, after in pairs)
    with pytest.raises(SfzError, match="makes a line longer than 100,000 characters"):
        read_instrument(write_sfz(f"{text}<region> sample={names[0]}\n"))
