"""
What notes beside the sounds say of the crashes, before these are told apart.

in:   results/sessions/{source_set}.parquet, the notes in the raw data, and
      resources/crash/cymbal_words.yaml
out:  results/crash/kit_notes/{source_set}.json   cymbals by sound and how many, of every kit
"""


rule read_kit_notes:
    """Read the notes on the kits of a source set whose card has them read."""
    input:
        sessions="results/sessions/{source_set}.parquet",
        cymbal_words=CYMBAL_WORDS,
    output:
        notes="results/crash/kit_notes/{source_set}.json",
    log:
        "logs/read_kit_notes/{source_set}.log",
    benchmark:
        "benchmarks/read_kit_notes/{source_set}.tsv"
    threads: threads_of("read_kit_notes")
    resources:
        **needs_of("read_kit_notes"),
    params:
        code=code("read_kit_notes.py"),
        local=lambda wildcards: roots(wildcards.source_set),
    script:
        "../scripts/read_kit_notes.py"
