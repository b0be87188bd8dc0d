"""
Names and checks that all rules share: the configuration, held against its schema before any rule
is read; the shards; the digests of code; the state of the raw data.
"""

from pathlib import Path

from drumcorpus.cards import check_settings
from drumcorpus.code_digest import code_digest
from drumcorpus.configuration import (
    check_configuration,
    redistributable_part,
    spell_out,
)
from drumcorpus.cymbal_maps import read_cymbal_map
from drumcorpus.files import read_yaml
from drumcorpus.gates import check_waivers, expired_waivers
from drumcorpus.schema_check import check_document, typed
from drumcorpus.taxonomy import family_labels, load_label_map, load_taxonomy
from drumcorpus.workflow_state import (
    day_of_planning,
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


def read_card(source_set):
    """The card of a source set, held against its schema."""
    path = config_path(card_name(source_set))
    if not Path(path).is_file():
        raise ValueError(f"use: {source_set} has no card; expected {path}")
    card = read_yaml(path)
    check_document(card, schema("card"), path)
    return card


def check_maps(source_set, taxonomy, crash_labels):
    """Hold the maps that a source set's card names against the vocabulary."""
    card, where = CARDS[source_set], config_path(card_name(source_set))
    for name in card["label_maps"]:
        path = f"{TAXONOMY}/note_maps/{name}.yaml"
        if not Path(path).is_file():
            raise ValueError(f"{where}: label_maps: {name}: {path} is not there")
        load_label_map(path, taxonomy, crash_labels)
    if committed := card.get("references", {}).get("cymbal_map"):
        path = config_path(f"resources/{committed}")
        if not Path(path).is_file():
            raise ValueError(f"{where}: references: cymbal_map: {path} is not there")
        read_cymbal_map(path, sorted(config["source_sets"]), crash_labels)


def expired_waivers_of(gates, path):
    """The gates of a file whose waiver has expired, once the file is held against its schema."""
    check_document(gates, schema("gates"), path)
    check_waivers(gates, path)
    today = day_of_planning(is_main=workflow.is_main_process)
    return expired_waivers(gates, config["gates_as_of"] or today)


# By manifest. The clock shows in nothing else, hence equal inputs give equal products.
EXPIRED_WAIVERS = {}

try:
    config = typed(config, schema("config"))
    check_document(config, schema("config"), "config")
    config = spell_out(config, "cymbal_map", "crash")
    TAXONOMY = config_path(config["taxonomy"])
    vocabulary = load_taxonomy(*taxonomy_files())
    check_configuration(config, vocabulary)
    crash_labels = family_labels(
        f"{TAXONOMY}/components.yaml", config["crash"]["family"]
    )
    CARDS = {name: read_card(name) for name in config["use"]}
    for name, card in CARDS.items():
        check_settings(name, card, config["source_sets"][name])
        if workflow.is_main_process:  # before any job; not once more in each
            check_maps(name, vocabulary, crash_labels)
    if config["crash"]["cymbal_map"]:
        path = config_path(config["crash"]["cymbal_map"])
        if not Path(path).is_file():
            raise ValueError(f"config: crash.cymbal_map: {path} is not there")
        read_cymbal_map(path, sorted(config["source_sets"]), crash_labels)
    config = redistributable_part(config, CARDS)
    for name, block in config["manifests"].items():
        path = config_path(block["gates"])
        if not Path(path).is_file():
            raise ValueError(f"config: manifests.{name}.gates: {path} is not there")
        EXPIRED_WAIVERS[name] = expired_waivers_of(read_yaml(path), path)
except (ValueError, OSError) as error:
    raise WorkflowError(str(error))

SOURCE_SETS = config["use"]
# Those of tier inventory are listed and nothing more.
INGESTED = [
    name for name in SOURCE_SETS if config["source_sets"][name]["tier"] != "inventory"
]
YARDSTICKS = [name for name in config["yardsticks"] if name in INGESTED]
MANIFESTS = sorted(config["manifests"])
MERGED = sorted({s for m in MANIFESTS for s in config["manifests"][m]["source_sets"]})
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


def tables_of_manifest(folder, manifest):
    """The tables below results/FOLDER of all source sets of a manifest."""
    source_sets = config["manifests"][manifest]["source_sets"]
    return expand(f"results/{folder}/{{source_set}}.parquet", source_set=source_sets)


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
