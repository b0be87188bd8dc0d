"""The statement: what the specifications of in-toto and SLSA ask, and the facts of a chain."""

import base64
import hashlib
import json
import sys

import jsonschema
import pytest
from chain_of_jobs import (
    CARD,
    INVENTORY,
    MANIFEST,
    digest,
    job,
    made,
    manifest_in,
    small_chain,
    source,
)

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.stages.provenance.chain import read_chain
from drumcorpus.stages.provenance.statement import (
    BUILDER,
    envelope,
    make_statement,
    sign,
    signed_bytes,
)

# Written from the text of the specifications: Statement v1, ResourceDescriptor v1 (one of uri,
# digest, content), DigestSet v1 and SLSA Build Provenance v1, with what these call REQUIRED.
RESOURCE = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "uri": {"type": "string", "pattern": "^[a-z][a-z0-9+.-]*:"},
        "digest": {
            "type": "object",
            "minProperties": 1,
            "properties": {"sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
            "additionalProperties": {"type": "string", "pattern": "^[0-9a-f]+$"},
        },
        "content": {"type": "string"},
        "annotations": {"type": "object"},
    },
    "additionalProperties": False,
    "anyOf": [{"required": ["uri"]}, {"required": ["digest"]}, {"required": ["content"]}],
}
SCHEMA = {
    "type": "object",
    "required": ["_type", "subject", "predicateType", "predicate"],
    "additionalProperties": False,
    "properties": {
        "_type": {"const": "https://in-toto.io/Statement/v1"},
        "predicateType": {"const": "https://slsa.dev/provenance/v1"},
        "subject": {
            "type": "array",
            "minItems": 1,
            "items": RESOURCE | {"required": ["name", "digest"]},
        },
        "predicate": {
            "type": "object",
            "required": ["buildDefinition", "runDetails"],
            "additionalProperties": False,
            "properties": {
                "buildDefinition": {
                    "type": "object",
                    "required": ["buildType", "externalParameters"],
                    "additionalProperties": False,
                    "properties": {
                        "buildType": {"type": "string", "pattern": "^[a-z]+:"},
                        "externalParameters": {"type": "object"},
                        "internalParameters": {"type": "object"},
                        "resolvedDependencies": {"type": "array", "items": RESOURCE},
                    },
                },
                "runDetails": {
                    "type": "object",
                    "required": ["builder"],
                    "properties": {
                        "builder": {
                            "type": "object",
                            "required": ["id"],
                            "properties": {"id": {"type": "string", "pattern": "^[a-z]+:"}},
                        }
                    },
                },
            },
        },
    },
}
RAW = {"toy": {"b.wav": "b" * 64, "a.wav": "a" * 64, "a.mid": "c" * 64}}


def statement_of(raw_files=RAW, builder=None, max_raw_files=10, chain=None):
    chain = chain or small_chain()
    chain = read_chain([(MANIFEST, chain[MANIFEST])], manifest_in(chain))
    settings = {"builder": builder, "max_raw_files": max_raw_files}
    return make_statement(chain, raw_files=raw_files, **settings)


def dependencies(statement):
    return statement["predicate"]["buildDefinition"]["resolvedDependencies"]


def test_a_statement_is_what_the_specifications_ask():
    jsonschema.validate(statement_of(), SCHEMA)


@pytest.mark.parametrize("key", ["_type", "subject", "predicateType", "predicate"])
def test_the_schema_of_this_test_refuses_a_statement_without_a_part(key):
    statement = statement_of()
    del statement[key]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(statement, SCHEMA)


def test_the_subject_is_the_product_by_its_digest():
    assert statement_of()["subject"] == [{"name": MANIFEST, "digest": {"sha256": digest(MANIFEST)}}]


def test_settings_stand_by_rule_and_those_that_jobs_share_once():
    definition = statement_of()["predicate"]["buildDefinition"]
    assert definition["internalParameters"] == {"jobs": 4}
    assert definition["externalParameters"] == {
        "products": [MANIFEST],
        "settings": {
            "ingest_sessions": [{"jobs": 2, "params": {"ingest": {"grid_ms": 5.0}}}],
            "merge_manifest": [{"jobs": 1, "params": {}}],
            "take_inventory": [
                {
                    "jobs": 1,
                    "params": {"splits": {"seed": 0, "shares": {"train": 0.8, "test": 0.2}}},
                }
            ],
        },
    }


