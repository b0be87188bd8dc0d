"""
What rules share: names of shards and products, and the files that belong to a source set.
"""

import re
from pathlib import Path

from drumcorpus.ground.run.kept import forget_the_unrecorded
from drumcorpus.ground.run.state import other_software_in_words, remember_manifests

SOURCE_SETS = config["use"]
# Those of tier inventory are listed and nothing more.
INGESTED = [
    name for name in SOURCE_SETS if config["source_sets"][name]["tier"] != "inventory"
]
YARDSTICKS = [name for name in config["yardsticks"] if name in INGESTED]
MANIFESTS = sorted(config["manifests"])
# The exports of each manifest, by name.
EXPORTS_OF = {
    manifest: [
        name for name, export in EXPORTS.items() if export["manifest"] == manifest
    ]
    for manifest in MANIFESTS
}
MERGED = sorted({s for m in MANIFESTS for s in config["manifests"][m]["source_sets"]})
# Source sets that have gates of their own, and those that no manifest weighs.
GATED = [name for name in INGESTED if name in EXPIRED_WAIVERS_OF_SETS]
ALONE = [name for name in INGESTED if name not in MERGED]
# What is measured, judged and weighed: a manifest, or a source set by itself.
MEASURED = [*MANIFESTS, *(f"source_sets/{name}" for name in INGESTED)]
# What is weighed: the same, and manifests by further profiles that their exports ask for.
PROFILED = [
    f"profiles/{manifest}/{profile}"
    for manifest in MANIFESTS
    for profile in sorted({EXPORTS[name]["weights"] for name in EXPORTS_OF[manifest]})
    if profile != profile_name(config["manifests"][manifest])
]
SHARDS = {name: config["source_sets"][name]["shards"] for name in SOURCE_SETS}


def shard_names(source_set):
    """Names of a source set's shards."""
    return [f"{number:03d}" for number in range(SHARDS[source_set])]


def shards_of(pattern, source_set):
    """The paths of all shards of a source set, by a pattern with {source_set} and {shard}."""
    return expand(pattern, source_set=source_set, shard=shard_names(source_set))


def shards_of_manifest(pattern, manifest):
    """The paths of all shards that a manifest merges."""
    source_sets = config["manifests"][manifest]["source_sets"]
    return [path for name in source_sets for path in shards_of(pattern, name)]


def measured_sets(measured):
    """The source sets of a manifest, or the one that is measured by itself."""
    if measured in MANIFESTS:
        return config["manifests"][measured]["source_sets"]
    return [measured.removeprefix("source_sets/")]


def weighed_tables(wildcards):
    """A manifest, or the shards of a source set that no manifest merges."""
    measured = measured_of(wildcards.weighed)
    if measured in MANIFESTS:
        return [f"results/manifests/{measured}.parquet"]
    (source_set,) = measured_sets(measured)
    return shards_of("results/aliased/{source_set}/{shard}.parquet", source_set)


def weights_of(manifest, profile, ext="parquet"):
    """The weights of a manifest: its own, or those of another profile that an export asks for."""
    if profile == profile_name(config["manifests"][manifest]):
        return f"results/sampling/{manifest}.{ext}"
    return f"results/sampling/profiles/{manifest}/{profile}.{ext}"


def weights_of_export(wildcards):
    """The weights that an export has in its labels."""
    return weights_of(wildcards.manifest, EXPORTS[wildcards.export]["weights"])


def measured_of(weighed):
    """What is weighed: a manifest, whatever the profile, or a source set by itself."""
    return Path(weighed).parts[1] if weighed in PROFILED else weighed


def profile_of(weighed):
    """The name of the profile by which it is weighed."""
    if weighed in PROFILED:
        return Path(weighed).name
    if weighed in MANIFESTS:
        return profile_name(config["manifests"][weighed])
    return profile_name(config["source_sets"][weighed.removeprefix("source_sets/")])


def gates_to_pass(measured):
    """The verdict that the weights wait for; a source set may have no gates."""
    is_gated = measured in MANIFESTS or measured_sets(measured)[0] in GATED
    return [f"results/gates/{measured}.json"] if is_gated else []


