"""
Hold everything that stands against its record, and what the rules make against what stands.

in:   all products with their run manifests, all raw files with the inventories, the ledger
out:  results/SHA256SUMS   the recorded digests, for `sha256sum -c`
"""

TARGETS = (
    *(
        "inventory",
        "ingest",
        "predictions",
        "provenance",
        "crash",
        "manifest",
        "audit",
        "health",
    ),
    *("weights", "export", "release", "yardstick", "corpora", "integrity"),
    *("attestations", "event_lines", "train_check", "evaluate"),
)
PLANNED = {}  # the first target that asks for it, by product
for target in TARGETS:
    for path in ASKED.get(target, getattr(rules, target).input):
        PLANNED.setdefault(str(path), target)
PLAN = {
    "targets": {
        target: [path for path, first in PLANNED.items() if first == target]
        for target in TARGETS
    },
    # What is asked for by its name, or was filed under another one, stays as it was made.
    "lasting": [
        *EARLIER_RELEASES,
        *EARLIER_ATTESTATIONS,
        "reports/comparison",
        "reports/health/files",
        "reports/provenance/files",
    ],
    "apart": ["integrity", "attestations", "event_lines", "train_check", "evaluate"],
}


# No output and no benchmark: Snakemake would take a benchmark's file for a job well done.
rule verify:
    """Name every file that is missing, extra or changed (config key verify: how thoroughly)."""
    log:
        "logs/verify.log",
    localrule: True
    threads: threads_of("verify")
    resources:
        **needs_of("verify"),
    params:
        level=config["verify"],
        n_sample=config["verify_sample"],
        local={
            "roots": {name: roots(name)["roots"] for name in SOURCE_SETS},
            "plan": PLAN,
            "not_of_the_set": NOT_OF_THE_SET,
        },
    script:
        "../scripts/verify.py"


localrules:
    prune,


# It lists and deletes nothing unless the config says so.
rule prune:
    """Take away what no rule makes any more: it lists, and deletes with --config prune=delete."""
    log:
        "logs/prune.log",
    threads: threads_of("prune")
    resources:
        **needs_of("prune"),
    params:
        mode=config["prune"],
        local={"plan": PLAN},
    script:
        "../scripts/prune.py"
