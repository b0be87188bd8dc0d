"""Hand-made chains of stamped files, for tests of what reads run manifests."""

import hashlib

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.run.run_manifest import seal_of


def content_of(name):
    """What a file of a chain holds: its name, and a line end."""
    return f"{name}\n".encode()


def stamp_chain(folder, links, *, circular=False, rules=None):
    """Write files and their run manifests, by what each was made of; returns the folder.

    A file that nothing in `links` makes is a raw one, without a run manifest. `rules` may name the
    rule of a file, which else is ``stamp``. The record of a file's digest is true even in a circle.
    """
    assert circular or not any(name in sources for name, sources in links.items())
    names = dict.fromkeys([*links, *(source for sources in links.values() for source in sources)])
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content_of(name))
    for name, sources in links.items():
        write_record(folder, name, [(source, source in links) for source in sources], rules or {})
    return folder


def write_record(folder, name, sources, rules=None):
    """Write the run manifest of one file; `sources` are paths, with whether each is a product."""
    document = {
        "schema": "drumcorpus-run-manifest-v1",
        "rule": (rules or {}).get(name, "stamp"),
        "wildcards": {},
        "script": {"path": "(by hand)", "code": "0" * 16, "software": {}},
        "params": {},
        "inputs": [
            {
                "name": "input",
                "path": source,
                "kind": "product" if is_product else "external",
                "sha256": hashlib.sha256(content_of(source)).hexdigest(),
                "rows": None,
            }
            for source, is_product in sources
        ],
        "outputs": [
            {
                "name": "file",
                "path": name,
                "sha256": hashlib.sha256(content_of(name)).hexdigest(),
                "bytes": len(content_of(name)),
                "rows": None,
            }
        ],
        "counters": {},
    }
    sealed = document | {"seal": seal_of(document)}
    (folder / f"{name}.manifest.json").write_bytes(canonical_json(sealed))
