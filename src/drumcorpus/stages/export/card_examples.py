"""Code that reads an export, for its dataset card: by form, as it would be typed in its folder."""

from collections.abc import Mapping

_LOADER = """With drumcorpus itself, which needs numpy and pyarrow alone:

```python
from drumcorpus.load.exports import open_export

export = open_export(".")
samples = export.split("train")
sample = samples[0]
sample.sound, sample.sample_rate_hz  # float32, Hz
sample.strokes.onsets, sample.labels  # seconds, names
sample.frames(fps=100, class_map="{class_map}")  # (n_frames, n_classes)
sample.multi_hot(class_map="{class_map}")
export.labels("train", columns=["sample_id", "duration", "weight"])  # pandas
```"""
_FORMS = {
    "webdataset": """With webdataset, each sample being `<sample_id>.{extension}` and \
`<sample_id>.json`:

```python
import glob

import webdataset

shards = sorted(glob.glob("train/*.tar"))
for sample in webdataset.WebDataset(shards, shardshuffle=False):
    sample["{extension}"], sample["json"]  # bytes
```

With datasets, `load_dataset("webdataset", data_files={{"train": "train/train-*.tar"}})` opens \
them as well.""",
    "parquet": """With datasets, streaming or not; without `decode=False` it needs torchcodec, \
which decodes the sound:

```python
from datasets import Audio, load_dataset

files = {{"train": "train/train-*.parquet", "validation": "val/validation-*.parquet"}}
train = load_dataset("parquet", data_files=files, split="train", streaming=True)
row = next(iter(train.cast_column("audio", Audio(decode=False))))
row["audio"]["bytes"], row["notes"]
```""",
    "files": """With pandas and soundfile:

```python
import pandas
import soundfile

labels = pandas.read_parquet("train/train_labels.parquet")
sound, rate = soundfile.read(labels.file[0])
labels.strokes[0]
```""",
}
_SESSIONS = """Beside the audio of a session stand its strokes as text (`.tsv`: onset in seconds, \
label, velocity) and as General MIDI percussion (`.mid`)."""


def loading(settings: Mapping, export: str) -> str:
    """How to read an export of these settings, in Markdown.

    Parameters
    ----------
    settings : mapping
        ``unit``, ``form`` (a name or a list), ``encoding`` and ``class_map`` count.
    export : str
        Its name.
    """
    facts = {
        "class_map": settings.get("class_map", "components"),
        "extension": "flac" if settings["encoding"] == "flac" else "wav",
    }
    forms = settings["form"]
    forms = [forms] if isinstance(forms, str) else forms
    parts = [f"The examples are run in the folder `{export}`, where this file is."]
    parts += [_LOADER.format(**facts), *(_FORMS[form].format(**facts) for form in forms)]
    return "\n\n".join(parts + ([_SESSIONS] if settings["unit"] == "session" else []))
