"""
What the rules of the exports share: the names of their products, and what is asked again because
files of an export are gone or cut short, of which Snakemake does not know.
"""

from drumcorpus.ground.run.export_state import (
    ask_again,
    in_words,
    lacking_files,
    lacking_outputs,
    stamp_path,
    strays,
    strays_in_words,
)
from drumcorpus.ground.run.state_folder import STATE_FOLDER
from drumcorpus.stages.export.settings import FILES, sample_settings

EXPORT = "results/export/{manifest}/{export}"
AROUND_SAMPLES = [
    *(
        "train/train_labels.parquet",
        "val/val_labels.parquet",
        "test/test_labels.parquet",
    ),
    *(
        "components.json",
        "metadata.json",
        "sessions.parquet",
        "files.parquet",
        "durations.csv",
    ),
    *("README.md", "CITE.bib", "croissant.json", "SHA256SUMS"),
]
LABEL_LISTS = [
    *("train/train_labels.json", "val/val_labels.json", "test/test_labels.json"),
]


def tables_to_verify(manifest):
    """What says beforehand what the exports of a manifest will hold and lack."""
    source_sets = config["manifests"][manifest]["source_sets"]
    return {
        "manifest": f"results/manifests/{manifest}.parquet",
        "sessions": products(["sessions/{s}/{n}"], source_sets),
        "inventories": products(["inventory/{s}"], source_sets),
        "audio_checks": products(["audio_checks/{s}/{n}"], source_sets),
        "roots": {name: roots(name)["roots"] for name in source_sets},
    }


# Exports that hold a part of their manifest.
LIMITED = [name for name, export in EXPORTS.items() if export["limit"] is not None]


def limits_of_export(wildcards):
    """What a limited export takes of every session."""
    if wildcards.export not in LIMITED:
        return []
    return ["results/limits/{manifest}/{export}.parquet".format(**wildcards)]


def limits_of_shard(wildcards):
    """The same of one shard."""
    path = "results/limits/{manifest}/{export}/{source_set}/{shard}.parquet"
    return [path.format(**wildcards)] if wildcards.export in LIMITED else []


# Whose exports `smoke` tries, and where these stay if they are kept.
SMOKED_MANIFESTS = sorted({export["manifest"] for export in SMOKED.values()})
SMOKE_FOLDER = "smoke"


def smoke_tables(manifest):
    """What the exports of a manifest are made from, and what says how large they will be."""
    source_sets = config["manifests"][manifest]["source_sets"]
    return tables_to_verify(manifest) | {
        "weights": {
            name: weights_of(manifest, export["weights"])
            for name, export in SMOKED.items()
            if export["manifest"] == manifest
        },
        "cards": {name: str(config_path(card_name(name))) for name in source_sets},
        "shards": [
            {
                "source_set": name,
                "shard": shard,
                "events": f"results/aliased/{name}/{shard}.parquet",
                "sessions": f"results/sessions/{name}/{shard}.parquet",
                "splits": f"results/splits/{manifest}/{name}/{shard}.parquet",
            }
            for name in source_sets
            for shard in shard_names(name)
        ],
    }


def smoke_inputs(manifest):
    """All of these that a rule makes."""
    tables = smoke_tables(manifest)
    return [
        tables["manifest"],
        *sorted(set(tables["weights"].values())),
        *(path for n in ("inventories", "audio_checks") for path in tables[n]),
        *(
            shard[name]
            for shard in tables["shards"]
            for name in ("events", "sessions", "splits")
        ),
    ]


def samples_of(wildcards, name):
    """One table of each shard of an export."""
    pattern = f"results/samples/{wildcards.manifest}/{wildcards.export}"
    return shards_of_manifest(
        f"{pattern}/{{source_set}}/{{shard}}{name}", wildcards.manifest
    )


def label_lists(wildcards):
    """The label files in JSON, which an export of files has."""
    if FILES not in EXPORTS[wildcards.export]["form"]:
        return []
    return [f"{EXPORT}/{name}".format(**wildcards) for name in LABEL_LISTS]


