"""
What `predictions` in the config names: the labels that a model made of source sets, looked at
before any job, and as inputs of the rules that they reach.
"""

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.recorded_paths import recorded_path
from drumcorpus.ground.files.written_paths import why_no_folder
from drumcorpus.ground.predictions.meanings import read_meanings
from drumcorpus.ground.predictions.prediction_listing import files_of_predictions
from drumcorpus.ground.run.predicted_sets import check_predictions

# Source sets whose labels a model made.
PREDICTED = [name for name in sorted(config["predictions"]) if name in INGESTED]
PREDICTED_SET = "|".join(PREDICTED) or "(?!)"
OF_TERMS = ("class_map", "note_map", "labels")


def named_folder(path, where):
    """`config_path` of a folder that `where` in the configuration names; it must be readable."""
    if reason := why_no_folder(config_path(path)):
        raise ValueError(f"{where}: {path} {reason}")
    return config_path(path)


def named_predictions(path, where):
    """The same of predictions, which are a folder or a table."""
    is_folder = exists(config_path(path)) and Path(config_path(path)).is_dir()
    return (named_folder if is_folder else named_file)(path, where)


def files_of_system(place):
    """The files of predictions at a place; a path with braces is refused."""
    return [plain_path(path) for path in files_of_predictions(place)]


def recorded_system(place):
    """What is recorded of predictions beside the digests of their files: names, not places.

    A file's digest does not say of which session it is where two folders hold one name.
    """
    names = (
        Path(path).relative_to(Path(place).parent).as_posix()
        for path in files_of_system(place)
    )
    listed = "\n".join(names).encode("utf-8", "surrogateescape")
    return {"name": recorded_path(place), "files": sha256_bytes(listed)}


def place_of_predictions(source_set):
    """Where the predictions of a source set lie."""
    where = f"config: predictions.{source_set}.path"
    return named_predictions(config["predictions"][source_set]["path"], where)


def staged_files(wildcards):
    """The files of the predictions of a source set, as inputs."""
    return files_of_system(place_of_predictions(wildcards.source_set))


def terms_of(source_set):
    """What the words of its predictions mean, as the config says it; nothing without predictions."""
    block = config["predictions"].get(source_set, {})
    return {key: block[key] for key in OF_TERMS if key in block}


# Where a job finds the vocabulary; never part of a product.
PLACES_OF_TERMS = {"resources": f"{WORKFLOW}/resources", "taxonomy_folder": TAXONOMY}


def term_files(wildcards):
    """The files of the vocabulary that its predictions speak, as inputs."""
    if wildcards.source_set not in PREDICTED:
        return []
    meanings = read_meanings(**PLACES_OF_TERMS, **terms_of(wildcards.source_set))
    return [str(path) for path in meanings.files]


def model_of(source_set):
    """The model of a source set's predictions, and what their words mean; None without."""
    if source_set not in PREDICTED:
        return None
    block = config["predictions"][source_set]
    return {key: block[key] for key in ("model", "version")}


def models_of(manifest):
    """By source set of a manifest whose labels a model made, the model."""
    return {name: model_of(name) for name in splits_of_model_labels(manifest)}


def predicted_hits(wildcards):
    """The predictions of a shard as they are staged, where its source set has any."""
    path = "results/predictions/{source_set}/{shard}.parquet".format(**wildcards)
    return [path] if wildcards.source_set in PREDICTED else []


def staged_predictions(wildcards):
    """What was staged of which session, where a source set has predictions."""
    name = wildcards.source_set
    return [f"results/predictions/{name}.json"] if name in PREDICTED else []


def splits_of_model_labels(manifest):
    """By source set of a manifest whose labels a model made, the splits that may have such."""
    return {
        name: config["predictions"][name].get("splits", ["train"])
        for name in config["manifests"][manifest]["source_sets"]
        if name in PREDICTED
    }


if workflow.is_main_process:  # before any job
    try:
        check_predictions(config, CARDS)
    except ValueError as error:
        raise WorkflowError(str(error))
    for source_set in PREDICTED:
        try:
            files_of_system(place_of_predictions(source_set))
            read_meanings(**PLACES_OF_TERMS, **terms_of(source_set))
        except (ValueError, LookupError, OSError) as error:
            said = str(error)
            where = f"config: predictions.{source_set}"
            raise WorkflowError(
                said if said.startswith("config: ") else f"{where}: {said}"
            )
