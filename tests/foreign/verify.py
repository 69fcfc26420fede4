"""Checks the logs and openings of an unpacked bundle, and receipts, with pymerkle, rfc8785 and hashlib: nothing of this
project is used.

    python3 verify.py FOLDER [RECEIPT]...
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

import rfc8785
from pymerkle import InmemoryTree, verify_inclusion
from pymerkle.proof import InclusionProof


def require(holds, what):
    if not holds:
        sys.exit(f"python: refused: {what}")


def head(text):
    """Origin, size and root of a checkpoint, unchecked: its signature is checked elsewhere."""
    origin, size, root = text.split("\n")[:3]
    return origin, int(size), base64.b64decode(root, validate=True)


def entries_of(log, size):
    found = []
    for start in range(0, size, 256):
        width = min(256, size - start)
        name = f"{start // 256:03}" + ("" if width == 256 else f".p/{width}")
        data = (log / "tile/entries" / name).read_bytes()
        for _ in range(width):
            length = int.from_bytes(data[:2], "big")
            require(len(data) >= 2 + length, f"{name} ends early")
            found.append(data[2 : 2 + length])
            data = data[2 + length :]
        require(data == b"", f"{name} has more than it should")
    return found


def check_log(log):
    origin, size, root = head((log / "checkpoint").read_text())
    entries = entries_of(log, size)
    tree = InmemoryTree.init_from_entries(entries, algorithm="sha256")
    require(tree.get_state(size) == root, f"{origin}: the entries lead to another root than the signed one")
    for entry in entries:
        require(rfc8785.dumps(json.loads(entry)) == entry, f"{origin}: an entry is not canonical")
    for older in sorted((log / "history").glob("*")):
        _, at, state = head(older.read_text())
        require(tree.get_state(at) == state, f"{older.name}: another history")
    place = size // 2
    proof = tree.prove_inclusion(place + 1, size)
    verify_inclusion(tree.get_leaf(place + 1), root, proof, index=place + 1, size=size)
    print(f"python: {origin}: {size} canonical entries, root and inclusion of {place} agree")
    return origin, (tree, entries)


def check_commitments(entry, openings, what):
    """What is behind a decision is what its entry commits to."""
    entry = json.loads(entry)
    require(entry["kind"] == "decision", f"{what} is of an entry that is no decision")
    found = 0
    for part in ("subject", "decision"):
        if openings.get(part) is None:
            continue
        salt, data = openings[part]
        salt = base64.urlsafe_b64decode(salt + "=")
        require(len(salt) == 32, f"{what}: a salt has 32 bytes")
        commitment = hashlib.sha256(b"consent-log/v1/" + part.encode() + b"\0" + salt + data.encode()).digest()
        require(base64.urlsafe_b64encode(commitment).rstrip(b"=").decode() == entry[part], f"{what}: the {part} does not fit")
        found += 1
    return found


def erased_in(logs):
    """Log, index and part of everything that an erasure entry covers; it may stand in a later log."""
    found = set()
    for origin, (_, entries) in logs.items():
        for entry in map(json.loads, entries):
            if entry["kind"] == "erasure":
                log = entry.get("log", origin)
                for start, end in entry["indices"]:
                    found.update((log, index, part) for index in range(start, end) for part in entry["parts"])
    return found


def check_openings(file, logs):
    """Every part of every decision is there and true, or erased; and none is both."""
    opened = {}
    for line in file.read_text().splitlines():
        line = json.loads(line)
        opened[line["log"], line["index"]] = line
    parts = erased = 0
    gone = erased_in(logs)
    for origin, (_, entries) in logs.items():
        for index, entry in enumerate(entries):
            if json.loads(entry)["kind"] != "decision":
                continue
            line = opened.pop((origin.rsplit("/", 1)[1], index), {})
            for part in ("subject", "decision"):
                require((part in line) != ((origin, index, part) in gone), f"{origin}, {index}: the {part} is missing or back")
                erased += part not in line
            parts += check_commitments(entry, line, f"{origin}, {index}")
    require(not opened, "an opening of no decision")
    print(f"python: {parts} parts of decisions fit their commitments, {erased} are erased")


def check_receipt(path, logs):
    """The receipt's own path of hashes, judged by pymerkle."""
    proof, checkpoint = path.read_text().split("\n\n", 1)
    first, extra, index, *hashes = proof.split("\n")
    require(first == "c2sp.org/tlog-proof@v1", f"{path.name} is no tlog-proof")
    content = json.loads(base64.b64decode(extra.removeprefix("extra "), validate=True))
    entry = content["entry"].encode()
    require(check_commitments(entry, content, path.name) == 2, f"{path.name} opens nothing")
    index = int(index.removeprefix("index "))
    origin, size, root = head(checkpoint)
    tree, entries = logs[origin]
    require(entries[index] == entry, f"{path.name} is of another entry")
    leaf = tree.hash_buff(entry)
    # pymerkle computes the shape of a path itself and compares; only the hashes come from the receipt.
    shape = tree.prove_inclusion(index + 1, size)
    path_of_hashes = [leaf] + [base64.b64decode(line, validate=True) for line in hashes]
    own = InclusionProof(shape.algorithm, shape.security, size, index + 1, shape.rule, path_of_hashes)
    verify_inclusion(leaf, root, own, index=index + 1, size=size)


def main(folder, *receipts):
    logs = dict(check_log(log) for log in sorted((Path(folder) / "logs").iterdir()))
    require(logs, "there is no log")
    check_openings(Path(folder) / "openings.jsonl", logs)
    for receipt in receipts:
        check_receipt(Path(receipt), logs)
    print(f"python: {len(receipts)} receipts hold")


main(*sys.argv[1:])