def tables_of_manifest(folder, manifest, ext="parquet"):
    """The files below results/FOLDER of all source sets of a manifest."""
    source_sets = config["manifests"][manifest]["source_sets"]
    return expand(f"results/{folder}/{{source_set}}.{ext}", source_set=source_sets)


def products(patterns, source_sets=tuple(SOURCE_SETS)):
    """Products of source sets, {s}, and their shards, {n}; Parquet where no ending is given."""
    return [
        "results/"
        + (pattern if "." in pattern else f"{pattern}.parquet").format(s=name, n=number)
        for name in source_sets
        for pattern in patterns
        for number in (shard_names(name) if "{n}" in pattern else [""])
    ]


def review_name(source_set):
    """The reviewed file of decisions on a source set's cymbals, which need not be there."""
    return f"{Path(card_name(source_set)).parent}/{source_set}_review.csv"


def review_file(source_set):
    """That file as an input, where it is there."""
    path = config_path(review_name(source_set))
    return [path] if exists(path) else []


def card_file(wildcards):
    """The card of a source set, as an input."""
    return config_path(card_name(wildcards.source_set))


def demo_corpus(wildcards):
    """The demo corpus, where a source set's data are to be written first."""
    folder = config["demo"]["folder"]
    return (
        [f"{folder}/{module_name(wildcards.source_set)}.written"]
        if is_demo(wildcards.source_set)
        else []
    )


def raw_state(wildcards):
    """What changes whenever the raw files of a source set do, to be asked `after`."""
    return [RAW_STATE[wildcards.source_set], *demo_corpus(wildcards)]


def label_map_files(wildcards):
    """The label maps that a source set's card lists, as inputs."""
    names = CARDS[wildcards.source_set]["label_maps"]
    return [f"{TAXONOMY}/note_maps/{name}.yaml" for name in names]


def reference_files(wildcards):
    """The reviewed files that a source set's card refers to, as inputs."""
    paths = CARDS[wildcards.source_set].get("references", {}).values()
    return [config_path(f"resources/{path}") for path in paths]


def kit_notes_of(source_set):
    """What notes say of a source set's kits, where its card has them read."""
    has_notes = "cymbal_words" in CARDS[source_set].get("references", {})
    return [f"results/crash/kit_notes/{source_set}.json"] if has_notes else []


def kit_notes(wildcards):
    """The same, as inputs."""
    return kit_notes_of(wildcards.source_set)


def cymbal_map_files(wildcards):
    """The cymbal maps of a source set, as inputs: what notes say, the committed one, the config's."""
    committed = CARDS[wildcards.source_set].get("references", {}).get("cymbal_map")
    given = config["crash"]["cymbal_map"]
    paths = [f"resources/{committed}"] if committed else []
    paths += [given] if given else []
    return [*kit_notes(wildcards), *(config_path(path) for path in paths)]


def sessions_to_map(wildcards):
    """The sessions of a shard, as an input where a cymbal map names some of them."""
    # Without a map they must be no input: they change with every raw file, the hits do not.
    if not cymbal_map_files(wildcards):
        return []
    return ["results/sessions/{source_set}/{shard}.parquet".format(**wildcards)]


def own_settings(source_set):
    """The settings that only this source set has, and those of the detector if it is used."""
    card, block = CARDS[source_set], config["source_sets"][source_set]
    shared = (
        {"onsets": config["onsets"]} if card["label_method"] == "onset_detector" else {}
    )
    return shared | {name: block[name] for name in card.get("settings", [])}


def roots(source_set):
    """Where a source set lies on this machine; never part of a product."""
    return {"roots": config["source_sets"][source_set]["roots"]}


def wanted_roots(source_set):
    """The same, and which of them must be there."""
    return roots(source_set) | {"wanted": config["inventory"]["roots"]}


wildcard_constraints:
    source_set="|".join(SOURCE_SETS),
    shard=r"\d{3}",
    manifest="|".join(MANIFESTS) or "(?!)",
    export="|".join(EXPORTS) or "(?!)",
    measured="|".join(MEASURED) or "(?!)",
    weighed="|".join([*MEASURED, *PROFILED]) or "(?!)",
    attested="|".join(map(re.escape, [*MANIFESTS, f"releases/{config['release']}"])),
