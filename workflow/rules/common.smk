"""
Names and checks that all rules share: the configuration, held against its schema before any rule
is read; the shards; the digests of code; the state of the raw data.
"""

from pathlib import Path

from drumcorpus.cards import check_settings
from drumcorpus.code_digest import code_digest
from drumcorpus.configuration import check_configuration, redistributable_part
from drumcorpus.cymbal_maps import read_cymbal_map
from drumcorpus.files import read_yaml
from drumcorpus.schema_check import check_document, typed
from drumcorpus.taxonomy import family_labels, load_taxonomy
from drumcorpus.workflow_state import (
    hold_run_lock,
    records_are_lost,
    remember_manifests,
    stamp_raw_data,
)

WORKFLOW = Path(workflow.basedir)


def schema(name):
    """One JSON Schema of the workflow."""
    return read_yaml(WORKFLOW / f"workflow/schemas/{name}.schema.yaml")


def code(script, *modules):
    """Digest of a script, of the modules it loads by name, and of all that these reach."""
    return code_digest(
        WORKFLOW / "workflow/scripts" / script, WORKFLOW / "src/drumcorpus", modules
    )


def source_set_code(script):
    """As a function of wildcards: the digest of a script with its source set's module."""
    return lambda wildcards: code(
        script, f"drumcorpus.source_sets.{wildcards.source_set}"
    )


def config_path(path):
    """A path of the configuration: below the working directory, or else beside the Snakefile.

    It is absolute, which tells it from the path of a product.
    """
    here = Path(path).absolute()
    return str(here if here.exists() else WORKFLOW / path)


def is_demo(source_set):
    """Whether a source set's data are those that the package writes itself."""
    folder = Path(config["demo"]["folder"], source_set)
    return [Path(root) for root in config["source_sets"][source_set]["roots"]] == [
        folder
    ]


def taxonomy_files():
    """The files of the vocabulary."""
    return [
        f"{TAXONOMY}/{name}.yaml" for name in ("components", "techniques", "dynamics")
    ]


def card_name(source_set):
    """The card of a source set; the demo has cards of its own, for it is nobody else's work."""
    folder = (
        "resources/demo/source_sets" if is_demo(source_set) else "resources/source_sets"
    )
    return f"{folder}/{source_set}.yaml"


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


def read_card(source_set):
    """The card of a source set, held against its schema."""
    path = config_path(card_name(source_set))
    if not Path(path).is_file():
        raise ValueError(f"use: {source_set} has no card; expected {path}")
    card = read_yaml(path)
    check_document(card, schema("card"), path)
    return card


try:
    config = typed(config, schema("config"))
    check_document(config, schema("config"), "config")
    TAXONOMY = config_path(config["taxonomy"])
    check_configuration(config, load_taxonomy(*taxonomy_files()))
    family_labels(f"{TAXONOMY}/components.yaml", config["crash"]["family"])
    CARDS = {name: read_card(name) for name in config["use"]}
    for name, card in CARDS.items():
        check_settings(name, card, config["source_sets"][name])
    if config["crash"]["cymbal_map"]:
        path = config_path(config["crash"]["cymbal_map"])
        read_cymbal_map(path, sorted(config["source_sets"]))
    config = redistributable_part(config, CARDS)
    for name, block in config["manifests"].items():
        path = config_path(block["gates"])
        if not Path(path).is_file():
            raise ValueError(f"config: manifests.{name}.gates: {path} is not there")
        check_document(read_yaml(path), schema("gates"), path)
except (ValueError, OSError) as error:
    raise WorkflowError(str(error))

SOURCE_SETS = config["use"]
# Those of tier inventory are listed and nothing more.
INGESTED = [
    name for name in SOURCE_SETS if config["source_sets"][name]["tier"] != "inventory"
]
YARDSTICKS = [name for name in config["yardsticks"] if name in INGESTED]
MANIFESTS = sorted(config["manifests"])
SHARDS = {name: config["source_sets"][name]["shards"] for name in SOURCE_SETS}


def demo_corpus(wildcards):
    """The demo corpus, where a source set's data are to be written first."""
    folder = config["demo"]["folder"]
    return (
        [f"{folder}/{wildcards.source_set}.written"]
        if is_demo(wildcards.source_set)
        else []
    )


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


def tables_of_manifest(folder, manifest):
    """The tables below results/FOLDER of all source sets of a manifest."""
    source_sets = config["manifests"][manifest]["source_sets"]
    return expand(f"results/{folder}/{{source_set}}.parquet", source_set=source_sets)


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


def products(patterns, source_sets=tuple(SOURCE_SETS)):
    """Products of source sets, {s}, and their shards, {n}; Parquet where no ending is given."""
    return [
        "results/"
        + (pattern if "." in pattern else f"{pattern}.parquet").format(s=name, n=number)
        for name in source_sets
        for pattern in patterns
        for number in (shard_names(name) if "{n}" in pattern else [""])
    ]


# Snakemake sees neither a raw file that vanished nor one that appeared. So the main process looks
# at the roots each time, and writes what it saw to a file that the inventory depends on. Without
# its records of earlier runs Snakemake would compare times only, so that file is written anew:
# every job behind the inventory is asked, and leaves at once if its product is fresh.
if workflow.is_main_process:
    try:
        run_lock = hold_run_lock()
        anew = records_are_lost()
        for name in SOURCE_SETS:
            stamp_raw_data(
                name,
                config["source_sets"][name]["roots"],
                is_demo=is_demo(name),
                anew=anew,
            )
    except OSError as error:
        raise WorkflowError(f"{Path.cwd()}: {error}")


wildcard_constraints:
    source_set="|".join(SOURCE_SETS),
    shard=r"\d{3}",
    manifest="|".join(MANIFESTS),