def test_what_no_run_has_made_is_a_dependency_by_its_digest():
    named = {each["name"]: each.get("digest") for each in dependencies(statement_of())}
    assert named[CARD] == {"sha256": digest(CARD)}
    assert named["raw files of toy"] == {"sha256": digest("toy")}
    assert named["toy/a.wav"] == {"sha256": "a" * 64}
    assert not any(name.startswith("results/") for name in named)  # made on the way


def test_scripts_and_libraries_are_dependencies_with_the_versions_that_were_recorded():
    found = dependencies(statement_of())
    code = digest("merge_manifest")[:16]
    assert {
        "name": "workflow/scripts/merge_manifest.py",
        "digest": {"drumcorpus_code": code},
        "annotations": {"kind": "code"},
    } in found
    assert [each["uri"] for each in found if "uri" in each] == [
        "pkg:generic/libsndfile@1.2.2",
        "pkg:pypi/numpy@2.4.6",
    ]


def test_many_raw_files_are_named_by_the_table_that_lists_them():
    few, many = statement_of(max_raw_files=3), statement_of(max_raw_files=2)
    names = [
        [each["name"] for each in dependencies(s) if "toy/" in each["name"]] for s in (few, many)
    ]
    assert names == [["toy/a.mid", "toy/a.wav", "toy/b.wav"], []]
    (listing,) = [each for each in dependencies(many) if each["name"] == "raw files of toy"]
    assert listing["annotations"] == {
        "kind": "listing of raw files with their digests",
        "files": 3,
        "named": False,
        "table": INVENTORY,
        "table_sha256": digest(INVENTORY),
    }


def test_a_statement_on_45537_raw_files_stays_readable():
    raw = {"toy": {f"{n:05}.wav": digest(str(n)) for n in range(45_537)}}
    assert len(canonical_json(statement_of(raw, max_raw_files=1000))) < 6_000


def test_a_product_whose_run_manifest_is_gone_is_a_dependency_that_says_so():
    chain = small_chain()
    del chain["results/events/toy/001.parquet"]
    (gone,) = [
        each
        for each in dependencies(statement_of(chain=chain))
        if each["name"].startswith("results/")
    ]
    assert gone["name"] == "results/events/toy/001.parquet"
    assert gone["annotations"] == {"kind": "product without its run manifest"}


def test_nobody_vouches_unless_somebody_is_named():
    details = [
        statement_of(builder=each)["predicate"]["runDetails"] for each in (None, "mailto:a@b")
    ]
    assert details == [{"builder": {"id": BUILDER}}, {"builder": {"id": "mailto:a@b"}}]


def test_equal_facts_give_equal_bytes_in_whatever_order_they_are_read():
    chain = small_chain()
    merged = job(
        "publish", [source("events", MANIFEST, "product", 10)], [made("rows", "x.jsonl", 10)]
    )
    products = [(MANIFEST, chain[MANIFEST]), ("x.jsonl", merged)]
    settings = {"raw_files": RAW, "builder": None, "max_raw_files": 10}
    written = {
        canonical_json(make_statement(read_chain(each, manifest_in(chain)), **settings))
        for each in (products, products[::-1])
    }
    assert len(written) == 1


def test_what_is_signed_is_the_payload_with_its_type_and_both_lengths():
    statement = {"a": "ü"}
    payload = '{\n  "a": "ü"\n}\n'.encode()
    assert signed_bytes(statement) == b"DSSEv1 28 application/vnd.in-toto+json 16 " + payload
    assert len(payload) == 16


def test_an_envelope_holds_the_payload_and_the_signature_of_another_program():
    statement = statement_of()
    program = "import sys, hashlib; d = sys.stdin.buffer.read(); " + (
        "sys.stdout.buffer.write(hashlib.sha256(d).digest())"
    )
    signature = sign(statement, [sys.executable, "-c", program])
    wrapped = envelope(statement, [("key 1", signature), ("", b"\x00")])
    assert wrapped["payloadType"] == "application/vnd.in-toto+json"
    assert json.loads(base64.b64decode(wrapped["payload"])) == statement
    expected = hashlib.sha256(signed_bytes(statement)).digest()
    assert base64.b64decode(wrapped["signatures"][0]["sig"]) == expected
    assert wrapped["signatures"][0]["keyid"] == "key 1"
    assert wrapped["signatures"][1] == {"sig": "AA=="}


def test_a_program_that_does_not_sign_is_refused_with_what_it_said():
    program = "import sys; sys.exit('no key')"
    with pytest.raises(ValueError, match=r"exit status 1, 0 bytes of signature: no key"):
        sign({}, [sys.executable, "-c", program])
    with pytest.raises(ValueError, match=r"exit status 0, 0 bytes of signature: it said nothing"):
        sign({}, [sys.executable, "-c", ""])
