"""
Say what a run would do before it begins.

in:   the plan of Snakemake, run manifests, names and times of raw files, times of earlier runs
out:  nothing: it is said
"""


localrules:
    plan,


# No output and no benchmark: Snakemake would take a benchmark's file for a job well done.
rule plan:
    """Say what a run would do, why, how long, and what it takes (config key plan: of which targets)."""
    log:
        "logs/plan.log",
    threads: threads_of("plan")
    resources:
        **needs_of("plan"),
    params:
        targets=config["plan"],
        # A function: `--summary` and the graphs are asked for without a number of cores.
        local=lambda wildcards: {"cores": workflow.cores},
    script:
        "../scripts/plan.py"
