"""
What belongs to a source set: its card, its reviewed files and maps as inputs, its own settings.

Functions only; what they look up stands in common.smk.
"""


def review_name(source_set):
    """The reviewed file of decisions on a source set's crashes, which need not be there."""
    return card_name(source_set).removesuffix(".yaml") + "_review.csv"


def review_file(source_set):
    """That file as an input, where it is there."""
    path = config_path(review_name(source_set))
    return [path] if Path(path).is_file() else []


def card_file(wildcards):
    """The card of a source set, as an input."""
    return config_path(card_name(wildcards.source_set))


def demo_corpus(wildcards):
    """The demo corpus, where a source set's data are to be written first."""
    folder = config["demo"]["folder"]
    return (
        [f"{folder}/{wildcards.source_set}.written"]
        if is_demo(wildcards.source_set)
        else []
    )


def label_map_files(wildcards):
    """The label maps that a source set's card lists, as inputs."""
    names = CARDS[wildcards.source_set]["label_maps"]
    return [f"{TAXONOMY}/note_maps/{name}.yaml" for name in names]


def reference_files(wildcards):
    """The reviewed files that a source set's card refers to, as inputs."""
    paths = CARDS[wildcards.source_set].get("references", {}).values()
    return [config_path(f"resources/{path}") for path in paths]


def cymbal_map_files(wildcards):
    """The cymbal maps of a source set, as inputs: the committed one, then that of the config."""
    committed = CARDS[wildcards.source_set].get("references", {}).get("cymbal_map")
    given = config["crash"]["cymbal_map"]
    paths = [f"resources/{committed}"] if committed else []
    return [config_path(path) for path in [*paths, *([given] if given else [])]]


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
