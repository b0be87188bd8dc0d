"""The archives of the committed cards, and what is read of a licence."""

import re

import pytest
import yaml
from checkout import REPO

from drumcorpus.ground.archives.fetch_words import parts_in
from drumcorpus.ground.archives.published import Part, archives_of, choose_archive, terms
from drumcorpus.ground.archives.unpack import TAR_ENDINGS
from drumcorpus.ground.files.schema_check import document_problems

SCHEMA = yaml.safe_load((REPO / "workflow/schemas/card.schema.yaml").read_text())
SETS = sorted(yaml.safe_load((REPO / "config/config.yaml").read_text())["source_sets"])
CARDS = {
    name: yaml.safe_load((REPO / f"resources/source_sets/{name}.yaml").read_text()) for name in SETS
}
ARCHIVES = [(name, archive) for name in SETS for archive in archives_of(CARDS[name])]
IDS = [f"{name} {archive.name}" for name, archive in ARCHIVES]


@pytest.mark.parametrize(("name", "archive"), ARCHIVES, ids=IDS)
def test_an_archive_can_be_fetched_and_held_against_a_digest_or_says_how_to_get_it(name, archive):
    assert archive.can_be_fetched or archive.obtain
    assert archive.name.endswith((".zip", *TAR_ENDINGS))
    for part in archive.parts:
        if part.url:  # of the file that it is called by, and nothing in it but the way
            assert re.fullmatch(r"https://[a-z.]+/[\w./-]+(\?download=1)?", part.url)
            assert part.url.removesuffix("?download=1").endswith(f"/{part.name}")
        assert part.md5 is None or re.fullmatch(r"[0-9a-f]{32}", part.md5)
        assert part.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", part.sha256)


@pytest.mark.parametrize("name", SETS)
def test_who_says_so_stands_beside_every_address_size_and_digest(name):
    for entry in CARDS[name].get("archives", []):
        states = any(key in str(entry) for key in ("'url'", "'bytes'", "'md5'", "'sha256'"))
        assert not states or entry["sources"], entry["name"]


def test_no_digest_stands_twice_and_no_name():
    parts = [part for _, archive in ARCHIVES for part in archive.parts]
    for key in ("md5", "sha256", "url", "name"):
        values = [value for part in parts if (value := getattr(part, key))]
        assert len(values) == len(set(values)), key


def test_volumes_that_no_card_lists_are_taken_in_their_order(tmp_path):
    [archive] = archives_of(CARDS["stemgmd"])
    listed = [part.name for part in archive.parts]
    assert listed[-1] == "StemGMD.zip"
    more = ["StemGMD.z06", "StemGMD.z09", "StemGMD.z10", "StemGMD.z100"]
    for name in [*more, *listed, "Other.z06", "StemGMD.z", "StemGMD.z06.part", "StemGMD_z07"]:
        (tmp_path / name).write_bytes(b"")
    pairs = parts_in(archive, tmp_path)
    assert [path.name for _, path in pairs] == [*listed[:-1], *more, "StemGMD.zip"]
    assert [part.name for part, _ in pairs] == [path.name for _, path in pairs]
    assert [bool(part.digests) for part, _ in pairs] == [True] * 5 + [False] * 5
    (tmp_path / "StemGMD.z03").unlink()
    with pytest.raises(LookupError, match=r"lacks StemGMD\.z03"):
        parts_in(archive, tmp_path)


def test_a_folder_of_other_parts_brings_none_of_them(tmp_path):
    archive = choose_archive(CARDS["star_drums"], "STAR_Drums_full.zip")
    for name in [part.name for part in archive.parts] + ["STAR_Drums_full.z01"]:
        (tmp_path / name).write_bytes(b"")
    assert [part for part, _ in parts_in(archive, tmp_path)] == list(archive.parts)


