"""
Corpora of other kinds, kept as JSON Lines: shards are merged, and rated ones put on one axis.

in:   the inputs that `corpora` in the config names, files of a person or products
out:  results/corpora/merged/{corpus}.jsonl   a merge, in order of its natural key
"""

MERGES = sorted(config["corpora"]["merges"])


localrules:
    corpora,


rule corpora:
    """Every merged and aggregated corpus of the config, with its run manifest."""
    input:
        expand("results/corpora/merged/{corpus}.jsonl", corpus=MERGES),


rule merge_corpora:
    """Merge shards of rows into one corpus; equal duplicates are counted, others reported."""
    input:
        shards=shards_to_merge,
    output:
        corpus="results/corpora/merged/{corpus}.jsonl",
    log:
        "logs/merge_corpora/{corpus}.log",
    benchmark:
        "benchmarks/merge_corpora/{corpus}.tsv"
    wildcard_constraints:
        corpus="|".join(MERGES) or "(?!)",
    threads: 2
    params:
        code=code("merge_corpora.py"),
        merge=lambda wildcards: config["corpora"]["merges"][wildcards.corpus],
    script:
        "../scripts/merge_corpora.py"
