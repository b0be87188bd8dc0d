"""The settings of a named export: its block of the configuration over what all have in common."""

from collections.abc import Collection, Mapping, Sequence

from drumcorpus.ground.files.spelling import did_you_mean

DEFAULT = "default"
CLIP, SEGMENT, SESSION = "clip", "segment", "session"
FILES, WEBDATASET, PARQUET = "files", "webdataset", "parquet"
STEREO = "stereo"
LENGTHS = ("preroll_ms", "postroll_ms", "ring_ms")  # by label or family
# Settings that samples of one unit alone have.
OF_CLIPS, OF_SEGMENTS = ("preroll_ms", "postroll_ms"), ("seconds", "overlap")
# Settings that shape no sample: what is written around them is made anew, and nothing is cut. What
# a limit takes stands in a table, which is an input of the jobs that cut.
AROUND = ("class_map", "weights", "limit")
# Of the section `export`, which is no setting of one export.
_OF_ALL = ("memory_limit",)


def export_settings(
    name: str,
    block: Mapping,
    defaults: Mapping,
    families: Mapping[str, str],
    class_maps: Collection[str],
) -> dict:
    """All settings of one export.

    Parameters
    ----------
    name : str
        Of the export, for messages.
    block, defaults : mapping
        ``exports.<name>`` and ``export``, as the schema of the configuration has them; the block's
        keys count first. A length by label that the block gives needs no default of its own.
    families : mapping
        Label to family of the taxonomy, in the order of the class ids.
    class_maps : collection of str
        Names of the class maps.

    Returns
    -------
    settings : dict
        Every key of the defaults that samples of its unit have; ``manifest``, ``unit``, ``form``, a
        list; of segments ``seconds`` and ``overlap``; in the order of their names.

    Raises
    ------
    ValueError
        If keys contradict each other, or name what there is not; one line for each, by its key.
    """
    other_unit = _OF_ALL if block["unit"] == CLIP else (*_OF_ALL, *OF_CLIPS)
    below = {key: value for key, value in defaults.items() if key not in other_unit}
    merged = {**below, **block}
    merged["form"] = [merged["form"]] if isinstance(merged["form"], str) else list(merged["form"])
    problems = _unit_problems(merged)
    if merged["unit"] == SEGMENT:
        merged.setdefault("overlap", 0)
    for key in (key for key in LENGTHS if key in merged):
        merged[key] = _with_default(merged[key], defaults[key])
        named = merged[key] if isinstance(merged[key], Mapping) else {}
        known = list(dict.fromkeys([DEFAULT, *families.values(), *families]))
        problems += [
            f"{key}: {each!r}{did_you_mean(each, known)}; allowed: {', '.join(known)}"
            for each in named
            if each not in known
        ]
    problems += _sound_problems(merged)
    if merged["class_map"] not in class_maps:
        hint, allowed = did_you_mean(merged["class_map"], class_maps), ", ".join(class_maps)
        problems.append(f"class_map: {merged['class_map']!r}{hint}; allowed: {allowed}")
    if problems:
        raise ValueError("\n".join(f"config: exports.{name}.{problem}" for problem in problems))
    return {key: merged[key] for key in sorted(merged)}


def sample_settings(settings: Mapping) -> dict:
    """Those settings that shape the samples; a change of the others cuts nothing anew."""
    return {key: value for key, value in settings.items() if key not in AROUND}


def smoked_exports(smoke: Mapping, exports: Mapping[str, Mapping]) -> dict[str, Mapping]:
    """The exports that a smoke run tries, by name.

    Parameters
    ----------
    smoke : mapping
        The section of the configuration; its ``exports`` are names, or None for all.
    exports : mapping
        All that are configured.

    Raises
    ------
    ValueError
        If it names an export that there is not.
    """
    names = list(exports) if smoke["exports"] is None else smoke["exports"]
    for name in names:
        if name not in exports:
            configured = ", ".join(exports) or "none"
            raise ValueError(
                f"config: smoke.exports: {name!r}{did_you_mean(name, exports)}; configured: "
                f"{configured}"
            )
    return {name: exports[name] for name in names}


def milliseconds_by_label(
    setting: float | Mapping[str, float], families: Mapping[str, str]
) -> dict[str, float]:
    """Milliseconds of every label: its own, or else its family's, or else the default.

    Parameters
    ----------
    setting : number or mapping
        One time for all, or ``default`` and any families and labels, as `export_settings` has it.
    families : mapping
        Label to family, in the order of the class ids.

    Examples
    --------
    >>> families = {"kick": "kick", "crash": "crash", "crash2": "crash"}
    >>> milliseconds_by_label({"default": 200, "crash": 800, "crash2": 500}, families)
    {'kick': 200, 'crash': 800, 'crash2': 500}
    """
    if not isinstance(setting, Mapping):
        return dict.fromkeys(families, setting)
    return {
        label: setting.get(label, setting.get(family, setting[DEFAULT]))
        for label, family in families.items()
    }


def _unit_problems(merged: Mapping) -> Sequence[str]:
    """What is wrong with the unit, its form and its length."""
    problems = []
    unit, forms = merged["unit"], merged["form"]
    if unit == SESSION and forms != [FILES]:
        problems.append(f"form: got {', '.join(forms)}; sessions are exported as {FILES} alone")
    for of_unit, keys in ((SEGMENT, OF_SEGMENTS), (CLIP, OF_CLIPS)):
        for key in keys if unit != of_unit else ():
            if merged.get(key) is not None:
                problems.append(
                    f"{key}: only {of_unit}s have it, and this export is of unit {unit}"
                )
    if unit == SEGMENT:
        seconds, overlap = merged.get("seconds"), merged.get("overlap", 0)
        if seconds is None:
            problems.append("seconds: is missing; how long is a segment, such as 10?")
        elif overlap >= seconds:
            problems.append(f"overlap: got {overlap} s; it must be below seconds, {seconds} s")
        elif round(overlap * merged["sample_rate_hz"]) >= round(seconds * merged["sample_rate_hz"]):
            problems.append(
                f"overlap: got {overlap} s; it must be below seconds, {seconds} s, by a sample of "
                f"1/{merged['sample_rate_hz']} s at least"
            )
    return problems


def _sound_problems(merged: Mapping) -> Sequence[str]:
    """What is wrong with lengths and loudness that the schema allows one by one."""
    problems = []
    lengths = merged.get("postroll_ms", {})
    lengths = lengths if isinstance(lengths, Mapping) else {"": lengths}
    least = 1000 / merged["sample_rate_hz"]
    for name, milliseconds in lengths.items():
        if merged["unit"] == CLIP and round(milliseconds / least) < 1:
            key = ".".join(["postroll_ms", name] if name else ["postroll_ms"])
            problems.append(
                f"{key}: got {milliseconds} ms; a clip lasts for a sample after its onset at "
                f"least, {least:.3f} ms"
            )
    loudness = merged.get("loudness")
    if isinstance(loudness, Mapping) and loudness["target_lufs"] > loudness["ceiling_dbtp"]:
        problems.append(
            f"loudness.target_lufs: got {loudness['target_lufs']}; allowed: up to ceiling_dbtp, "
            f"{loudness['ceiling_dbtp']}, which holds every recording below a louder target"
        )
    return problems


def _with_default(value: float | Mapping, default: float | Mapping) -> float | Mapping:
    """A length by label whose default, where it has none, is that of all exports."""
    if not isinstance(value, Mapping) or DEFAULT in value:
        return value
    own = default[DEFAULT] if isinstance(default, Mapping) else default
    return {DEFAULT: own, **value}
