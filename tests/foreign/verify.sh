#!/usr/bin/env bash
# Checks the checkpoints of an unpacked bundle with openssl, and its JSON with jq: nothing of this project is used.
#
#   verify.sh FOLDER
set -euo pipefail
cd "$1"

fail() {
  echo "shell: refused: $*" >&2
  exit 1
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for head in logs/*/checkpoint logs/*/history/*; do
  [ -e "$head" ] || continue
  origin=$(head -n 1 "$head")
  # vkey: name+keyid+base64(01 || public key). openssl wants the key with the prefix of RFC 8410.
  vkey=$(awk -v origin="$origin" '$1 == "log" && index($2, origin "+") == 1 { print $2 }' policy)
  [ -n "$vkey" ] || fail "$head: no key for $origin"
  key=${vkey#"$origin"+*+}
  {
    printf '\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00'
    printf %s "$key" | base64 -d | tail -c 32
  } >"$scratch/key.der"
  # A note: the signed text, an empty line, then "— name base64(keyid || signature)".
  sed '/^$/,$d' "$head" >"$scratch/text"
  awk -v origin="$origin" '$1 == "—" && $2 == origin { print $3 }' "$head" | base64 -d | tail -c 64 >"$scratch/signature"
  openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$scratch/key.der" \
    -in "$scratch/text" -sigfile "$scratch/signature" >"$scratch/out" 2>&1 || fail "$head: $(cat "$scratch/out")"
done

jq -e .files manifest.json >/dev/null || fail "manifest.json"
# What is canonical is what jq writes: sorted keys, no white space. Each line by itself, so that any number of them fits.
jq -cS . openings.jsonl | cmp --silent - openings.jsonl || fail "openings.jsonl is not canonical"
jq -es 'all(.[]; (.index | type) == "number" and (.decision == null or (.decision[1] | fromjson | .action | type) == "string"))' \
  openings.jsonl >/dev/null || fail "openings.jsonl"
for notice in notices/*.json; do
  [ -e "$notice" ] || continue # a log without decisions names none
  jq -e . "$notice" >/dev/null || fail "$notice"
  [ "$(openssl dgst -sha256 -binary "$notice" | base64 | tr '+/' '-_' | tr -d =)" = "$(basename "$notice" .json)" ] ||
    fail "$notice is not what it is named"
done
echo "shell: signatures (openssl) and JSON (jq) hold"
