"""A merge as one would write it without a thought of memory, for tests of the real one."""

import json

KINDS = {type(None): 0, bool: 1, int: 2, float: 2, str: 3}


def write_shard(path, rows, end=b"\n"):
    """Write rows, dicts or bytes, as JSON Lines; returns the path."""
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    path.write_bytes(b"".join(line + end for line in lines))
    return path


def order_of(row, natural_key):
    """Where a row stands: null, false and true, numbers, texts; field after field."""
    values = [row[name] for name in natural_key]
    return tuple((KINDS[type(value)], 0 if value is None else value) for value in values)


def merged(shards, natural_key):
    """Lines of the output, and counters, of shards that are lists of lines."""
    kept, n_duplicates, n_conflicts = {}, 0, 0
    for line in (line for lines in shards for line in lines):
        row = json.loads(line)
        key = order_of(row, natural_key)
        _, first = kept.setdefault(key, (line, row))
        if first is not row:
            is_equal = same(first, row)
            n_duplicates, n_conflicts = n_duplicates + is_equal, n_conflicts + (not is_equal)
    counters = {
        "rows_in": sum(map(len, shards)),
        "rows_out": len(kept),
        "duplicates": n_duplicates,
        "conflicts": n_conflicts,
        "unique_sources": len({key[0] for key in kept}),
        "inputs_seen": len(shards),
    }
    return [kept[key][0] for key in sorted(kept)], counters


def same(one, other):
    """Whether two values of JSON are equal; true is no 1, as Python has it."""
    if KINDS.get(type(one), type(one)) != KINDS.get(type(other), type(other)):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other
