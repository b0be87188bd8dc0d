"""How much sound a job of an export writes, by the settings of the export; nothing is opened."""

from collections.abc import Mapping

from drumcorpus.ground.run.expected_reads import Amount

# Bytes of one number; FLAC of drums takes about half of 16 bit.
_BYTES = {"wav16": 2, "wav24": 3, "flac": 1}


def sound_written(params: Mapping, amount: Amount) -> float | None:
    """Bytes of the sound of some samples; None where the job writes none, or it is not known.

    A clip is as long as its parts before and after the onset, as the default has them; segments and
    sessions are as long as the recordings.

    Parameters
    ----------
    params : mapping
        Of the job.
    amount : Amount
        What the job reads.
    """
    export = params.get("export")
    if not isinstance(export, Mapping) or not {"unit", "form", "sample_rate_hz"} <= export.keys():
        return None
    if export["unit"] == "clip":
        ms = _default(export["preroll_ms"]) + _default(export["postroll_ms"])
        seconds = amount.events and amount.events * ms / 1000
    else:
        seconds = amount.seconds
    if seconds is None:
        return None
    channels = 2 if export["channels"] == "stereo" else 1
    n_forms = 1 if isinstance(export["form"], str) else len(export["form"])
    return seconds * export["sample_rate_hz"] * channels * _BYTES[export["encoding"]] * n_forms


def _default(value: float | Mapping[str, float]) -> float:
    return value.get("default", max(value.values())) if isinstance(value, Mapping) else value
