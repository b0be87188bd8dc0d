"""
What `evaluations` in the config names, looked at before any job, and as inputs of its rules.
"""

from types import SimpleNamespace

from drumcorpus.ground.files.recorded_paths import recorded_path
from drumcorpus.ground.files.spelling import did_you_mean

EVALUATIONS = sorted(config["evaluations"])
EVALUATION = "|".join(EVALUATIONS) or "(?!)"
# Keys of a block that name predictions; the last has a list of them.
OF_SYSTEMS = (
    "predictions",
    "compare",
    "validation",
    "compare_validation",
    "another_seed",
)
NOT_ASKED = ("manifest", "boundary_pack", "trained_on", *OF_SYSTEMS)


def evaluated_manifest(wildcards):
    """The name of the manifest that is evaluated."""
    return config["evaluations"][wildcards.evaluation]["manifest"]


def places_of_systems(evaluation):
    """By key of the block the folders and tables of predictions, as full paths."""
    block = config["evaluations"][evaluation]
    places = {}
    for key in OF_SYSTEMS:
        named = block.get(key, [])
        where = f"config: evaluations.{evaluation}.{key}"
        places[key] = [
            named_predictions(path, where)
            for path in ([named] if isinstance(named, str) else named)
        ]
    return places


def predicted_files(wildcards, key):
    """The files of predictions that a key of the block names, as inputs."""
    places = places_of_systems(wildcards.evaluation)[key]
    return [path for place in places for path in files_of_system(place)]


def recorded_systems(wildcards):
    """What is recorded of predictions beside the digests of their files."""
    return {
        key: [recorded_system(place) for place in places]
        for key, places in places_of_systems(wildcards.evaluation).items()
    }


def places_of_evaluation(wildcards):
    """Where a job finds what it reads; never part of a product."""
    places = places_of_systems(wildcards.evaluation)
    last = OF_SYSTEMS[-1]
    return {
        "resources": f"{WORKFLOW}/resources",
        "taxonomy": TAXONOMY,
        "folds": folds_of_evaluation(wildcards.evaluation),
        "trained_on": manifests_trained_on(wildcards.evaluation),
        "systems": {key: next(iter(found), None) for key, found in places.items()}
        | {last: places[last]},
    }


def pack_of_evaluation(evaluation):
    """The boundary pack of an evaluation as an input, where it names one."""
    path = config["evaluations"][evaluation].get("boundary_pack")
    where = f"config: evaluations.{evaluation}.boundary_pack"
    return [named_file(path, where)] if path else []


def manifests_trained_on(evaluation):
    """Manifests that systems may have been trained on: of this config, or files of another."""
    return [
        (
            f"results/manifests/{name}.parquet"
            if name in MANIFESTS
            else named_file(name, f"config: evaluations.{evaluation}.trained_on")
        )
        for name in config["evaluations"][evaluation].get("trained_on", [])
    ]


def tables_trained_on(wildcards):
    """These manifests and their tables of splits, as inputs; those of others must stand."""
    tables = []
    for path in manifests_trained_on(wildcards.evaluation):
        name = Path(path).stem
        if path == f"results/manifests/{name}.parquet" and name in MANIFESTS:
            tables += [path, f"results/splits/{name}.parquet"]
        else:
            # Not above: numpy takes as long as all else that reading the rules imports.
            from drumcorpus.stages.evaluation.reference import tables_of_corpus

            tables += [plain_path(str(each)) for each in tables_of_corpus(path)]
    return tables


def folds_of_evaluation(evaluation):
    """Its folds: the name of published ones, or the full path of a file; None for none."""
    folds = config["evaluations"][evaluation].get("folds")
    published = WORKFLOW / f"resources/evaluation/folds/{folds}.yaml"
    if folds is None or exists(published):
        return folds
    return named_file(folds, f"config: evaluations.{evaluation}.folds")


def recorded_question(evaluation):
    """What shapes a report beside the files that it rests on, without places of this machine."""
    block = config["evaluations"][evaluation]
    question = {key: value for key, value in block.items() if key not in NOT_ASKED}
    folds = folds_of_evaluation(evaluation)
    return question if folds is None else question | {"folds": recorded_path(folds)}


def terms_of_evaluation(evaluation):
    """The question with all its names looked up."""
    # Not above: numpy takes as long as all else that reading the rules imports.
    from drumcorpus.stages.evaluation.question import Question, read_terms

    return read_terms(
        Question(
            **recorded_question(evaluation) | {"folds": folds_of_evaluation(evaluation)}
        ),
        f"{WORKFLOW}/resources",
        taxonomy_folder=TAXONOMY,
        fits=bool(
            {"validation", "compare_validation"}
            & set(config["evaluations"][evaluation])
        ),
    )


def asked_evaluations(wildcards):
    """What `evaluate` is to make, once the config names any predictions."""
    if not EVALUATIONS:
        manifest = next(iter(MANIFESTS), "NAME")
        raise ValueError(
            "evaluate: the config names no predictions; wanted: evaluations, such as {mine: "
            f"{{predictions: FOLDER, manifest: {manifest}}}}}"
        )
    return ASKED["evaluate"]


if workflow.is_main_process:  # before any job
    for evaluation in EVALUATIONS:
        where = f"config: evaluations.{evaluation}"
        try:
            manifest = config["evaluations"][evaluation]["manifest"]
            if manifest not in MANIFESTS:
                raise ValueError(
                    f"manifest: got {manifest!r}{did_you_mean(manifest, MANIFESTS)}; allowed: "
                    f"{', '.join(MANIFESTS)}"
                )
            for place in sum(places_of_systems(evaluation).values(), []):
                files_of_system(place)
            terms_of_evaluation(evaluation)
            pack_of_evaluation(evaluation)
            block = config["evaluations"][evaluation]
            if "compare_validation" in block and "compare" not in block:
                raise ValueError(
                    "compare_validation: there is no other system; name it under compare"
                )
            tables_trained_on(SimpleNamespace(evaluation=evaluation))
        except (ValueError, LookupError, OSError) as error:
            said = str(error)
            raise WorkflowError(
                said if said.startswith("config: ") else f"{where}: {said}"
            )
