"""
The configuration, held against its schema, the vocabulary, the cards and the maps before any rule
is read: a wrong one is refused by name before any job.
"""

import sys
from pathlib import Path

from drumcorpus.ground.run.cards import check_settings
from drumcorpus.ground.run.command_line import check_overlays
from drumcorpus.ground.run.configuration import (
    check_configuration,
    check_former_keys,
    check_source_set_names,
    redistributable_part,
    spell_out,
    with_present_names,
)
from drumcorpus.ground.run.repeated_sets import origin, spell_out_repeated_sets
from drumcorpus.ground.run.layout import plain_path
from drumcorpus.ground.run.exports_in_use import exports_in_use
from drumcorpus.ground.run.manifests_in_use import manifests_in_use
from drumcorpus.ground.run.weight_profiles import (
    export_profile,
    profile_name,
    weight_profiles,
)
from drumcorpus.stages.crash.cymbal_maps import read_cymbal_map
from drumcorpus.ground.files.cymbal_names import read_cymbal_words
from drumcorpus.ground.files.errata import read_errata
from drumcorpus.ground.files.project_files import package_folder
from drumcorpus.ground.files.unusable_text import check_texts
from drumcorpus.ground.files.written_paths import exists, why_no_file
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.export.class_maps import make_class_maps
from drumcorpus.stages.export.settings import export_settings, smoked_exports
from drumcorpus.stages.gates.waivers import check_waivers, expired_waivers
from drumcorpus.stages.train_check.trained_exports import (
    blessed_check,
    check_gates_of_set,
    checked_exports,
)
from drumcorpus.ground.files.schema_check import check_document, typed
from drumcorpus.ground.files.taxonomy_files import (
    load_cymbal_families,
    load_label_map,
    load_taxonomy,
)
from drumcorpus.ground.run.state import day_of_planning
from drumcorpus.taxonomy import check_companion, check_max_cymbals, number_bound
from snakemake.common.configfile import load_configfile

WORKFLOW = Path(workflow.basedir)
SOURCE_SET_MODULES = [
    path.stem for path in package_folder(WORKFLOW).glob("source_sets/[!_]*.py")
]


def schema(name):
    """One JSON Schema of the workflow."""
    return read_yaml(WORKFLOW / f"workflow/schemas/{name}.schema.yaml")


def config_path(path):
    """A path of the configuration: below the working directory, or else beside the Snakefile.

    It is absolute, which tells it from the path of a product.
    """
    here = Path(path).absolute()
    return plain_path(here if exists(here) else WORKFLOW / path)


def named_file(path, where):
    """`config_path` of a file that `where` in the configuration names; it must be there."""
    found = config_path(path)
    if why_no_file(found):
        raise ValueError(f"{where}: {path} {why_no_file(path)}")
    return found


def module_name(source_set):
    """The module of a source set: its own name, or that of the set which it is `like`."""
    return origin(config["source_sets"], source_set)


def is_demo(source_set):
    """Whether a source set's data are those that the package writes itself."""
    folder = Path(config["demo"]["folder"], module_name(source_set))
    return [Path(root) for root in config["source_sets"][source_set]["roots"]] == [
        folder
    ]


def taxonomy_files():
    """The files of the vocabulary."""
    return [
        named_file(f"{TAXONOMY}/{name}.yaml", "config: taxonomy")
        for name in ("components", "techniques", "dynamics")
    ]


def card_name(source_set):
    """The card of a source set, its own or that of the one it is `like`; the demo has its own."""
    demo = "demo/" if is_demo(source_set) else ""
    own = f"resources/{demo}source_sets/{source_set}.yaml"
    shared = f"resources/{demo}source_sets/{module_name(source_set)}.yaml"
    return own if exists(config_path(own)) else shared


def read_card(source_set):
    """The card of a source set, held against its schema."""
    path = config_path(card_name(source_set))
    if reason := why_no_file(path):
        raise ValueError(f"use: {source_set} has no card; {path} {reason}")
    card = read_yaml(path)
    check_document(card, schema("card"), path)
    if card["name"] != module_name(source_set):
        raise ValueError(
            f"{path}: name is {card['name']!r}; it must be {module_name(source_set)!r}, the module "
            f"that reads {source_set}"
        )
    return card


def check_maps(source_set, taxonomy, labels):
    """Hold the maps that a source set's card names against the vocabulary."""
    card, where = CARDS[source_set], config_path(card_name(source_set))
    for name in card["label_maps"]:
        path = f"{TAXONOMY}/note_maps/{name}.yaml"
        path = named_file(path, f"{where}: label_maps: {name}")
        load_label_map(path, taxonomy)
    if errata := card.get("references", {}).get("errata"):
        path = named_file(f"resources/{errata}", f"{where}: references: errata")
        check_document(read_yaml(path), schema("errata"), path)
        read_errata(read_yaml(path), path)
    if committed := card.get("references", {}).get("cymbal_map"):
        path = named_file(f"resources/{committed}", f"{where}: references: cymbal_map")
        read_cymbal_map(path, sorted(config["source_sets"]), labels)


