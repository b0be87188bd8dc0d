"""What is asked of an evaluation, by the command and by the workflow alike, and its answer."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.ground.predictions.class_maps import CORPUS
from drumcorpus.stages.evaluation.boundary_scores import read_pack
from drumcorpus.stages.evaluation.evaluate import Resampling
from drumcorpus.stages.evaluation.folds import folds_file, read_folds
from drumcorpus.stages.evaluation.reference import Corpus, open_corpus
from drumcorpus.stages.evaluation.report import Evaluation, evaluate
from drumcorpus.stages.evaluation.requirements import Requirement, read_requirement
from drumcorpus.stages.evaluation.settings import Settings, make_settings
from drumcorpus.stages.evaluation.tuning import VALIDATION
from drumcorpus.vocabulary import SPLITS


@dataclass(frozen=True)
class Question:
    """What shapes a report beside the files that it rests on.

    `split`, `class_map` and `vocabulary` as of `settings.make_settings`; `folds` is a published
    name or a path; `require` has figures as of `requirements.read_requirement`; `resamples` and
    `seed` are those of intervals.
    """

    split: str = SPLITS[-1]
    class_map: str = CORPUS
    vocabulary: str | None = None
    note_map: str | None = None
    folds: str | None = None
    open_set: bool = False
    calibration: bool = False
    model_labels: bool = False
    require: tuple[str, ...] = ()
    resamples: int = 4_000
    seed: int = 1


@dataclass(frozen=True)
class Systems:
    """Where predictions lie: folders or tables, as of `predictions.read_predictions`.

    `compare` is another system; `validation` and `another_seed` are of the first one, and
    `compare_validation` is of the other.
    """

    predictions: str | os.PathLike
    compare: str | os.PathLike | None = None
    validation: str | os.PathLike | None = None
    compare_validation: str | os.PathLike | None = None
    another_seed: Sequence[str | os.PathLike] = ()

    def places(self) -> list[str | os.PathLike]:
        """Every folder and table that is named."""
        one = (self.predictions, self.compare, self.validation, self.compare_validation)
        return [*self.another_seed, *(place for place in one if place is not None)]

    @property
    def fits(self) -> bool:
        """Whether anything is fitted on validation."""
        return self.validation is not None or self.compare_validation is not None


@dataclass(frozen=True)
class Terms:
    """A question with all its names looked up; `files` are those that were read for it."""

    question: Question
    settings: Settings
    required: tuple[Requirement, ...]
    folds: Mapping[str, list[str]] | None
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Answer:
    """The report, and the corpora that were opened: the one that is scored first."""

    evaluation: Evaluation
    corpora: tuple[Corpus, ...]


def read_terms(
    question: Question,
    resources: str | os.PathLike,
    *,
    taxonomy_folder: str | os.PathLike | None = None,
    fits: bool = False,
) -> Terms:
    """Look up what a question names; neither a corpus nor predictions are opened.

    Parameters
    ----------
    question : Question
    resources : path
        The folder of resources of a checkout.
    taxonomy_folder : path, optional
        That of the taxonomy; the one below `resources` if not given.
    fits : bool
        Whether anything is fitted on validation.

    Raises
    ------
    FileNotFoundError, LookupError
        If there is nothing of a name, or no such figure; the message has what is allowed.
    ValueError
        If a file is not as it must be.
    """
    settings = make_settings(
        resources,
        taxonomy_folder=taxonomy_folder,
        split=question.split,
        class_map=question.class_map,
        vocabulary=question.vocabulary,
        note_map=question.note_map,
        resampling=Resampling(question.resamples, question.seed),
        open_set=question.open_set,
        calibration=question.calibration,
        model_labels=question.model_labels,
    )
    classes = settings.class_map.classes
    required = tuple(read_requirement(text, classes) for text in question.require)
    if question.folds is None and any(each.place[0] == "fold_mean" for each in required):
        raise LookupError("require: fold_mean is there with folds alone")
    if fits and question.split == VALIDATION:
        raise LookupError("validation: what is fitted on validation cannot be scored there")
    if fits and settings.named is not None:
        raise LookupError(
            f"validation: sessions of the split {question.split} may be of the validation of a "
            "corpus; fit before, and evaluate what was fitted"
        )
    if question.folds is None:
        return Terms(question, settings, required, None, settings.files)
    path = folds_file(question.folds, Path(resources) / "evaluation/folds")
    return Terms(question, settings, required, read_folds(path), (*settings.files, path))


def answer(
    terms: Terms,
    manifest: str | os.PathLike,
    systems: Systems,
    *,
    trained_on: Sequence[str | os.PathLike] = (),
    boundary_pack: str | os.PathLike | None = None,
    pack_schema: dict | None = None,
) -> Answer:
    """Evaluate: what the command and the workflow do, once all is looked up.

    Parameters
    ----------
    terms : Terms
    manifest : path
        Of the corpus, as of `reference.open_corpus`.
    systems : Systems
    trained_on : sequence of path
        Manifests of corpora that systems may name as their training data.
    boundary_pack : path, optional
        Hard places of the split, held against `pack_schema`.

    Raises
    ------
    FileNotFoundError, LookupError, ValueError
        As of `report.evaluate`; if there is validation of another system, and no such system.
    """
    if systems.compare_validation is not None and systems.compare is None:
        raise ValueError("compare_validation: there is no other system; name it under compare")
    corpora = tuple(open_corpus(path) for path in [manifest, *trained_on])
    pack = None
    if boundary_pack is not None:
        pack = read_pack(boundary_pack, pack_schema or {}, corpora[0], terms.settings.split)
    evaluation = evaluate(
        corpora[0],
        systems.predictions,
        terms.settings,
        other=systems.compare,
        trained_on={corpus.sha256: corpus for corpus in corpora[1:]},
        folds=terms.folds,
        pack=pack,
        fit_on=systems.validation,
        fit_other_on=systems.compare_validation,
        seeds=systems.another_seed,
    )
    scores = evaluation.document["system"]["scores"]
    evaluation.document["required"] = [each.outcome(scores) for each in terms.required]
    return Answer(evaluation, corpora)
