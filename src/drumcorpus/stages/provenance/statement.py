"""What the run manifests of a product say, as an in-toto Statement with SLSA provenance.

The statement is of facts that stand in run manifests and nothing else: no clock, no host, no
account. What the specification leaves optional and nobody has recorded is left out. It is unsigned:
`envelope` wraps it for a signature that another program makes.

References
----------
in-toto Attestation Framework, Statement v1 and ResourceDescriptor v1; SLSA, Build Provenance v1;
DSSE (Dead Simple Signing Envelope) v1.0.2, protocol.
"""

import base64
import subprocess
from collections.abc import Iterable, Mapping, Sequence

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.run.job_plan import PRODUCT, RAW_KIND
from drumcorpus.stages.provenance.chain import Chain, raw_inventories

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
# Names, and no places: what they mean is said in docs/attest.md.
BUILD_TYPE = "urn:drumcorpus:build:run-manifests:v1"
BUILDER = "urn:drumcorpus:builder:unstated"
PAYLOAD = "application/vnd.in-toto+json"
# A library of this name is none of Python's.
NOT_OF_PYTHON = ("libsndfile",)


def make_statement(
    chain: Chain,
    *,
    raw_files: Mapping[str, Mapping[str, str]],
    builder: str | None,
    max_raw_files: int,
) -> dict:
    """The statement on the products of a chain.

    Parameters
    ----------
    chain : Chain
    raw_files : mapping
        SHA-256 of the raw files by path, of each source set whose listing is at hand.
    builder : str, optional
        URI of who vouches for the machine that the runs were made on; None: nobody does.
    max_raw_files : int
        Raw files of a source set that are named one by one; of more, the table that lists them is.
    """
    return {
        "_type": STATEMENT,
        "subject": [_described(row) for row in chain.subjects],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "products": [row["path"] for row in chain.subjects],
                    "settings": chain.settings(),
                },
                "internalParameters": {"jobs": len(chain.manifests)},
                "resolvedDependencies": [
                    *_sources(chain, raw_files, max_raw_files),
                    *_code(chain),
                    *_libraries(chain),
                ],
            },
            "runDetails": {"builder": {"id": builder or BUILDER}},
        },
    }


def _described(row: Mapping, **annotations) -> dict:
    """A file as a ResourceDescriptor; its name is the path below the working folder."""
    described = {"name": row["path"], "digest": {"sha256": row["sha256"]}}
    annotations = {name: value for name, value in annotations.items() if value is not None}
    return described | ({"annotations": annotations} if annotations else {})


def _sources(chain: Chain, raw_files: Mapping, max_raw_files: int) -> list[dict]:
    """What no run has made: raw data by listing and, where they are few, by file; then the rest."""
    inventories, described = raw_inventories(chain), []
    for row in chain.sources:
        if row["kind"] != RAW_KIND:
            kind = "product without its run manifest" if row["kind"] == PRODUCT else row["kind"]
            described.append(_described(row, kind=kind))
            continue
        listed = raw_files.get(row["path"], {})
        by_name = 0 < len(listed) <= max_raw_files
        table = inventories.get(row["path"])
        described.append(
            {
                "name": f"raw files of {row['path']}",
                "digest": {"sha256": row["sha256"]},
                "annotations": {
                    "kind": "listing of raw files with their digests",
                    "files": row["rows"],
                    "table": table and table["path"],
                    "table_sha256": table and table["sha256"],
                    "named": by_name,
                },
            }
        )
        if by_name:
            described += [
                {
                    "name": f"{row['path']}/{path}",
                    "digest": {"sha256": listed[path]},
                    "annotations": {"kind": "raw"},
                }
                for path in sorted(listed)
            ]
    return described


def _code(chain: Chain) -> list[dict]:
    """Scripts with the modules that they reach, by the digest that the run manifests have."""
    return [
        {"name": path, "digest": {"drumcorpus_code": code}, "annotations": {"kind": "code"}}
        for path, code in chain.scripts()
    ]


def _libraries(chain: Chain) -> list[dict]:
    return [
        {
            "name": name,
            "uri": f"pkg:{'generic' if name in NOT_OF_PYTHON else 'pypi'}/{name}@{version}",
            "annotations": {"kind": "library"},
        }
        for name, version in chain.software()
    ]


def signed_bytes(statement: Mapping) -> bytes:
    """What a signature of a statement is over: its bytes and their type (DSSE's PAE)."""
    payload, kind = canonical_json(statement), PAYLOAD.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(statement: Mapping, command: Sequence[str]) -> bytes:
    """The signature that another program gives: it reads `signed_bytes`, and writes the signature.

    Raises
    ------
    OSError
        If the program cannot be started.
    ValueError
        If it fails or writes nothing, with what it said.
    """
    done = subprocess.run(command, input=signed_bytes(statement), capture_output=True, check=False)
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.decode(errors="replace").strip() or "it said nothing"
        raise ValueError(
            f"--sign-with {command[0]}: exit status {done.returncode}, {len(done.stdout)} bytes of "
            f"signature: {said}"
        )
    return done.stdout


def envelope(statement: Mapping, signatures: Iterable[tuple[str, bytes]]) -> dict:
    """A statement in its signing envelope.

    Parameters
    ----------
    statement : mapping
    signatures : iterable of (str, bytes)
        A hint at the key, which nothing vouches for, and the signature over `signed_bytes`.
    """
    return {
        "payloadType": PAYLOAD,
        "payload": base64.b64encode(canonical_json(statement)).decode(),
        "signatures": [
            {"sig": base64.b64encode(signature).decode()} | ({"keyid": key} if key else {})
            for key, signature in signatures
        ],
    }
