"""
Hold the raw files of every source set against a list of their checksums.

in:   the roots of the source set, and its list: what the config names, or one that is committed,
      or the one that an earlier run has written
out:  results/integrity/{source_set}.json    what was compared, and the files that are not listed
      <integrity.folder>/{source_set}.sha256 the list, where there was none (it is kept: no product)
"""

from drumcorpus.checksum_lists import choose_list, existing_list

# Where the list of each source set stands, or is to be written; nowhere for a demo corpus.
try:
    CHECKSUM_LISTS = {
        name: (
            {"shown": "", "path": "", "binding": False}
            if is_demo(name)
            else choose_list(
                name,
                named=config["source_sets"][name].get("checksums"),
                committed=f"resources/source_sets/{name}.sha256",
                written=f"{config['integrity']['folder']}/{name}.sha256",
                locate=config_path,
            )
        )
        for name in SOURCE_SETS
    }
except FileNotFoundError as error:
    raise WorkflowError(str(error))

# These are held to their lists before anything is made of them. A list that an earlier run has
# written is for `integrity` alone: raw data may change on purpose, and their products follow.
WITH_CHECKSUM_LIST = [
    name for name, where in CHECKSUM_LISTS.items() if where["binding"]
]


# The list is among `state`, so that an edit of it asks the job again; the job describes it itself,
# for it may be there only when the job has written it.
rule check_integrity:
    """Find missing and changed raw files by the checksum list; write a list where there is none."""
    input:
        state=lambda wildcards: [
            f".drumcorpus/raw/{wildcards.source_set}.json",
            *existing_list(CHECKSUM_LISTS[wildcards.source_set]["path"]),
        ],
        demo=demo_corpus,
    output:
        report=update("results/integrity/{source_set}.json"),
    log:
        "logs/check_integrity/{source_set}.log",
    benchmark:
        "benchmarks/check_integrity/{source_set}.tsv"
    conda:
        "../../environment.yml"
    threads: 4
    params:
        code=code("check_integrity.py"),
        integrity={key: config["integrity"][key] for key in ("level", "sample")},
        checksums=lambda wildcards: CHECKSUM_LISTS[wildcards.source_set]["shown"],
        local=lambda wildcards: roots(wildcards.source_set)
        | {"checksums": CHECKSUM_LISTS[wildcards.source_set]["path"]},
    script:
        "../scripts/check_integrity.py"
