"""Checks the logs of an unpacked bundle, and receipts, with pymerkle and rfc8785: nothing of this project is used.

    python3 verify.py FOLDER [RECEIPT]...
"""

import base64
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


def check_receipt(path, logs):
    """The receipt's own path of hashes, judged by pymerkle."""
    proof, checkpoint = path.read_text().split("\n\n", 1)
    first, extra, index, *hashes = proof.split("\n")
    require(first == "c2sp.org/tlog-proof@v1", f"{path.name} is no tlog-proof")
    entry = json.loads(base64.b64decode(extra.removeprefix("extra "), validate=True))["entry"].encode()
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
    for receipt in receipts:
        check_receipt(Path(receipt), logs)
    print(f"python: {len(receipts)} receipts hold")


main(*sys.argv[1:])
