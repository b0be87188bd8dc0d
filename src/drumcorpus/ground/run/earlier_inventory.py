"""What an earlier inventory lists of the raw files, and what has become of them since."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.leftovers import Leftovers
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.plain_files import is_plain_file
from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.run.commands import command
from drumcorpus.ground.run.kept import kept_path
from drumcorpus.ground.run.roots import is_absent
from drumcorpus.ground.run.run_manifest import read_manifest, recorded_output

REFUSE = "refuse"  # of inventory.vanished and inventory.changed
N_NAMED = 10  # vanished files named in a message
N_CHANGED_NAMED = 5
DEMO_CARDS = "resources/demo/source_sets/"


def earlier_product(product: str | os.PathLike) -> tuple[Path | None, str]:
    """Where a product of an earlier run lies as its run manifest says, and what is wrong otherwise.

    It is looked for in its place and where it is kept. Of one that was never made both are empty;
    what is not as recorded counts as never made, and a sentence names it.
    """
    places = [place for place in (Path(product), kept_path(product)) if os.path.lexists(place)]
    record = recorded_output(read_manifest(product), product)
    for place in places:
        if record and is_plain_file(place) and sha256_file(place) == record["sha256"]:
            return place, ""
    if not places:
        return None, ""
    why = "is not what its run manifest says" if record else "has no run manifest that names it"
    return None, f"{product}: that of the last run {why}. It is not used, and made anew."


def read_earlier_inventory(
    inventory: str | os.PathLike,
    leftovers: Leftovers,
    say: Callable[[str], None],
    *,
    of_demo: bool = False,
) -> dict[str, str]:
    """The SHA-256 of each raw file that the inventory of an earlier run lists, by path.

    Empty where there is none, where it is not as it was written (which is said), and where it is of
    a demo corpus, unless `of_demo`: whoever goes on with data of their own does not miss the demo's
    files. Nor are `leftovers` missed, though an earlier version may have listed them.
    """
    place, wrong = earlier_product(inventory)
    if wrong:
        say(f"{wrong} Whether raw files vanished or changed since then cannot be told.")
    if place is None or (_is_of_a_demo(inventory) and not of_demo):
        return {}
    table = read_table(place, ["path", "sha256"])
    pairs = zip(table["path"].to_pylist(), table["sha256"].to_pylist(), strict=True)
    return {path: sha256 for path, sha256 in pairs if not leftovers.kind_of(path)}


def _is_of_a_demo(inventory: str | os.PathLike) -> bool:
    """Whether an inventory is of a demo corpus, by the card that it was made from."""
    inputs = (read_manifest(inventory) or {"inputs": []})["inputs"]
    return any(str(row["path"]).startswith(DEMO_CARDS) for row in inputs)


def judge_vanished(
    earlier: Iterable[str],
    files: Iterable[str],
    roots: Iterable[str | os.PathLike],
    *,
    vanished: str,
    say: Callable[[str], None],
) -> None:
    """Say that raw files of an earlier inventory are gone, or stop.

    Parameters
    ----------
    earlier
        Paths that the earlier inventory lists.
    files
        Paths of what is there now.
    roots
        Where it was looked for, for the message.
    vanished : str
        ``refuse`` stops, ``accept`` says it.

    Raises
    ------
    FileNotFoundError
        Naming the files, ten at the most.
    """
    files = set(files)
    gone = [path for path in earlier if path not in files]
    if not gone:
        return
    names = _first_names(gone, N_NAMED)
    if vanished != REFUSE:
        say(f"raw files gone since the last inventory: {len(gone):,} ({names})")
        return
    without = command("all", config={"inventory": {"vanished": "accept"}})
    raise FileNotFoundError(
        f"{len(gone)} raw file(s) that the last inventory lists are gone from "
        f"{', '.join(map(_place, roots))}: {names}. Put them back, or build without them: {without}"
    )


def judge_changed(
    earlier: Mapping[str, str],
    digests: Mapping[str, str],
    *,
    changed: str,
    say: Callable[[str], None],
) -> None:
    """Say that raw files are not those of an earlier inventory, or stop.

    Parameters
    ----------
    earlier, digests : mapping
        SHA-256 by path, as the earlier inventory has it and as it is.
    changed : str
        ``refuse`` stops, ``report`` says it.

    Raises
    ------
    ValueError
        Naming the files, five at the most.
    """
    others = [path for path, sha256 in earlier.items() if digests.get(path, sha256) != sha256]
    if not others:
        return
    names = _first_names(others, N_CHANGED_NAMED)
    sentence = f"raw files changed since the last inventory: {len(others):,} ({names})"
    if changed != REFUSE:
        say(sentence)
        return
    once = command("all", config={"inventory": {"changed": "report"}})
    raise ValueError(
        f"{sentence}. Put them back as they were, or accept them once as they are: {once}"
    )


def _place(root: str | os.PathLike) -> str:
    return f"{root} (which is not there)" if is_absent(Path(root)) else str(root)


def _first_names(paths: list[str], n_named: int) -> str:
    more = f" and {len(paths) - n_named:,} more" if len(paths) > n_named else ""
    return ", ".join(visible(path) for path in paths[:n_named]) + more
