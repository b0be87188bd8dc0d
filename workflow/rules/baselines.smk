"""
Bless the present figures, so that later runs are held against them.

in:   results/baselines/*.json                what a run has measured: the candidates
      resources/baselines/*.json              what is blessed now; the demo's below resources/demo
out:  resources/baselines/*.json              below the working directory
"""


localrules:
    bless,


# No input: what is blessed is what a run has measured and a person has looked at, and nothing is
# measured anew on the way. No output: Snakemake would remove it before a run, and when one fails.
rule bless:
    """Take the present figures of audit, health and distribution as those to be held to."""
    log:
        "logs/bless.log",
    conda:
        "../../environment.yml"
    params:
        local={
            name: {
                "candidate": f"results/baselines/{name}",
                "blessed": next(iter(baseline_file(name)), None),
                "target": baseline_name(name),
            }
            for name in baseline_names()
        },
    script:
        "../scripts/bless.py"
