"""The dataset card of an export: README.md, for people and, in its head, for the Hugging Face Hub.

The head is of the keys that the Hub reads (https://huggingface.co/docs/hub/datasets-cards); the
files of each split and form stand there as configurations, so that ``datasets`` finds them.
"""

from collections.abc import Mapping, Sequence

import yaml

from drumcorpus.ground.files.citations import citation_of
from drumcorpus.stages.export.amounts import amounts_in_words, duration_in_words
from drumcorpus.stages.export.card_examples import loading
from drumcorpus.stages.export.figure_tables import amounts_table
from drumcorpus.stages.export.label_methods import labelled_by_model
from drumcorpus.stages.export.layout import CHECKSUMS, SPLIT_FOLDERS
from drumcorpus.stages.export.record_fields import NESTED_FIELDS, RECORD_FIELDS, STROKE_FIELDS
from drumcorpus.vocabulary import NO_VALUE, ONSET_DETECTOR, SPLITS

# SPDX identifiers, in small letters, that are the Hub's as well.
_HUB_LICENSES = (
    *("mit", "apache-2.0", "cc0-1.0", "odbl", "pddl", "unlicense"),
    *(f"cc-by{kind}-4.0" for kind in ("", "-nc", "-nc-nd", "-nc-sa", "-nd", "-sa")),
)
_SIZES = ("1K", "10K", "100K", "1M", "10M", "100M", "1B")
_UNITS = {
    "clip": "a clip of sound around every event, cut from its recording",
    "segment": "recordings cut into windows of one length",
    "session": "whole recordings",
}
_AUDIO = {"drums": "the drum recording", "mix": "the full mix, where the source set has one"}


def dataset_card(
    *,
    manifest: str,
    export: str,
    release: str | None,
    settings: Mapping,
    figures: Mapping,
    cards: Mapping[str, Mapping],
    class_maps: Mapping[str, Mapping],
    of_model: str = "",
) -> str:
    """The text of README.md.

    Parameters
    ----------
    manifest, export : str
        Their names.
    release : str, optional
    settings : mapping
        The export's block of the configuration, with the defaults that it does not name.
    figures : mapping
        As of `statistics.measure_samples`.
    cards : mapping
        The card of every source set of the export, by the set's name.
    class_maps : mapping
        As of `statistics.measure_samples`.
    of_model : str
        What a model made of the labels, as of `label_methods.model_labels_in_words`.

    Raises
    ------
    ValueError
        If the figures have a source set that has no card.
    """
    missing = sorted(figures["statistics"]["by_source_set"].keys() - cards.keys())
    if missing:
        raise ValueError(f"no card of the source sets {', '.join(missing)}")
    sections = {
        None: _head_words(manifest, export, release, settings, figures)
        + (f"\n\n**{of_model}**" if of_model else ""),
        "How to load it": loading(settings, export),
        "Fields": _fields(),
        "Splits": _splits(figures),
        "Class maps": _class_maps(settings, class_maps),
        "Sources, licences and citations": _sources(cards),
        "How it was made, and how to trace a label": _traces(manifest),
        "Known limits": _limits(settings, figures, cards),
    }
    parts = [f"# {manifest}: {export}"]
    for title, text in sections.items():
        parts += [f"## {title}", text] if title else [text]
    head = card_head(
        manifest=manifest, export=export, settings=settings, figures=figures, cards=cards
    )
    lines = yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=100)
    return f"---\n{lines}---\n\n" + "\n\n".join(parts) + "\n"


def card_head(
    *,
    manifest: str,
    export: str,
    settings: Mapping,
    figures: Mapping,
    cards: Mapping[str, Mapping],
) -> dict:
    """What the Hub reads: licence, task, tags, size, and the files of every split.

    Parameters are those of `dataset_card`. Where the source sets have several licences, or one
    that the Hub does not know, the licence is ``other`` and links to the card's own list.
    """
    licences = sorted({card["license"] for card in cards.values()})
    known = [name.lower() for name in licences if name.lower() in _HUB_LICENSES]
    if len(licences) == 1 and known:
        licence = {"license": known[0]}
    else:
        licence = {"license": "other", "license_name": "by-source-set", "license_link": "README.md"}
    forms = forms_of(settings)
    statistics = figures["statistics"]
    splits = [split for split in SPLITS if statistics["by_split"][split]["records"]]
    return {
        **licence,
        "pretty_name": f"drumcorpus {manifest}, {export}",
        "task_categories": ["audio-classification"],
        "tags": [
            *("audio", "music", "drums", "automatic-drum-transcription"),
            *("music-information-retrieval", *(form for form in forms if form == "webdataset")),
        ],
        "size_categories": [size_category(statistics["records"])],
        "configs": _configs(forms, splits),
    }


def forms_of(settings: Mapping) -> list[str]:
    """The forms of an export, in their order: `form` may be one name or a list."""
    form = settings["form"]
    return [form] if isinstance(form, str) else list(form)


