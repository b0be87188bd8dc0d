"""
What a mixture needs before it tells cymbals apart: a model of strokes on one cymbal, and the
cymbals of each kit whose sessions were recorded alike (config key crash.clustering.method).

in:   results/crash/embeddings, results/sessions, cymbal maps, resources/crash/cymbal_model.json
out:  results/crash/cymbal_model.json                 trained from known cymbals, or as it is shipped
      results/crash/kits/{source_set}.parquet         one row per cymbal of a kit
      results/crash/kit_sessions/{source_set}.parquet the kit of each session
"""


rule train_cymbal_model:
    """Learn what strokes on one cymbal look like, or take the model that is shipped."""
    input:
        embeddings=[
            path
            for name in KNOWN
            for path in shards_of(
                "results/crash/embeddings/{source_set}/{shard}.parquet", name
            )
        ],
        sessions=expand("results/sessions/{source_set}.parquet", source_set=KNOWN),
        cymbal_maps=known_cymbal_maps,
        shipped=config_path("resources/crash/cymbal_model.json"),
        components=f"{TAXONOMY}/components.yaml",
    output:
        model="results/crash/cymbal_model.json",
    log:
        "logs/train_cymbal_model.log",
    benchmark:
        "benchmarks/train_cymbal_model.tsv"
    threads: threads_of("train_cymbal_model")
    resources:
        **needs_of("train_cymbal_model"),
    params:
        code=code("train_cymbal_model.py"),
        families=config["crash"]["families"],
        model=config["crash"]["model"],
    script:
        "../scripts/train_cymbal_model.py"


rule pool_kits:
    """Tell the cymbals of each kit apart, from all its sessions."""
    input:
        embeddings=lambda wildcards: shards_of(
            "results/crash/embeddings/{source_set}/{shard}.parquet",
            wildcards.source_set,
        ),
        sessions="results/sessions/{source_set}.parquet",
        cymbal_maps=cymbal_map_files,
        model="results/crash/cymbal_model.json",
        components=f"{TAXONOMY}/components.yaml",
    output:
        kits="results/crash/kits/{source_set}.parquet",
        kit_sessions="results/crash/kit_sessions/{source_set}.parquet",
    log:
        "logs/pool_kits/{source_set}.log",
    benchmark:
        "benchmarks/pool_kits/{source_set}.tsv"
    threads: threads_of("pool_kits")
    resources:
        **needs_of("pool_kits"),
    params:
        code=code("pool_kits.py"),
        families=config["crash"]["families"],
        use_metadata=config["crash"]["use_metadata"],
        clustering=config["crash"]["clustering"],
    script:
        "../scripts/pool_kits.py"
