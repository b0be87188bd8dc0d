"""
Bless the present figures, so that later runs are held against them.

in:   results/baselines/*.json                what a run has measured: the candidates
      resources/baselines/*.json              what is blessed now; the demo's below resources/demo
out:  resources/baselines/*.json              below the working directory
"""


def baseline_names():
    """The names of all baselines, such as prod_combined.audit.json."""
    return [
        *expand("{manifest}.{kind}.json", manifest=MANIFESTS, kind=["audit", "health"]),
        *expand("{source_set}.distribution.json", source_set=MERGED),
    ]


def baseline_name(name):
    """Where a baseline belongs; the demo has baselines of its own, for it is nobody else's work."""
    owner, kind, _ = name.split(".")
    source_sets = (
        [owner] if kind == "distribution" else config["manifests"][owner]["source_sets"]
    )
    is_all_demo = all(is_demo(source_set) for source_set in source_sets)
    folder = "resources/demo/baselines" if is_all_demo else "resources/baselines"
    return f"{folder}/{name}"


def baseline_file(name):
    """The blessed file of that name as an input, where it is there."""
    path = config_path(baseline_name(name))
    return [path] if Path(path).is_file() else []


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