def size_category(n_records: int) -> str:
    """The Hub's name for a number of records.

    Examples
    --------
    >>> [size_category(n) for n in (0, 999, 1_000, 12_900_000, 5_000_000_000)]
    ['n<1K', 'n<1K', '1K<n<10K', '10M<n<100M', 'n>1B']
    """
    bounds = [10 ** (3 + place) for place in range(len(_SIZES))]
    place = sum(n_records >= bound for bound in bounds)
    if place == 0:
        return f"n<{_SIZES[0]}"
    if place == len(_SIZES):
        return f"n>{_SIZES[-1]}"
    return f"{_SIZES[place - 1]}<n<{_SIZES[place]}"


def _configs(forms: Sequence[str], splits: Sequence[str]) -> list[dict]:
    """The files of every split, the first configuration being the default.

    ``datasets`` reads all configurations of a folder with the reader of the default one: tar shards
    stand alone, and where there are Parquet shards as well, these go first.
    """
    shards = {"parquet": "{split}-*.parquet", "webdataset": "{split}-*.tar"}
    wanted = {form: shards[form] for form in shards if form in forms}
    if list(wanted) != ["webdataset"]:
        wanted.pop("webdataset", None)
        wanted["labels"] = "{folder}_labels.parquet"
    configs = [
        {
            "config_name": name,
            "data_files": [
                {
                    "split": split,
                    "path": f"{SPLIT_FOLDERS[split]}/"
                    + pattern.format(split=split, folder=SPLIT_FOLDERS[split]),
                }
                for split in splits
            ],
        }
        for name, pattern in wanted.items()
    ]
    return [configs[0] | {"default": True}, *configs[1:]] if splits else []


def _head_words(
    manifest: str, export: str, release: str | None, settings: Mapping, figures: Mapping
) -> str:
    total = amounts_in_words(figures["statistics"])
    unit = settings["unit"]
    geometry = {
        "clip": f"from {_lengths(settings.get('preroll_ms'))} before the onset to "
        f"{_lengths(settings.get('postroll_ms'))} after it",
        "segment": f"{settings.get('seconds')} s long, {settings.get('overlap') or 0} s of it "
        "shared with the next",
        "session": "from the start to the end",
    }[unit]
    of_release = f", release {release}" if release else ""
    return (
        f"The export `{export}` of the manifest `{manifest}`{of_release}: {_UNITS[unit]}, "
        f"{geometry}, with every stroke that sounds inside. It holds {total['records']} samples "
        f"of {total['sessions']} sessions, {total['duration']} of sound, {total['size']}, with "
        f"{total['strokes']} strokes.\n\n"
        f"The sound is {_AUDIO[settings.get('audio', 'drums')]}, {settings['channels']}, "
        f"{settings['sample_rate_hz']:,} Hz, {settings['encoding']}, "
        f"{_loudness(settings.get('loudness'))}."
    )


def _lengths(setting) -> str:
    """A time that may hang on the label, in words."""
    if isinstance(setting, Mapping):
        named = [f"{ms} ms ({name})" for name, ms in setting.items() if name != "default"]
        return " or ".join([f"{setting['default']} ms", *named])
    return f"{setting} ms"


def _loudness(setting) -> str:
    if isinstance(setting, Mapping):
        return (
            f"brought to {setting['target_lufs']} LUFS below {setting['ceiling_dbtp']} dBTP; "
            "`gain_db` says by how much"
        )
    return "as loud as it came"


def _fields() -> str:
    rows = ["| field | meaning |", "| --- | --- |"]
    rows += [f"| `{name}` | {meaning} |" for name, meaning in RECORD_FIELDS.items()]
    rows += [
        "",
        "A stroke, in `strokes` and `ringing`:",
        "",
        "| field | meaning |",
        "| --- | --- |",
    ]
    rows += [f"| `{name}` | {meaning} |" for name, meaning in STROKE_FIELDS.items()]
    components = ", ".join(f"`{name}`" for name in NESTED_FIELDS["components"])
    return "\n".join(
        [
            "One row of `train/train_labels.parquet`, `val/val_labels.parquet` and "
            "`test/test_labels.parquet` per sample:",
            "",
            *_meanings(RECORD_FIELDS),
            "",
            "A stroke, in `strokes` and `ringing`:",
            "",
            *_meanings(STROKE_FIELDS),
            "",
            f"A component has {components}. In Parquet shards `strokes` is called `notes`, and "
            "`audio` stands beside; JSON has `multi_hot` as well.",
        ]
    )


def _meanings(fields: Mapping[str, str]) -> list[str]:
    rows = [f"| `{name}` | {meaning} |" for name, meaning in fields.items()]
    return ["| field | meaning |", "| --- | --- |", *rows]


def _splits(figures: Mapping) -> str:
    without = figures["without_sound"]
    reasons = ", ".join(f"{reason} {n:,}" for reason, n in without["by_reason"].items())
    lost = (
        f"{without['records']:,} samples that were asked for have no sound: {reasons}."
        if without["records"]
        else "Every sample that was asked for has sound."
    )
    return (
        "A session stands in one split, and so do its near copies. Published splits are kept. The "
        "split is called `validation` in every field and `val` in the names of folders.\n\n"
        f"```\n{amounts_table(figures)}\n```\n\n{lost}"
    )