def products_of_exports(names):
    """Every product of some exports, and all on the way to them."""
    chosen = [name for name in EXPORTS if name in names]
    return [
        path
        for name in chosen
        for manifest in [EXPORTS[name]["manifest"]]
        for path in [
            *shards_of_manifest(
                f"results/splits/{manifest}/{{source_set}}/{{shard}}.parquet", manifest
            ),
            *(
                path
                for end in (".parquet", ".files.parquet")
                for path in shards_of_manifest(
                    f"results/samples/{manifest}/{name}/{{source_set}}/{{shard}}{end}",
                    manifest,
                )
            ),
            *(
                [
                    f"results/limits/{manifest}/{name}.parquet",
                    *shards_of_manifest(
                        f"results/limits/{manifest}/{name}/{{source_set}}/{{shard}}.parquet",
                        manifest,
                    ),
                ]
                if name in LIMITED
                else []
            ),
            weights_of(manifest, EXPORTS[name]["weights"]),
            f"reports/export/{manifest}/{name}.json",
            f"results/gates/export/{manifest}/{name}.json",
            *(
                f"results/export/{manifest}/{name}/{file}"
                for file in [
                    *(LABEL_LISTS if FILES in EXPORTS[name]["form"] else []),
                    *AROUND_SAMPLES,
                ]
            ),
        ]
    ]


# The names of the stamps: of the shards of every export, and of what stands around them.
EXPORT_JOBS = {
    (export["manifest"], name, *shard): (
        f"results/samples/{export['manifest']}/{name}/{'/'.join(shard)}.files.parquet"
        if len(shard) == 2
        else f"results/export/{export['manifest']}/{name}/{product}"
    )
    for name, export in EXPORTS.items()
    for shard, product in [
        *(
            ((source_set, shard), "")
            for source_set in config["manifests"][export["manifest"]]["source_sets"]
            for shard in shard_names(source_set)
        ),
        ((), "SHA256SUMS"),
        *(
            [(("labels",), "train/train_labels.json")]
            if FILES in export["form"]
            else []
        ),
    ]
}
SHARDS_OF_EXPORT = {
    names: {each[2:] for each in EXPORT_JOBS if each[:2] == names and len(each) == 4}
    for names in {each[:2] for each in EXPORT_JOBS}
}
EXPORT_STAMPS = {}
for names, product in EXPORT_JOBS.items():
    stamp = stamp_path(*names)
    if stamp.is_file():
        EXPORT_STAMPS[names] = str(stamp)

if workflow.is_main_process and PURPOSE != LIST:
    try:
        for names, product in EXPORT_JOBS.items():
            folder = f"results/export/{names[0]}/{names[1]}"
            is_table = product.endswith(".files.parquet")
            lacking = (
                lacking_files(product, folder) if is_table else lacking_outputs(product)
            )
            stray = (
                strays(folder, SHARDS_OF_EXPORT[names[:2]]) if len(names) == 2 else []
            )
            if lacking:
                sys.stderr.write(f"{in_words(folder, lacking)}\n")
            if stray:
                sys.stderr.write(f"{strays_in_words(folder, stray)}\n")
            if lacking or stray:
                stamp = ask_again(stamp_path(*names), aside=None if WORKS else ASIDE)
                EXPORT_STAMPS[names] = str(stamp)
    except OSError as error:
        raise WorkflowError(sentence(error) or f"{Path.cwd()}: {error}")


def export_stamp(*names):
    """The stamp of a job of an export, as an input, where its files have ever lacked."""
    return [EXPORT_STAMPS[names]] if names in EXPORT_STAMPS else []


# Manifests whose gates ask for the training check: a release waits for it.
TRAIN_CHECKED = sorted(TRAIN_GATES)


def of_train_checks(manifests):
    """All products of the training checks of some manifests."""
    return [
        path
        for manifest in manifests
        for path in (
            f"results/train_check/{manifest}/{TRAINED[manifest]}.parquet",
            f"reports/train_check/{manifest}/{TRAINED[manifest]}.json",
            f"reports/train_check/{manifest}/{TRAINED[manifest]}.html",
            *(
                [f"results/gates/train_check/{manifest}.json"]
                if manifest in TRAIN_GATES
                else []
            ),
        )
    ]
