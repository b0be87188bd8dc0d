"""
Jobs of the demo that are done one after the other in one process (config key demo.together).

A demo set has a few sessions: of a job on them nearly all is the start of a process and what it
imports. Each stays the job that its own rule describes, with its log, run manifest and benchmark,
and leaves by itself where its products are fresh; only Snakemake sees them as one. Sets with other
raw data have a process for every job.

in, out:  as the rules say whose jobs these are
"""

import os

from drumcorpus.ground.run.together import ALONE_ASKED, named_alone, spread
from snakemake.iocontainers import Wildcards

DEMO_SETS = [name for name in SOURCE_SETS if is_demo(name)]
# Of several sets that are read from one demo corpus, the first has it written.
WRITER = {module_name(name): name for name in reversed(DEMO_SETS)}
# Not where a single job is asked for, as `replay` does.
N_TOGETHER = 0 if os.environ.get(ALONE_ASKED) else config["demo"]["together"] or 0


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
            "shard_sessions": shards,
        },
        "ingest": {
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


def parts_of(step):
    """The jobs of a step, as their rules describe them."""
    parts = []
    for name, wildcards_of_jobs in step.items():
        described = workflow.get_rule(name)
        for names in wildcards_of_jobs:
            wildcards = Wildcards(fromdict=names)
            inputs, *_ = described.expand_input(wildcards)
            outputs, _ = described.expand_output(wildcards)
            params, _ = described.expand_params(wildcards, inputs, outputs, None)
            parts.append(
                {
                    "rule": name,
                    "wildcards": wildcards,
                    "input": inputs._plainstrings(),
                    "output": outputs._plainstrings(),
                    "params": params,
                    "log": described.expand_log(wildcards)._plainstrings(),
                    "benchmark": str(described.expand_benchmark(wildcards)),
                    "threads": threads_of(name),
                    "shown": [of_the_report(path, names) for path in outputs],
                }
            )
    return parts


def of_the_report(path, names):
    """An output, with what the report says of it."""
    if "report" not in path.flags:
        return str(path)
    shown = path.flags["report"]
    labels = {name: label.format(**names) for name, label in shown.labels.items()}
    return report(
        str(path), caption=shown.caption, category=shown.category, labels=labels
    )


def needs_of_parts(parts):
    """Memory and time of jobs that are done one after the other."""

    def mem_mb(wildcards, attempt):
        return max(
            needs_of(part["rule"])["mem_mb"](wildcards, part["input"], attempt)
            for part in parts
        )

    def runtime(wildcards, attempt):
        return sum(
            needs_of(part["rule"])["runtime"](wildcards, part["input"], attempt)
            for part in parts
        )

    return {"mem_mb": mem_mb, "runtime": runtime}


TOGETHER = {}
if N_TOGETHER:
    for number, names in enumerate(spread(DEMO_SETS, N_TOGETHER)):
        for step, rules_of_step in steps_of_sets(names).items():
            TOGETHER[f"{step}_{number}"] = parts_of(rules_of_step)
    for manifest in MANIFESTS:
        for step, rules_of_step in steps_of_manifest(manifest).items():
            TOGETHER[step] = parts_of(rules_of_step)
TOGETHER = {step: parts for step, parts in TOGETHER.items() if len(parts) > 1}

RULES_OF_STEPS = {
    step: {part["rule"] for part in parts} for step, parts in TOGETHER.items()
}
if workflow.is_main_process and (remark := named_alone(TYPED, RULES_OF_STEPS)):
    sys.stderr.write(f"{remark}\n")

for step, parts in TOGETHER.items():
    made = {path for part in parts for path in part["output"]}

    rule:
        """Jobs of the demo, one after the other in one process."""
        name:
            f"together_{step}"
        input:
            [p for part in parts for p in part["input"] if p not in made],
        output:
            [path for part in parts for path in part.pop("shown")],
        log:
            [path for part in parts for path in part["log"]],
        benchmark:
            f"benchmarks/together/{step}.tsv"
        threads: 1  # the groups share the cores, and idle threads of a library would spin
        resources:
            **needs_of_parts(parts),
        params:
            parts=parts,
        script:
            "../scripts/together.py"

    workflow.ruleorder(
        f"together_{step}", *sorted({part["rule"] for part in parts})
    )
