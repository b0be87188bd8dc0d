"""One published source set several times: blocks of the config that are `like` another one.

Two renderings of the same performances on other kits, or two copies of a set in other releases, are
source sets of their own, with a name, a root, products and a place in manifests each. They share
the module that reads them and, unless they have one of their own, the card.
"""

from collections.abc import Mapping

from drumcorpus.ground.files.spelling import did_you_mean

LIKE = "like"
# What belongs to one root, and is not taken over from another block.
OF_ONE_ROOT = ("roots", "checksums", "allow_empty")


def origin(blocks: Mapping[str, Mapping], name: str) -> str:
    """The source set whose module, and by default whose card, a source set has.

    Parameters
    ----------
    blocks : mapping
        The section ``source_sets`` of the config.
    name : str
        One of its blocks.
    """
    return blocks[name].get(LIKE) or name


def spell_out_repeated_sets(config: Mapping) -> dict:
    """The configuration in which every block that is `like` another has that one's settings too.

    What a block says itself overrides what it takes over; folders and checksum lists belong to one
    root and are never taken over.

    Parameters
    ----------
    config : mapping
        As it comes from the files, before its schema has been asked: what is no mapping is left as
        it is, for the schema to refuse.

    Raises
    ------
    ValueError
        If a block is like one that is not there, like itself, or like one that is `like` a third.
    """
    blocks = config.get("source_sets")
    if not isinstance(blocks, Mapping):
        return dict(config)
    completed = {name: _completed(name, block, blocks) for name, block in blocks.items()}
    return {**config, "source_sets": completed}


def _completed(name: str, block: object, blocks: Mapping) -> object:
    if not isinstance(block, Mapping) or block.get(LIKE) is None:
        return block
    other, where = block[LIKE], f"config: source_sets.{name}.{LIKE}"
    firsts = sorted(
        key for key, one in blocks.items() if isinstance(one, Mapping) and one.get(LIKE) is None
    )
    if other not in firsts:
        hint = did_you_mean(other, firsts)
        raise ValueError(
            f"{where}: {other!r} is no block that says itself what it is{hint}; allowed: "
            f"{', '.join(firsts)}"
        )
    taken = {key: value for key, value in blocks[other].items() if key not in OF_ONE_ROOT}
    return {**taken, **block}
