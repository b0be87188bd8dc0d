"""Which exports the training check learns from, by the configuration; it loads nothing large."""

from collections.abc import Collection, Mapping
from pathlib import Path

CLIPS = "clip"  # unit of an export
OWN_REPORTS = Path("reports/train_check")


def checked_exports(
    section: Mapping, exports: Mapping, class_maps: Collection[str]
) -> tuple[dict, dict]:
    """By manifest, the export that trees learn from, and that which networks learn from.

    What it takes and raises is as of the two functions that it calls.
    """
    return (
        check_trained_exports(section, exports, class_maps),
        check_network_exports(section, exports, class_maps),
    )


def check_trained_exports(section: Mapping, exports: Mapping, class_maps: Collection[str]) -> dict:
    """Which export each manifest is checked on.

    Parameters
    ----------
    section : mapping
        ``train_check`` of the configuration.
    exports : mapping
        Settings of the exports in use, by name. What the section names and is not among them is
        left out: a configuration may have other exports, and never ask for the check.
    class_maps : collection of str
        Those that there are.

    Returns
    -------
    dict of str to str
        Name of the export, by manifest.

    Raises
    ------
    ValueError
        If an export is none of clips, two are of one manifest, or a setting cannot be.
    """
    problems, trained = [], {}
    for name in section["exports"]:
        if name not in exports:
            continue
        manifest = exports[name]["manifest"]
        if exports[name]["unit"] != CLIPS:
            problems.append(f"exports: {name!r} is of {exports[name]['unit']}s; allowed: clips")
        elif manifest in trained:
            problems.append(f"exports: {trained[manifest]!r} and {name!r} are both of {manifest}")
        else:
            trained[manifest] = name
    if section["class_map"] not in class_maps:
        allowed = ", ".join(class_maps)
        problems.append(f"class_map: got {section['class_map']!r}; allowed: {allowed}")
    features = section["features"]
    if not features["fmin_hz"] < features["fmax_hz"]:
        problems.append(
            f"features.fmin_hz: got {features['fmin_hz']}; must be below fmax_hz, "
            f"{features['fmax_hz']}"
        )
    if problems:
        raise ValueError("\n".join(f"config: train_check.{problem}" for problem in problems))
    return trained


def check_network_exports(section: Mapping, exports: Mapping, class_maps: Collection[str]) -> dict:
    """Which export the networks of each manifest learn from, by the configuration.

    Parameters
    ----------
    section, exports, class_maps
        As of `check_trained_exports`.

    Returns
    -------
    dict of str to str
        Name of the export, by manifest; empty where no tier is named.

    Raises
    ------
    ValueError
        If an export is one of clips, two are of one manifest, none is left, or a setting cannot be.
    """
    networks = section["networks"]
    if networks["tier"] is None:
        return {}
    problems, trained = [], {}
    for name in networks["exports"]:
        if name not in exports:
            continue
        manifest = exports[name]["manifest"]
        if exports[name]["unit"] == CLIPS:
            problems.append(f"exports: {name!r} is of clips; allowed: segments, sessions")
        elif manifest in trained:
            problems.append(f"exports: {trained[manifest]!r} and {name!r} are both of {manifest}")
        else:
            trained[manifest] = name
    if not trained and not problems:
        allowed = ", ".join(name for name, of in exports.items() if of["unit"] != CLIPS) or "none"
        problems.append(
            f"tier: got {networks['tier']!r}, and no export to learn from: got "
            f"{networks['exports']} under exports; in use are of segments or sessions: {allowed}"
        )
    if networks["class_map"] not in class_maps:
        allowed = ", ".join(class_maps)
        problems.append(f"class_map: got {networks['class_map']!r}; allowed: {allowed}")
    spectra = networks["spectra"]
    if not spectra["fmin_hz"] < spectra["fmax_hz"]:
        problems.append(
            f"spectra.fmin_hz: got {spectra['fmin_hz']}; must be below fmax_hz, "
            f"{spectra['fmax_hz']}"
        )
    if problems:
        raise ValueError(
            "\n".join(f"config: train_check.networks.{problem}" for problem in problems)
        )
    return trained


def blessed_check(
    gates: Mapping, path: object, manifest: str, trained: Mapping[str, str]
) -> str | None:
    """The blessed report that a file of gates names; None where it asks for no training check.

    Parameters
    ----------
    gates : mapping
        Content of the file at `path`.
    manifest : str
        That is held to it.
    trained : mapping
        As of `check_trained_exports`.

    Raises
    ------
    ValueError
        If no export of the manifest is learned from, or the blessed report is one that the check
        itself writes: a gate that nothing answers, or that answers itself, never passes.
    """
    if "train_check" not in gates:
        return None
    if manifest not in trained:
        raise ValueError(
            f"{path}: train_check: the check learns from no export of {manifest}; name one of "
            "clips under train_check.exports of the configuration"
        )
    report = gates["train_check"]["report"]
    if Path(report).resolve().is_relative_to(OWN_REPORTS.resolve()):
        raise ValueError(
            f"{path}: train_check.report: {report} is what the check writes anew each time, and is "
            "never worse than itself; copy the report that you bless to another folder"
        )
    return report


def check_gates_of_set(gates: Mapping, path: str, of_manifests: Collection[str]) -> None:
    """Refuse a training check among the gates of a source set, which nothing would ever answer.

    Parameters
    ----------
    gates, path
        As of `blessed_check`.
    of_manifests : collection of str
        Files of gates that manifests are held to; one of these may be a set's as well.

    Raises
    ------
    ValueError
        If the file asks for a check and is that of no manifest.
    """
    if "train_check" in gates and path not in of_manifests:
        raise ValueError(
            f"{path}: train_check: a manifest is held to it, and a source set never; write it into "
            "the gates of a manifest"
        )
