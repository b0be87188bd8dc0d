"""
Which jobs are done one after the other in one process: those of the demo sets, by groups of sets
(config key demo.together), and those of some shards of a set that has many (resources.jobs_per_set).
A step is a list of jobs in their order, each a rule and its wildcards.
"""

import os

from drumcorpus.ground.run.together import ALONE_ASKED, in_batches, spread

DEMO_SETS = [name for name in SOURCE_SETS if is_demo(name)]
# Of several sets that are read from one demo corpus, the first has it written.
WRITER = {module_name(name): name for name in reversed(DEMO_SETS)}
# Not where a single job is asked for, as `replay` does.
IS_ALONE = bool(os.environ.get(ALONE_ASKED))
N_TOGETHER = 0 if IS_ALONE else config["demo"]["together"] or 0


def of_shards(names, **others):
    """The wildcards of all shards of source sets."""
    return [
        others | {"source_set": name, "shard": shard}
        for name in names
        for shard in shard_names(name)
    ]


def of_sets(names, **others):
    """The wildcards of source sets."""
    return [others | {"source_set": name} for name in names]


def of_measured(names, wildcard):
    """The wildcards of source sets that are measured or weighed by themselves."""
    return [{wildcard: f"source_sets/{name}"} for name in names]


def steps_of_sets(names):
    """What is done for some source sets: by step, the rules in their order, with wildcards."""
    modules = [module for module, name in WRITER.items() if name in names]
    ingested = [name for name in names if name in INGESTED]
    merged = [name for name in ingested if name in MERGED]
    sets, shards = of_sets(ingested), of_shards(ingested)
    return {
        # By itself: where a raw file changed its inventory is taken again, and no demo written.
        "demo": {"write_demo": of_sets(modules)},
        "inventory": {
            "take_inventory": of_sets(names),
            "stage_predictions": of_sets(name for name in names if name in PREDICTED),
            "shard_sessions": shards,
        },
        "ingest": {
            "shard_predictions": of_shards(n for n in ingested if n in PREDICTED),
            "ingest_sessions": shards,
            "gather_events": sets,
            "write_provenance": sets,
            "snapshot_metrics": sets,
        },
        "sound": {
            "check_audio": shards,
            "fingerprint_sessions": of_shards(merged),
        },
        "cymbals": {
            "read_kit_notes": of_sets(name for name in ingested if kit_notes_of(name)),
            "find_crash_candidates": sets,
            "embed_crashes": shards,
        },
        "labels": {
            "pool_kits": of_sets(name for name in ingested if name in POOLED),
            "cluster_crashes": shards,
            "gather_crashes": sets,
            "illustrate_doubts": sets,
            "annotate_provenance": sets,
            "alias_events": shards,
            "measure_distribution": of_sets(
                name for name in ingested if name in {*MERGED, *GATED}
            ),
        },
        "health": {
            "measure_source_set": sets,
            "compare_health": of_measured(ingested, "measured"),
        },
        # Of the manifests' health as well, which waits for nothing of the step before.
        "sessions": {
            "choose_sessions": sets,
            "cut_excerpts": sets,
            "render_sessions": sets,
            "render_source_set": sets,
        },
        # Not with the figures that the gates judge: a set with gates waits for them.
        "weights": {
            "derive_weights": of_measured(
                [name for name in ingested if name in ALONE], "weighed"
            ),
        },
    }


def steps_of_manifest(manifest):
    """What is done for a manifest and its exports: the samples, and what stands around them."""
    names = [
        name for name in config["manifests"][manifest]["source_sets"] if is_demo(name)
    ]
    steps = {
        f"splits_{manifest}": {"shard_splits": of_shards(names, manifest=manifest)}
    }
    for export in EXPORTS_OF[manifest]:
        own = {"manifest": manifest, "export": export}
        has_lists = FILES in EXPORTS[export]["form"]
        steps[f"samples_{manifest}_{export}"] = {
            "shard_limit": of_shards(names, **own) if export in LIMITED else [],
            "write_samples": of_shards(names, **own),
            "measure_export": [own],
        }
        # What stands around them waits for the gates in between.
        steps[f"around_{manifest}_{export}"] = {
            "list_labels": [own] if has_lists else [],
            "assemble_export": [own],
        }
    return {name: rules for name, rules in steps.items() if names}


def batches_of(names):
    """Shards that are done together, of source sets with more of them than a rule has jobs."""
    most = config["resources"]["jobs_per_set"]
    return [
        (name, f"{name}_{number:03d}", shards)
        for name in names
        if most
        for number, shards in enumerate(in_batches(shard_names(name), most))
        if len(shards) > 1
    ]


def steps_of_batches(names):
    """What is done for batches of shards of some source sets, up to their labels.

    What follows in one step waits for nothing but its own shard, and no target asks for a part of it.
    """
    steps = {}
    for name, batch, shards in batches_of(names):
        if name not in INGESTED:
            rules_of_steps = {"shards": ["shard_sessions"]}
        else:
            rules_of_steps = {
                "ingest": [
                    "shard_sessions",
                    *(["shard_predictions"] if name in PREDICTED else []),
                    "ingest_sessions",
                ],
                "sound": [
                    "check_audio",
                    *(["fingerprint_sessions"] if name in MERGED else []),
                ],
                "cymbals": ["embed_crashes"],
                "labels": ["cluster_crashes", "alias_events"],
            }
        for step, rules_of_shard in rules_of_steps.items():
            steps[f"{step}_{batch}"] = of_batch(rules_of_shard, name, shards)
    return steps


def steps_of_batches_of_manifest(manifest, names):
    """The same for a manifest and the sound of its exports."""
    steps = {}
    for name, batch, shards in batches_of(names):
        own = {"manifest": manifest}
        steps[f"splits_{manifest}_{batch}"] = of_batch(
            ["shard_splits"], name, shards, **own
        )
        for export in EXPORTS_OF[manifest]:
            limit = ["shard_limit"] if export in LIMITED else []
            steps[f"samples_{manifest}_{export}_{batch}"] = of_batch(
                [*limit, "write_samples"], name, shards, **own, export=export
            )
    return steps


def of_batch(rules_of_shard, name, shards, **others):
    """The jobs of some shards of a source set: of one shard after the other, as they lie on a disk."""
    return [
        (rule_name, others | {"source_set": name, "shard": shard})
        for shard in shards
        for rule_name in rules_of_shard
    ]


def in_order(step):
    """The jobs of a step that has its wildcards by rule."""
    return [(rule_name, names) for rule_name, jobs in step.items() for names in jobs]


STEPS = {}
if N_TOGETHER:
    for number, names in enumerate(spread(DEMO_SETS, N_TOGETHER)):
        for step, rules_of_step in steps_of_sets(names).items():
            STEPS[f"{step}_{number}"] = in_order(rules_of_step)
    for manifest in MANIFESTS:
        for step, rules_of_step in steps_of_manifest(manifest).items():
            STEPS[step] = in_order(rules_of_step)
STEPS_OF_DEMO = set(STEPS)
if not IS_ALONE:
    IN_BATCHES = [name for name in SOURCE_SETS if not (N_TOGETHER and is_demo(name))]
    STEPS |= steps_of_batches(IN_BATCHES)
    for manifest in MANIFESTS:
        names = config["manifests"][manifest]["source_sets"]
        STEPS |= steps_of_batches_of_manifest(
            manifest, [name for name in names if name in IN_BATCHES]
        )
STEPS = {step: jobs for step, jobs in STEPS.items() if len(jobs) > 1}