def test_what_can_be_fetched():
    first = {name: archives_of(CARDS[name])[:1] for name in SETS}
    assert {name for name in SETS if first[name] and first[name][0].can_be_fetched} >= {
        "egmd",
        "enst_drums",
        "groove_mididataset",
        "idmt_smt_drums_v2",
        "musdb18_hq",
        "slakh2100",
    }
    groove = first["groove_mididataset"][0]
    assert (groove.bytes, groove.parts[0].md5) == (
        5_111_599_714,
        "99db7e2a087761a913b2abfb19e86181",
    )


@pytest.mark.parametrize(
    "archive",
    [
        {"name": "a.zip"},
        {"name": "a.zip", "url": "https://example.org/a.zip"},
        {"name": "a.zip", "url": "http://example.org/a.zip", "md5": "0" * 32},
        {"name": "a.zip", "obtain": "x", "md5": "0" * 31},
        {"name": "a.zip", "obtain": "x", "bytes": 0},
        {"name": "../a.zip", "obtain": "x"},
        {"name": "a.zip", "parts": [{"name": "a"}]},
        {"name": "a.zip", "parts": [{"name": "a"}, {"name": "b", "url": "https://e.org/b"}]},
        {"name": "a.zip", "md5": "0" * 32, "parts": [{"name": "a"}, {"name": "b"}]},
    ],
    ids=[
        *("nothing", "no_digest", "not_tls", "short_digest", "empty", "path"),
        *("one_part", "part_without_digest", "digest_of_parts"),
    ],
)
def test_an_archive_that_cannot_be_held_against_anything_is_refused_in_a_card(archive):
    card = CARDS["groove_mididataset"]
    assert document_problems(card, SCHEMA) == []
    assert document_problems(card | {"archives": [archive]}, SCHEMA) != []


def test_archives_in_parts_and_by_hand_are_read():
    card = {
        "name": "star",
        "obtain": "there",
        "archives": [
            {"name": "a.zip", "parts": [{"name": "a.1", "bytes": 2}, {"name": "a.2", "bytes": 3}]},
            {"name": "b.zip", "bytes": 7, "md5": "0" * 32, "obtain": "a form"},
        ],
    }
    joined, whole = archives_of(card)
    assert [part.name for part in joined.parts] == ["a.1", "a.2"]
    assert (joined.bytes, whole.bytes) == (5, 7)
    assert whole.parts == (Part("b.zip", None, 7, "0" * 32),)
    assert (whole.can_be_fetched, whole.obtain) == (False, "a form")
    assert choose_archive(card, None) == joined
    assert choose_archive(card, "b.zip") == whole
    with pytest.raises(LookupError, match="star: no archive is published; get it at there"):
        choose_archive({"name": "star", "obtain": "there"}, None)


@pytest.mark.parametrize(
    ("licence", "answers"),
    [
        ("CC0-1.0", ["allowed", "allowed", "allowed"]),
        ("CC-BY-4.0", ["allowed", "allowed, with credit", "allowed, with credit"]),
        (
            "CC-BY-SA-4.0",
            ["allowed", "allowed, with credit", "allowed, with credit, under the same licence"],
        ),
        (
            "CC-BY-NC-SA-4.0",
            [
                "forbidden",
                "allowed, with credit, not for money",
                "allowed, with credit, not for money, under the same licence",
            ],
        ),
        (
            "CC-BY-NC-ND-4.0",
            [
                "forbidden",
                "allowed, with credit, not for money",
                "forbidden: cut, resampled or mixed sound may be made and used, not passed on",
            ],
        ),
        ("a form was signed", ["not stated", "forbidden", "forbidden"]),
    ],
)
def test_what_a_licence_says_of_three_questions(licence, answers):
    card = {"license": licence, "forbids": [], "redistributable": False}
    assert [answer for _, answer in terms(card)] == answers


@pytest.mark.parametrize("name", SETS)
def test_a_card_forbids_what_its_licence_does(name):
    answers = dict(terms(CARDS[name]))
    forbids = " ".join(CARDS[name]["forbids"])
    says = "commercial use" in forbids or "any use but academic" in forbids
    assert (answers["commercial use"] == "forbidden") == says
    is_closed = answers["passing on what is made of them"].startswith("forbidden")
    assert is_closed == (not CARDS[name]["redistributable"])
