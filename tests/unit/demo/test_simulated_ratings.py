"""Simulated reviewers rate on their own scales, say that they are simulated, and repeat it all."""

import hashlib

import pytest
import yaml
from checkout import REPO

from drumcorpus.demo.ratings import REVIEWERS, rate_clips

SCHEMA_KEYS = ["src", "src_sha256", "corpus", "mos", "mos_std_dev", "n_ratings", "rated_by"]


def clips(n_clips, confidence=0.5):
    return [
        {
            "src": f"egmd/s/crash/{n:04d}.mp3",
            "src_sha256": hashlib.sha256(str(n).encode()).hexdigest(),
            "source_label": "crash",
            "session_id": "s",
            "confidence": confidence,
        }
        for n in range(n_clips)
    ]


@pytest.mark.parametrize("name", REVIEWERS)
def test_ratings_stand_on_the_scale_of_their_reviewer(name):
    scale = yaml.safe_load((REPO / f"config/corpora/{name}.yaml").read_text())
    rows = [r for c in (0.0, 0.5, 1.0) for r in rate_clips(clips(60, c), REVIEWERS[name], seed=3)]
    assert {row["corpus"] for row in rows} == {scale["name"]} == {name}
    assert min(row["mos"] for row in rows) >= scale["minimum"]
    assert max(row["mos"] for row in rows) <= scale["maximum"]
    assert all(list(row)[:7] == SCHEMA_KEYS for row in rows)
    assert {row["rated_by"] for row in rows} == {"simulated reviewer, seed 3"}


@pytest.mark.parametrize(
    ("name", "least", "most"), [("reviewer-1-5", 3, 5), ("reviewer-0-1", 0, 1)]
)
def test_a_surer_clip_is_rated_higher(name, least, most):
    low = rate_clips(clips(100, 0.1), REVIEWERS[name], seed=1)
    high = rate_clips(clips(100, 0.9), REVIEWERS[name], seed=1)
    means = [sum(row["mos"] for row in rows) / len(rows) for rows in (low, high)]
    assert means[0] < (least + most) / 2 < means[1]


def test_a_reviewer_hears_a_share_of_the_clips_and_some_are_heard_by_both():
    heard = [
        {row["src"] for row in rate_clips(clips(500), reviewer, seed=1)}
        for reviewer in REVIEWERS.values()
    ]
    assert 370 <= len(heard[0]) <= 430  # 0.8 of 500
    assert 320 <= len(heard[1]) <= 380  # 0.7
    assert 240 <= len(heard[0] & heard[1]) <= 320  # 0.56


def test_what_is_said_of_a_clip_depends_on_its_sound_and_the_seed_alone():
    reviewer = REVIEWERS["reviewer-1-5"]
    all_rows = rate_clips(clips(40), reviewer, seed=1)
    by_src = {row["src"]: row for row in all_rows}
    few = rate_clips(reversed(clips(40)[10:20]), reviewer, seed=1)
    assert few == [by_src[row["src"]] for row in few]
    assert len(few) == sum(10 <= int(src[-8:-4]) < 20 for src in by_src)
    assert [row["mos"] for row in rate_clips(clips(40), reviewer, seed=2)] != [
        row["mos"] for row in all_rows
    ]


def test_a_sound_that_stands_twice_is_rated_once():
    twice = [clip | {"src": f"{n}"} for n in (1, 0) for clip in clips(20)[:1]]
    rows = [
        row for seed in range(5) for row in rate_clips(twice, REVIEWERS["reviewer-1-5"], seed=seed)
    ]
    assert {row["src"] for row in rows} == {"0"}


def test_a_clip_without_confidence_is_rated_too():
    assert rate_clips(clips(20, None), REVIEWERS["reviewer-0-1"], seed=1)
