"""A misspelt name is told what it was meant to be, and a strange one is not."""

import pytest

from drumcorpus.ground.files.spelling import did_you_mean

SETS = ["slakh2100", "groove_mididataset", "egmd", "enst_drums", "mdb_drums"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("egdm", "egmd"),
        ("EGMD", "egmd"),
        ("groove-mididataset", "groove_mididataset"),
        ("groove mididatset", "groove_mididataset"),
        ("ENST-Drums", "enst_drums"),
        ("slakh_2100", "slakh2100"),
        (2100, "slakh2100"),
        ("cambridge", None),
        ("", None),
    ],
    ids=["swapped", "case", "hyphen", "blank", "both", "more", "number", "other", "empty"],
)
def test_the_nearest_name_is_told(name, meant):
    assert did_you_mean(name, SETS) == (f" (did you mean {meant!r}?)" if meant else "")
