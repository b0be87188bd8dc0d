"""The config that ``init`` writes: an overlay with a comment for every line that one may change."""

import json
from collections.abc import Mapping, Sequence

HEAD = """\
# The config of this corpus. It is laid over that of drumcorpus, key by key: what is not named here
# is as it stands there; `drumcorpus init --settings` prints all of it, explained.
# Paths are taken as they are written, from this folder if they do not begin with /.
"""
OWN = """
# Name of the release: of the version in what is exported, and of the folder of its reports.
release: "1"

# What is merged into one corpus. Sets of tier `staged` are not, until their tier is `production`.
manifests:
{manifest}

# Four exports stand in the config: clips, shards, segments and sessions. One that is not wanted is
# taken away with null; one of your own has a name, such as
#   stereo: {{manifest: prod_combined, unit: segment, form: parquet, seconds: 5, channels: stereo}}
exports: {exports}

# The verdict of the gates: enforce stops a run whose corpus fails one, report only says so.
gates: enforce
"""
DEMO = """
# The demo: small corpora of all source sets, which the package writes below data/demo. To make a
# corpus of your own, work in another folder: drumcorpus init SET=ROOT
release: demo
"""


def demo_config() -> str:
    """The text of the config of the demo."""
    return HEAD + DEMO


def config_of_sets(
    roots: Mapping[str, Sequence[str]],
    cards: Mapping[str, Mapping],
    tiers: Mapping[str, str],
    *,
    manifest: str,
    exports: Sequence[str],
) -> str:
    """The text of the config of source sets.

    Parameters
    ----------
    roots : mapping
        Of each set, in the order in which they are to stand.
    cards : mapping
        Of each set, for its title and licence.
    tiers : mapping
        Of each set; those of tier production are merged.
    manifest : str
        Name of the manifest that merges them.
    exports : sequence of str
        Those of the default config, which have nothing to export where no set is merged.
    """
    merged = [name for name in roots if tiers[name] == "production"]
    lines = ["", "# The source sets in use.", f"use: [{', '.join(roots)}]", "", "source_sets:"]
    for name, folders in roots.items():
        lines += _licence(cards[name])
        lines.append(f"  {name}:")
        lines.append(f"    roots: [{', '.join(map(_quoted, folders))}]")
        lines.append("    # Parts that are worked on separately: about one for every core.")
        lines.append("    shards: 4")
    block = f"  {manifest}: null" if not merged else f"  {manifest}:\n    source_sets: "
    block += f"[{', '.join(merged)}]" if merged else ""
    none = f"{{{', '.join(f'{name}: null' for name in exports)}}}"
    own = OWN.format(manifest=block, exports="{}" if merged else none)
    return HEAD + "\n".join(lines) + "\n" + own


def _licence(card: Mapping) -> list[str]:
    unverified = "" if card.get("license_verified") else ", not verified"
    forbids = card.get("forbids") or []
    says = f"; forbids {', '.join(forbids)}" if forbids else ""
    return [f"  # {card['title']}. Licence: {card['license']}{unverified}{says}."]


def _quoted(path: str) -> str:
    """A path as YAML reads it, whatever characters it has."""
    return json.dumps(path, ensure_ascii=False)
