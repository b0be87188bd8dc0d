"""Files a release: documents and small files as copies, an index, its page, and the contents."""

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.citations import bibliography
from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.json_files import read_json, write_json
from drumcorpus.ground.run.released import CONTENTS, remove_other_copies
from drumcorpus.stages.releases.contents import (
    checksums,
    describe_sound,
    hold_files,
    list_contents,
)
from drumcorpus.stages.releases.licences import report_licences
from drumcorpus.stages.releases.metadata import (
    CRATE,
    CROISSANT,
    crate_of_release,
    croissant_of_release,
)
from drumcorpus.stages.releases.releases import index_release, render_release_page

INDEX, PAGE = "index.json", "index.html"
LICENCES, CITATIONS = "licences.json", "CITE.bib"
# What the folder has beside what it lists, with a word on each.
AROUND = {
    CITATIONS: "Citations",
    LICENCES: "Licences of what was merged",
    CONTENTS: "All that belongs to the release, with digests and places",
    CROISSANT: "Croissant metadata",
    INDEX: "Documents, totals and gates",
    PAGE: "The page of the release",
}
HERE, ELSEWHERE = "contents.sha256", "elsewhere.sha256"


def file_release(
    folder: str | os.PathLike,
    release: str,
    *,
    documents: Iterable[Mapping],
    held: Iterable[Mapping],
    exports: Iterable[str | os.PathLike],
    earlier: Mapping | None,
    manifests: Sequence[str],
    gated_sets: Sequence[str],
    cards: Mapping[str, Mapping],
    copy_below_mb: float,
    train_checked: Sequence[str] = (),
) -> dict:
    """Write the folder of a release.

    Parameters
    ----------
    folder : path
        Of the release.
    release : str
        Its name.
    documents, held : iterable of mapping
        Products, as of `run_manifest.describe_product`: what people read, which is always copied,
        and data, of which what is large is not.
    exports : iterable of path
        Folders of the exports that belong to it.
    earlier : mapping, optional
        Contents of this release that an earlier run has written: what is no longer copied goes.
    manifests, gated_sets : sequence of str
        Whose health reports are among the documents; of manifests the audits too.
    cards : mapping
        The card of every source set that is merged into a manifest, by its name.
    copy_below_mb : float
        As of `contents.hold_files`.
    train_checked : sequence of str
        Manifests whose verdict on the training check is among the documents.

    Returns
    -------
    contents : dict
        As of `contents.list_contents`.
    """
    folder = Path(folder)
    filed = hold_files(folder, documents, copy_below_mb=math.inf)
    files = [*filed, *hold_files(folder, held, copy_below_mb=copy_below_mb)]
    sound = [describe_sound(export) for export in exports]
    files += [shard for shards, _ in sound for shard in shards]
    summaries = [summary for _, summary in sound]
    contents = list_contents(release, files, summaries, copy_below_mb=copy_below_mb)
    if earlier is not None:
        remove_other_copies(folder, earlier, contents)
    reports, reports_of_sets = (
        {name: read_json(folder / f"health/{below}{name}.json") for name in names}
        for below, names in (("", manifests), ("source_sets/", gated_sets))
    )
    paths = [folder / row["path"] for row in filed]
    checks = {name: read_json(folder / f"gates/train_check/{name}.json") for name in train_checked}
    index = index_release(release, folder, paths, reports, reports_of_sets, checks)
    audits = {name: read_json(folder / f"provenance/{name}.json") for name in manifests}
    licences = report_licences(release, audits, cards)
    citations = bibliography(cards.values(), "release")
    write_json(folder / INDEX, index)
    write_text(folder / PAGE, render_release_page(index, contents, licences))
    write_json(folder / CONTENTS, contents)
    write_json(folder / LICENCES, licences)
    write_text(folder / CITATIONS, citations)
    write_json(folder / CROISSANT, croissant_of_release(contents, cards, citations))
    write_json(folder / CRATE, crate_of_release(contents, cards, list(AROUND.items())))
    others = [(name, sha256_file(folder / name)) for name in (*AROUND, CRATE)]
    here, elsewhere = checksums(contents, others)
    write_text(folder / HERE, here)
    write_text(folder / ELSEWHERE, elsewhere)
    return contents
