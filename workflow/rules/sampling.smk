"""
Say how often each event is to be drawn in training.

in:   results/manifests/{manifest}.parquet, results/gates/{manifest}.json
      results/aliased/{source_set}/{shard}.parquet, of a source set that no manifest merges
out:  results/sampling/{manifest}.json      class weights, session factors and their effect
      results/sampling/{manifest}.parquet   one weight per event
      results/sampling/profiles/{manifest}/{profile}.json, .parquet   the same, by another profile
                                             that an export asks for
      results/sampling/source_sets/{source_set}.json, .parquet    the same, of such a source set
"""


rule derive_weights:
    """Derive the sampling weights of a manifest, or of a source set that none merges."""
    input:
        tables=weighed_tables,
        after=lambda wildcards: gates_to_pass(measured_of(wildcards.weighed)),
    output:
        weights="results/sampling/{weighed}.json",
        events="results/sampling/{weighed}.parquet",
    log:
        "logs/derive_weights/{weighed}.log",
    benchmark:
        "benchmarks/derive_weights/{weighed}.tsv"
    threads: threads_of("derive_weights")
    resources:
        **needs_of("derive_weights"),
    params:
        code=code("derive_weights.py"),
        sampling=lambda wildcards: WEIGHT_PROFILES[profile_of(wildcards.weighed)],
        profile=lambda wildcards: profile_of(wildcards.weighed),
    script:
        "../scripts/derive_weights.py"
