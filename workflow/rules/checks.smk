"""
Measure the sound behind the labels: loudness, faults, and whether onsets are where they are heard.

in:   results/sessions/{source_set}/{shard}.parquet, results/events/{source_set}/{shard}.parquet,
      raw audio of a sample of the sessions
out:  results/audio_checks/{source_set}/{shard}.parquet    one row per session with audio
"""


rule check_audio:
    """Decode a sample of one shard's sessions and measure their sound."""
    input:
        sessions="results/sessions/{source_set}/{shard}.parquet",
        events="results/events/{source_set}/{shard}.parquet",
        taxonomy=taxonomy_files(),
    output:
        checks="results/audio_checks/{source_set}/{shard}.parquet",
    log:
        "logs/check_audio/{source_set}/{shard}.log",
    benchmark:
        "benchmarks/check_audio/{source_set}/{shard}.tsv"
    threads: threads_of("check_audio")
    resources:
        **needs_of("check_audio"),
    params:
        code=code("check_audio.py"),
        measure=config["checks"]["measure"],
        n_shards=lambda wildcards: SHARDS[wildcards.source_set],
        local=lambda wildcards: roots(wildcards.source_set),
    script:
        "../scripts/check_audio.py"