def expired_waivers_of(gates, path):
    """The gates of a file whose waiver has expired, once the file is held against its schema."""
    check_document(gates, schema("gates"), path)
    check_waivers(gates, path)
    today = day_of_planning(is_main=workflow.is_main_process, works=WORKS)
    return expired_waivers(gates, config["gates_as_of"] or today)


# By manifest, and by source set. The clock shows in nothing else, hence equal inputs give equal
# products.
EXPIRED_WAIVERS, EXPIRED_WAIVERS_OF_SETS = {}, {}
# The blessed training check of the manifests whose gates ask for one.
TRAIN_GATES = {}

# Files and then the command line, each laid over those before it.
LAYERS = [
    load_configfile(f"{workflow.basedir}/config/config.yaml"),
    *map(load_configfile, workflow.overwrite_configfiles),
    workflow.config_settings.config,
]

try:
    # A key that stands twice is refused, of which Snakemake takes the last.
    own = f"{workflow.basedir}/config/config.yaml"
    check_overlays([own, *workflow.overwrite_configfiles])
    # What systems, servers and tools leave below a root, which is neither used nor refused.
    NOT_OF_THE_SET = config_path("resources/not_of_the_set.yaml")
    check_texts(config)
    config, renamed = with_present_names(config)
    config, followed = manifests_in_use(config, LAYERS)
    config, left_out = exports_in_use(config, LAYERS)
    if workflow.is_main_process:
        for sentence in [*renamed, *followed, *left_out]:
            sys.stderr.write(f"{sentence}\n")
    check_source_set_names(config, SOURCE_SET_MODULES)
    check_former_keys(config)
    config = spell_out_repeated_sets(typed(config, schema("config")))
    check_document(config, schema("config"), "config")
    config = spell_out(config, "cymbal_map", "crash")
    TAXONOMY = config_path(config["taxonomy"])
    vocabulary = load_taxonomy(*taxonomy_files())
    check_configuration(config, vocabulary)
    components, cymbals = f"{TAXONOMY}/components.yaml", config["crash"]
    families = load_cymbal_families(components, cymbals["families"])
    labels = number_bound(families)
    named = [*cymbals["clustering"]["split_similarity_by_family"]]
    named += filter(None, [cymbals["embedding"]["companion"]])
    load_cymbal_families(components, named)  # refuses a name that is no family
    CLASS_MAPS = make_class_maps(
        vocabulary.labels,
        read_yaml(named_file(f"{TAXONOMY}/class_maps.yaml", "config: taxonomy")),
        name=f"{TAXONOMY}/class_maps.yaml",
    )
    WEIGHT_PROFILES = weight_profiles(config)
    # The settings of each export, by its name.
    EXPORTS = {
        name: export_settings(
            name,
            block | {"weights": export_profile(config, name)},
            config["export"],
            vocabulary.families,
            list(CLASS_MAPS.ids),
        )
        for name, block in sorted(config["exports"].items())
    }
    # Those of them that `smoke` tries.
    SMOKED = smoked_exports(config["smoke"], EXPORTS)
    # By manifest, the exports that trees and networks of the training check learn from.
    TRAINED, NETWORKED = checked_exports(
        config["train_check"], EXPORTS, list(CLASS_MAPS.ids)
    )
    check_max_cymbals(cymbals["clustering"]["max_cymbals"], families, "config: ")
    check_companion(cymbals["embedding"]["companion"], families, "config: ")
    CYMBAL_WORDS = named_file("resources/crash/cymbal_words.yaml", "the workflow")
    if workflow.is_main_process:
        read_cymbal_words(
            read_yaml(CYMBAL_WORDS), CYMBAL_WORDS, set(vocabulary.families.values())
        )
    CARDS = {name: read_card(name) for name in config["use"]}
    for name, card in CARDS.items():
        block, is_predicted = config["source_sets"][name], name in config["predictions"]
        check_settings(name, card, block, is_predicted)
        if workflow.is_main_process:  # before any job; not once more in each
            check_maps(name, vocabulary, labels)
    if config["crash"]["cymbal_map"]:
        path = named_file(config["crash"]["cymbal_map"], "config: crash.cymbal_map")
        read_cymbal_map(path, sorted(config["source_sets"]), labels)
    config = redistributable_part(config, CARDS)
    gates_of_manifests = set()
    for name, block in config["manifests"].items():
        path = named_file(block["gates"], f"config: manifests.{name}.gates")
        gates_of_manifests.add(path)
        EXPIRED_WAIVERS[name] = expired_waivers_of(read_yaml(path), path)
        if blessed := blessed_check(read_yaml(path), path, name, TRAINED):
            TRAIN_GATES[name] = named_file(blessed, f"{path}: train_check.report")
        for source_set, wanted in block.get("select", {}).items():
            if isinstance(ids := wanted.get("sessions"), str):
                where = f"config: manifests.{name}.select.{source_set}.sessions"
                named_file(ids, where)
    for name in config["use"]:
        if gates := config["source_sets"][name].get("gates"):
            path = named_file(gates, f"config: source_sets.{name}.gates")
            check_gates_of_set(read_yaml(path), path, gates_of_manifests)
            EXPIRED_WAIVERS_OF_SETS[name] = expired_waivers_of(read_yaml(path), path)
except (ValueError, OSError) as error:
    raise WorkflowError(str(error))
