r"""Write a named split: the sessions of a corpus, with digests of their hits by class.

    python bench/benchmark/name_split.py NAME --corpus MANIFEST --title T --license L --source S
        [--split test | --with-audio] [--class-map adtof5] [--out FOLDER]

Of the corpus all sessions are taken, or those of one of its splits, or those whose table of
sessions has a length of audio. The file goes to resources/evaluation/splits. The three that are
there are of real data: docs/benchmark.md has the commands.
"""

import argparse
from pathlib import Path

import yaml

from drumcorpus.ground.files.project_files import project_folder
from drumcorpus.ground.files.tables import read_table
from drumcorpus.schemas import SPLITS as COLUMNS
from drumcorpus.stages.evaluation.durations import session_seconds
from drumcorpus.stages.evaluation.named_splits import session_digests, split_digest
from drumcorpus.stages.evaluation.reference import open_corpus, read_reference
from drumcorpus.stages.evaluation.settings import make_settings
from drumcorpus.vocabulary import SPLITS


def main() -> None:
    """Read the sessions and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("name")
    parser.add_argument("--corpus", required=True, metavar="MANIFEST")
    parser.add_argument("--split", choices=SPLITS)
    parser.add_argument("--with-audio", action="store_true")
    parser.add_argument("--class-map", default="adtof5")
    for key in ("title", "license", "source"):
        parser.add_argument(f"--{key}", required=True)
    parser.add_argument(
        "--out", type=Path, default=project_folder() / "resources/evaluation/splits"
    )
    args = parser.parse_args()
    resources = project_folder() / "resources"
    settings = make_settings(resources, split=SPLITS[-1], class_map=args.class_map)
    corpus = open_corpus(args.corpus)
    rows = read_table(corpus.folder / corpus.splits, COLUMNS.names).to_pylist()
    of_split = {
        row["session_id"] for row in rows if row["included"] and args.split in (None, row["split"])
    }
    reference = read_reference(
        corpus, args.name, settings.labels, settings.class_map, sessions=of_split
    )
    digests = session_digests(reference.sessions.ids, reference.hits, settings.class_map.classes)
    if args.with_audio:
        seconds = session_seconds(corpus, reference.sessions)
        lengths = dict(zip(reference.sessions.ids, seconds, strict=True))
        digests = {name: digest for name, digest in digests.items() if lengths[name] is not None}
    sessions = dict(sorted(digests.items()))
    document = {
        "name": args.name,
        "title": args.title,
        "license": args.license,
        "source": args.source,
        "class_map": args.class_map,
        "sha256": split_digest(args.class_map, sessions),
        "sessions": sessions,
    }
    args.out.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(document, sort_keys=False, width=100, allow_unicode=True)
    (args.out / f"{args.name}.yaml").write_text(text, encoding="utf-8")
    print(f"{args.out / args.name}.yaml: {len(sessions)} sessions, {document['sha256']}")


if __name__ == "__main__":
    main()
