"""
Find every raw file, hold it against its checksum list, digest it, and tell which sessions they make.

in:   the roots of the source set, its card, and its checksum list: what the config names, or one
      that is committed, or the one that an earlier run has written
out:  results/integrity/{source_set}.json                 what was compared with the list
      <integrity.folder>/{source_set}.sha256              the list, where there was none (no product)
      results/inventory/{source_set}.parquet              one row per raw file
      results/roots/{source_set}.parquet                  which root each of them lies below
      results/sessions/{source_set}.parquet               one row per session
      results/quarantine/{source_set}/inventory.parquet   files that are not used, with the reason
      results/not_of_the_set/{source_set}.json            what systems and tools have left, by kind
      results/sessions/{source_set}/{shard}.parquet       the sessions of one shard
      results/sound_files/{source_set}/{shard}.parquet    their sound files, stems included
      reports/inventory.html, .json, .csv                 files, sessions, licences, audio of all sets
"""

from drumcorpus.stages.inventory.checksum_lists import choose_list, existing_list

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
                written=f"{config['inventory']['integrity']['folder']}/{name}.sha256",
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


# The list is among `after`, so that an edit of it asks the job again; the job describes it itself,
# for it may be there only when the job has written it.
rule check_integrity:
    """Find missing and changed raw files by the checksum list; write a list where there is none."""
    input:
        not_of_the_set=NOT_OF_THE_SET,
        after=lambda wildcards: [
            *raw_state(wildcards),
            *existing_list(CHECKSUM_LISTS[wildcards.source_set]["path"]),
        ],
    output:
        report="results/integrity/{source_set}.json",
    log:
        "logs/check_integrity/{source_set}.log",
    benchmark:
        "benchmarks/check_integrity/{source_set}.tsv"
    threads: threads_of("check_integrity")
    resources:
        **needs_of("check_integrity"),
    params:
        code=code("check_integrity.py"),
        integrity={
            key: config["inventory"]["integrity"][key] for key in ("level", "sample")
        },
        checksums=lambda wildcards: CHECKSUM_LISTS[wildcards.source_set]["shown"],
        local=lambda wildcards: wanted_roots(wildcards.source_set)
        | {"checksums": CHECKSUM_LISTS[wildcards.source_set]["path"]},
    script:
        "../scripts/check_integrity.py"


rule take_inventory:
    """List the raw files of a source set with their digests, and its sessions."""
    input:
        card=card_file,
        references=reference_files,
        works=config_path("resources/source_sets/work_splits.yaml"),
        not_of_the_set=NOT_OF_THE_SET,
        after=lambda wildcards: [
            *raw_state(wildcards),
            *(
                f"results/integrity/{name}.json"
                for name in WITH_CHECKSUM_LIST
                if name == wildcards.source_set
            ),
        ],
    output:
        files="results/inventory/{source_set}.parquet",
        roots="results/roots/{source_set}.parquet",
        sessions="results/sessions/{source_set}.parquet",
        quarantine="results/quarantine/{source_set}/inventory.parquet",
        not_of_the_set="results/not_of_the_set/{source_set}.json",
    log:
        "logs/take_inventory/{source_set}.log",
    benchmark:
        "benchmarks/take_inventory/{source_set}.tsv"
    threads: threads_of("take_inventory")
    resources:
        **needs_of("take_inventory"),
    params:
        code=source_set_code("take_inventory.py"),
        settings=lambda wildcards: own_settings(wildcards.source_set),
        allow_empty=lambda wildcards: config["source_sets"][wildcards.source_set].get(
            "allow_empty", False
        ),
        splits={name: config["splits"][name] for name in ("seed", "shares")},
        is_demo=lambda wildcards: is_demo(wildcards.source_set),
        local=lambda wildcards: wanted_roots(wildcards.source_set)
        | {
            "vanished": (
                "accept"
                if is_demo(wildcards.source_set)
                else config["inventory"]["vanished"]
            ),
            "changed": (
                "report"
                if is_demo(wildcards.source_set)
                else config["inventory"]["changed"]
            ),
        },
    script:
        "../scripts/take_inventory.py"


rule shard_sessions:
    """Take the sessions of one shard out of the list, so that the others do not touch it."""
    input:
        sessions="results/sessions/{source_set}.parquet",
        inventory="results/inventory/{source_set}.parquet",
        predicted=staged_predictions,
    output:
        sessions="results/sessions/{source_set}/{shard}.parquet",
        sound_files="results/sound_files/{source_set}/{shard}.parquet",
    log:
        "logs/shard_sessions/{source_set}/{shard}.log",
    benchmark:
        "benchmarks/shard_sessions/{source_set}/{shard}.tsv"
    group:
        "shard"
    threads: threads_of("shard_sessions")
    resources:
        **needs_of("shard_sessions"),
    params:
        code=code("shard_sessions.py"),
        n_shards=lambda wildcards: SHARDS[wildcards.source_set],
    script:
        "../scripts/shard_sessions.py"


rule summarise_inventory:
    """Put the inventories of all source sets on one page."""
    input:
        cards=[config_path(card_name(name)) for name in SOURCE_SETS],
        files=expand("results/inventory/{source_set}.parquet", source_set=SOURCE_SETS),
        roots=expand("results/roots/{source_set}.parquet", source_set=SOURCE_SETS),
        sessions=expand("results/sessions/{source_set}.parquet", source_set=SOURCE_SETS),
        quarantine=expand(
            "results/quarantine/{source_set}/inventory.parquet", source_set=SOURCE_SETS
        ),
        not_of_the_set=expand(
            "results/not_of_the_set/{source_set}.json", source_set=SOURCE_SETS
        ),
    output:
        page=report(
            "reports/inventory.html",
            caption="../report/inventory.rst",
            category="Sources",
            labels={"of": "raw files"},
        ),
        report="reports/inventory.json",
        table="reports/inventory.csv",
    log:
        "logs/summarise_inventory.log",
    benchmark:
        "benchmarks/summarise_inventory.tsv"
    threads: threads_of("summarise_inventory")
    resources:
        **needs_of("summarise_inventory"),
    params:
        code=code("summarise_inventory.py"),
        source_sets={
            name: {
                "tier": config["source_sets"][name]["tier"],
                "roots": len(roots(name)["roots"]),
            }
            for name in SOURCE_SETS
        },
    script:
        "../scripts/summarise_inventory.py"
