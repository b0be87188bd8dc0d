"""
Hold the distribution of every source set against the one that is blessed.

in:   results/aliased/{source_set}/{shard}.parquet, results/sessions/{source_set}.parquet,
      the blessed {source_set}.distribution.json, where there is one
out:  results/baselines/{source_set}.distribution.json   what `bless` would freeze
      reports/distribution/{manifest}.json               what has drifted, by source set and class
"""


rule measure_distribution:
    """Measure the class shares and spreads of one source set."""
    input:
        events=lambda wildcards: shards_of(
            "results/aliased/{source_set}/{shard}.parquet", wildcards.source_set
        ),
        sessions="results/sessions/{source_set}.parquet",
    output:
        candidate=update("results/baselines/{source_set}.distribution.json"),
    log:
        "logs/measure_distribution/{source_set}.log",
    benchmark:
        "benchmarks/measure_distribution/{source_set}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("measure_distribution.py"),
        local=config["health"],
    script:
        "../scripts/measure_distribution.py"


rule compare_distributions:
    """Find what has drifted in the source sets of a manifest."""
    input:
        candidates=lambda wildcards: expand(
            "results/baselines/{source_set}.distribution.json",
            source_set=config["manifests"][wildcards.manifest]["source_sets"],
        ),
        blessed=lambda wildcards: [
            path
            for name in config["manifests"][wildcards.manifest]["source_sets"]
            for path in baseline_file(f"{name}.distribution.json")
        ],
    output:
        drift=update("reports/distribution/{manifest}.json"),
    log:
        "logs/compare_distributions/{manifest}.log",
    benchmark:
        "benchmarks/compare_distributions/{manifest}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("compare_distributions.py"),
        distribution=config["distribution"],
    script:
        "../scripts/compare_distributions.py"