def _class_maps(settings: Mapping, class_maps: Mapping[str, Mapping]) -> str:
    rows = ["| map | classes | in the order of their ids | labels without a class |"]
    rows.append("| --- | --- | --- | --- |")
    for name, class_map in class_maps.items():
        lacking = [label for label, number in class_map["of"].items() if number is None]
        rows.append(
            f"| `{name}` | {len(class_map['classes'])} | {', '.join(class_map['classes'])} | "
            f"{', '.join(lacking) or NO_VALUE} |"
        )
    table = "\n".join(rows)
    return (
        f"`components.json` has the class of every label. Unless another map is asked for, "
        f"`{settings.get('class_map', 'components')}` counts. `class_ids` has the ids of all "
        f"maps.\n\n{table}"
    )


def _sources(cards: Mapping[str, Mapping]) -> str:
    rows = ["| source set | title | version | licence | may be passed on | credit |"]
    rows.append("| --- | --- | --- | --- | --- | --- |")
    paragraphs, cited = [], []
    for name in sorted(cards):
        card = cards[name]
        licence = _cell(card["license"])
        if card.get("license_url"):
            licence = f"[{licence}]({card['license_url']})"
        passed = "yes" if card["redistributable"] else "**no**"
        facts = [card["title"], card["version"]]
        cells = [f"`{name}`", *map(_cell, facts), licence, passed, _cell(card["attribution"])]
        rows.append(f"| {' | '.join(cells)} |")
        forbidden = "; ".join(card["forbids"])
        about = [f"`{name}`.", f"Forbidden: {forbidden}." if forbidden else ""]
        notes = _line(card.get("notes", "")).removesuffix(".")
        about += [f"{notes}." if notes else "", f"Where it is from: {_line(card['obtain'])}."]
        paragraphs.append(" ".join(text for text in about if text))
        if citation_of(card) is not None:
            cited.append(f"- `{card['name']}`: {_line(card['citation'])}")
    kept = sorted(name for name in cards if not cards[name]["redistributable"])
    if kept:
        names = ", ".join(f"`{name}`" for name in kept)
        paragraphs.insert(0, f"**This export must not be passed on**: it holds sound of {names}.")
    citations = "Please cite what you use; the entries are in `CITE.bib`:\n\n" + "\n".join(cited)
    none = "No source set asks for a citation."
    return "\n\n".join(["\n".join(rows), *paragraphs, citations if cited else none])


def _traces(manifest: str) -> str:
    return (
        "drumcorpus made it from published data sets: inventory, ingestion by a reviewed note map "
        "of each kit, crash cymbals told apart, splits without leaks, gates, and this export. "
        "Equal input gives equal bytes.\n\n"
        f"- `{CHECKSUMS}` lists every file: `sha256sum --check --quiet {CHECKSUMS}`.\n"
        f"- Every stroke has its `event_id`: the row of `results/manifests/{manifest}.parquet` "
        "with that id has the note number or token of the source (`source_label`), how the label "
        "was decided (`annotation_history`) and `metadata_ref`.\n"
        "- `metadata_ref` names the session in `results/provenance/<set>.jsonl`, which lists the "
        "raw files by their SHA-256.\n"
        "- `sha256` of a record is that of its encoded audio."
    )


def _limits(settings: Mapping, figures: Mapping, cards: Mapping[str, Mapping]) -> str:
    limits = [
        "Strokes are those that the source sets have: what they do not annotate is not listed, "
        "although it sounds.",
        "A stroke stands in every sample in which it sounds: counts over clips, or over segments "
        "that overlap, count one stroke several times.",
    ]
    by_model = labelled_by_model(figures)
    detected = sorted(
        name
        for name, card in cards.items()
        if card["label_method"] == ONSET_DETECTOR and name not in by_model
    )
    if detected:
        limits.append(
            f"The labels of {', '.join(f'`{name}`' for name in detected)} were found in the sound "
            "by a detector, and not by people."
        )
    synthetic = sorted(name for name, card in cards.items() if card["is_synthetic"])
    if synthetic:
        names = ", ".join(f"`{name}`" for name in synthetic)
        limits.append(f"The sound of {names} was made by programs.")
    if settings.get("limit") is not None:
        limits.append(
            f"The export was limited to {settings['limit']:,} events, spread over all source sets "
            "and splits: it is a part of the manifest, and no fair one."
        )
    by_split = figures["split_durations_seconds"]
    empty = [split for split in SPLITS if not by_split[split]]
    if empty:
        limits.append(f"There is no sample in {', '.join(empty)}.")
    hours = ", ".join(f"{split} {duration_in_words(by_split[split])}" for split in SPLITS)
    limits.append(f"The splits differ in size: {hours}.")
    return "\n".join(f"- {text}" for text in limits)


def _line(text: str) -> str:
    """Text of a card on one line, in which nothing is HTML."""
    return " ".join(text.split()).replace("<", "&lt;").rstrip(".")


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")
