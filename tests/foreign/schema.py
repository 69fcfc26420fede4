"""Holds config files against a JSON Schema, with a validator that is not ours.

schema.py SCHEMA FILE...    prints one line of JSON for each file: what is wrong with it, or null if it is no TOML.

Each FILE can have `#` and a JSON object behind it: then that is laid over the file's own tables first.
"""

import json
import sys
import tomllib

from jsonschema import Draft202012Validator

with open(sys.argv[1], "rb") as file:
    schema = json.load(file)
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)

for argument in sys.argv[2:]:
    path, _, changes = argument.partition("#")
    with open(path, "rb") as file:
        try:
            config = tomllib.load(file)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            print("null")
            continue
    if changes:
        config |= json.loads(changes)
    print(json.dumps([f"{error.json_path}: {error.message}" for error in validator.iter_errors(config)]))
