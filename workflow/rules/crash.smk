"""
Tell the crash cymbals of every session apart, by what the source says or by their sound.

in:   results/events/{source_set}/{shard}.parquet, raw audio
out:  results/crash/embeddings/{source_set}/{shard}.parquet    one row per crash hit
      results/crash/assignments/{source_set}/{shard}.parquet   which cymbal each hit is
      results/crash/assignments/{source_set}.parquet           the same for the whole source set
      results/crash/review/{source_set}.jsonl                  sessions in doubt, for a person
"""


rule embed_crashes:
    """Describe the sound of every crash hit of one shard."""
    input:
        events="results/events/{source_set}/{shard}.parquet",
        sessions="results/sessions/{source_set}/{shard}.parquet",
        components=f"{TAXONOMY}/components.yaml",
    output:
        embeddings=update("results/crash/embeddings/{source_set}/{shard}.parquet"),
    log:
        "logs/embed_crashes/{source_set}/{shard}.log",
    benchmark:
        "benchmarks/embed_crashes/{source_set}/{shard}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("embed_crashes.py"),
        family=config["crash"]["family"],
        embedding=config["crash"]["embedding"],
        local=lambda wildcards: roots(wildcards.source_set),
    script:
        "../scripts/embed_crashes.py"


rule cluster_crashes:
    """Number the crash cymbals of every session of one shard."""
    input:
        embeddings="results/crash/embeddings/{source_set}/{shard}.parquet",
        sessions=sessions_to_map,
        cymbal_maps=cymbal_map_files,
        decisions=lambda wildcards: review_file(wildcards.source_set),
        components=f"{TAXONOMY}/components.yaml",
    output:
        assignments=update("results/crash/assignments/{source_set}/{shard}.parquet"),
        review=update("results/crash/review/{source_set}/{shard}.jsonl"),
        agreement=update("results/crash/agreement/{source_set}/{shard}.jsonl"),
    log:
        "logs/cluster_crashes/{source_set}/{shard}.log",
    benchmark:
        "benchmarks/cluster_crashes/{source_set}/{shard}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("cluster_crashes.py"),
        family=config["crash"]["family"],
        use_metadata=config["crash"]["use_metadata"],
        agreement=config["crash"]["agreement"],
        clustering=config["crash"]["clustering"],
    script:
        "../scripts/cluster_crashes.py"


rule gather_crashes:
    """Put the crash assignments of a source set together, and list the sessions in doubt."""
    input:
        assignments=lambda wildcards: shards_of(
            "results/crash/assignments/{source_set}/{shard}.parquet",
            wildcards.source_set,
        ),
        review=lambda wildcards: shards_of(
            "results/crash/review/{source_set}/{shard}.jsonl", wildcards.source_set
        ),
    output:
        assignments=update("results/crash/assignments/{source_set}.parquet"),
        review=update("results/crash/review/{source_set}.jsonl"),
    log:
        "logs/gather_crashes/{source_set}.log",
    benchmark:
        "benchmarks/gather_crashes/{source_set}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("gather_crashes.py"),
    script:
        "../scripts/gather_crashes.py"
