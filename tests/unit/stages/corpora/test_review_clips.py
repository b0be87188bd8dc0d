"""Every clip that the review of crashes plays is a row: its name and the digest of its sound."""

import base64
import hashlib

from drumcorpus.stages.corpora.review_clips import review_clips


def hit(number, sound=b"ID3 ding", **changes):
    return {
        "onset_time": 1.5 * number,
        "velocity": 0.5,
        "source_label": "crash",
        "cymbal": None,
        "guess": 1,
        "confidence": 0.4,
        "accepted": False,
        "file": "a/drums.wav",
        "number": number,
        "picture": "aGk=",
        "sound": None if sound is None else base64.b64encode(sound).decode(),
        "problem": None if sound else "no_audio",
    } | changes


def session(*hits, **changes):
    fields = {"session_id": "s1", "family": "crash", "reason": "doubtful", "n_hits": 9}
    return fields | {"hits": list(hits)} | changes


def test_a_clip_has_its_name_its_digest_and_where_it_was_cut_from():
    clips, counters = review_clips({"groove": [session(hit(2))]})
    assert clips == [
        {
            "src": "groove/s1/crash/0002.mp3",
            "src_sha256": hashlib.sha256(b"ID3 ding").hexdigest(),
            "source_set": "groove",
            "session_id": "s1",
            "family": "crash",
            "reason": "doubtful",
            "source_label": "crash",
            "cymbal": None,
            "guess": 1,
            "confidence": 0.4,
            "accepted": False,
            "onset_time": 3.0,
            "audio_path": "a/drums.wav",
        }
    ]
    assert counters == {"sessions": 1, "hits": 1, "clips": 1, "without_sound": 0}


def test_a_hit_without_sound_is_counted_and_is_no_clip():
    clips, counters = review_clips({"groove": [session(hit(1, None), hit(2))]})
    assert [clip["src"] for clip in clips] == ["groove/s1/crash/0002.mp3"]
    assert counters == {"sessions": 1, "hits": 2, "clips": 1, "without_sound": 1}


def test_clips_stand_in_order_of_name_whatever_the_order_of_the_review():
    doubts = {
        "slakh": [session(hit(1), session_id="b"), session(hit(11), hit(2), session_id="a")],
        "egmd": [session(hit(1), family="ride")],
    }
    clips, counters = review_clips(doubts)
    assert [clip["src"] for clip in clips] == [
        "egmd/s1/ride/0001.mp3",
        "slakh/a/crash/0002.mp3",
        "slakh/a/crash/0011.mp3",
        "slakh/b/crash/0001.mp3",
    ]
    assert counters == {"sessions": 3, "hits": 4, "clips": 4, "without_sound": 0}


def test_a_review_without_a_session_gives_no_clip():
    counters = {"sessions": 0, "hits": 0, "clips": 0, "without_sound": 0}
    assert review_clips({"groove": []}) == ([], counters)
