#!/usr/bin/env bash
# Checks an unpacked bundle with what every Unix has, jq, and openssl for the signatures: nothing of this project is used.
#
#   verify.sh FOLDER [LIST-OF-KEYS]
#
# Without a list of keys, in the form of the file `policy`, those of the bundle are used, which shows no more than that it
# agrees with itself. Says what it checks, one line each; exits with 1 at the first thing that does not hold.
set -euo pipefail
export LC_ALL=C
policy=$(realpath "${2:-$1/policy}")
cd "$1"

fail() {
  echo "shell: refused: $*" >&2
  exit 1
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Lines of hexadecimal digits: the SHA-256 of the bytes that each line of them stands for. A file for each and one program
# for all, since a program for each would take minutes.
hash_lines() {
  rm -rf "$scratch/lines"
  mkdir "$scratch/lines"
  awk -v folder="$scratch/lines" '{ gsub(/../, "\\x&"); printf "printf %%b \"%s\" >%s/%09d\n", $0, folder, NR }' | bash
  find "$scratch/lines" -type f | sort | tr '\n' '\0' | xargs -0 -r sha256sum | cut -c 1-64
}

# Hexadecimal digits as base64url without padding, line by line, and back.
letters=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_
encode() {
  awk -v letters=$letters '{
    out = ""; bits = 0; held = 0
    for (at = 1; at <= length($0); at++) {
      bits = bits * 16 + index("0123456789abcdef", substr($0, at, 1)) - 1; held += 4
      if (held >= 6) { held -= 6; out = out substr(letters, int(bits / 2 ^ held) + 1, 1); bits %= 2 ^ held }
    }
    if (held > 0) out = out substr(letters, bits * 2 ^ (6 - held) + 1, 1)
    print out
  }'
}
decode() {
  awk -v letters=$letters '{
    out = ""; bits = 0; held = 0
    for (at = 1; at <= length($0); at++) {
      bits = bits * 64 + index(letters, substr($0, at, 1)) - 1; held += 6
      while (held >= 4) { held -= 4; out = out sprintf("%x", int(bits / 2 ^ held)); bits %= 2 ^ held }
    }
    print substr(out, 1, length(out) - length(out) % 2)
  }'
}

# --- files: the sums of the manifest -----------------------------------------------------------------------------------

jq -r '.files | to_entries[] | [.key, .value] | join("\t")' manifest.json | sort >"$scratch/listed"
cut -f 1 "$scratch/listed" | tr '\n' '\0' | xargs -0 sha256sum >"$scratch/sums" 2>/dev/null || fail "a file of the manifest is not there"
cut -c 1-64 "$scratch/sums" | encode | paste <(cut -c 67- "$scratch/sums") - | sort >"$scratch/found"
diff "$scratch/listed" "$scratch/found" >"$scratch/differ" || fail "other bytes than the manifest says: $(grep -m 1 '^>' "$scratch/differ" | cut -c 3- | cut -f 1)"
find . -type f ! -path ./manifest.json | cut -c 3- | sort | diff - <(cut -f 1 "$scratch/listed" | sort) >"$scratch/differ" ||
  fail "a file that the manifest does not list: $(grep -m 1 '^<' "$scratch/differ" | cut -c 3-)"
echo "shell: $(wc -l <"$scratch/listed") files are as the manifest lists them"

# --- heads: signed by a key of the list --------------------------------------------------------------------------------

heads=0
for head in logs/*/checkpoint logs/*/history/*; do
  [ -e "$head" ] || continue
  origin=$(head -n 1 "$head")
  # A key: name+hint+base64(01 || public key). openssl wants the key with the prefix of RFC 8410.
  key=$(awk -v origin="$origin" '$1 == "log" && index($2, origin "+") == 1 { print $2 }' "$policy")
  [ -n "$key" ] || fail "$head: no key for $origin"
  {
    printf '\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00'
    printf %s "${key#"$origin"+*+}" | base64 -d | tail -c 32
  } >"$scratch/key.der"
  # A note: the signed text, an empty line, then "— name base64(hint || signature)".
  sed '/^$/,$d' "$head" >"$scratch/text"
  awk -v origin="$origin" '$1 == "—" && $2 == origin { print $3 }' "$head" | base64 -d | tail -c 64 >"$scratch/signature"
  openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$scratch/key.der" \
    -in "$scratch/text" -sigfile "$scratch/signature" >"$scratch/out" 2>&1 || fail "$head: $(cat "$scratch/out")"
  heads=$((heads + 1))
done
echo "shell: $heads heads are signed (openssl)"

# --- tree: the entries lead to the root that the newest head of each log signs -----------------------------------------

for head in logs/*/checkpoint; do
  log=${head%/checkpoint} size=$(sed -n 2p "$head")
  name=$(basename "$log")
  # A log that was deleted after its retention has a head, and no entries.
  if jq -e --arg log "$(head -n 1 "$head")" 'any(.forgotten[]?; .log == $log)' manifest.json >/dev/null; then continue; fi
  # Bundles of entries: two bytes of length, the entry, and so on.
  find "$log/tile/entries" -type f 2>/dev/null | sort | while read -r bundle; do
    od -An -v -tx1 "$bundle" | tr -d ' \n'
    echo
  done | awk '{
    for (at = 1; at < length($0); at += 4 + bytes * 2) {
      bytes = 0
      for (digit = 0; digit < 4; digit++) bytes = bytes * 16 + index("0123456789abcdef", substr($0, at + digit, 1)) - 1
      print substr($0, at + 4, bytes * 2)
    }
  }' >"$scratch/entries-$name"
  # The log may end before its signed head, where it could not go on: then its tree can not be computed here.
  [ "$(wc -l <"$scratch/entries-$name")" = "$size" ] || fail "$log: $size entries are signed, and others are there"
  sed 's/^/00/' "$scratch/entries-$name" | hash_lines >"$scratch/level"
  while [ "$(wc -l <"$scratch/level")" -gt 1 ]; do
    # Two by two; one that is left over goes up as it is (RFC 6962, 2.1).
    paste - - <"$scratch/level" | awk -F '\t' '$2 != "" { print "01" $1 $2 }' | hash_lines >"$scratch/above"
    [ $(($(wc -l <"$scratch/level") % 2)) = 0 ] || tail -n 1 "$scratch/level" >>"$scratch/above"
    mv "$scratch/above" "$scratch/level"
  done
  [ "$(encode <"$scratch/level")" = "$(sed -n 3p "$head" | tr '+/' '-_' | tr -d =)" ] || fail "$log: the entries lead to another root"
  echo "shell: $log: $size entries lead to the root that its head signs"
done

# --- content: what was decided is what the entries commit to -----------------------------------------------------------

[ ! -s openings.jsonl ] || jq -cS . openings.jsonl | cmp --silent - openings.jsonl || fail "openings.jsonl is not canonical"
for part in decision subject; do
  jq -r --arg part $part 'select(.[$part]) | [.log, .index, .[$part][0], .[$part][1]] | map(tostring) | join("\t")' openings.jsonl >"$scratch/openings"
  prefix=$(printf 'consent-log/v1/%s\0' $part | od -An -v -tx1 | tr -d ' \n')
  cut -f 3 "$scratch/openings" | decode >"$scratch/salts"
  # `od` has no lines of its own: a line feed is 0a, which is nowhere else in JSON on one line.
  cut -f 4- "$scratch/openings" | od -An -v -tx1 -w1 | awk '{ if ($1 == "0a") print ""; else printf "%s", $1 }' >"$scratch/data"
  paste -d '' "$scratch/salts" "$scratch/data" | sed "s/^/$prefix/" | hash_lines | encode |
    paste <(cut -f 1,2 "$scratch/openings") - | sort >"$scratch/opened"
  for log in $(cut -f 1 "$scratch/opened" | sort -u); do
    awk '{ gsub(/../, "\\x&"); printf "printf %%b \"%s\\n\"\n", $0 }' "$scratch/entries-$log" | bash |
      jq -nr --arg log "$log" --arg part $part 'foreach inputs as $entry (-1; . + 1; [$log, ., $entry[$part]]) |
        select(.[2] | type == "string") | map(tostring) | join("\t")'
  done | sort >"$scratch/committed"
  comm -23 "$scratch/opened" "$scratch/committed" >"$scratch/differ"
  [ ! -s "$scratch/differ" ] || fail "the $part part of entry $(head -n 1 "$scratch/differ" | cut -f 2) is not what the log commits to"
  echo "shell: $(wc -l <"$scratch/opened") $part parts are what the entries commit to"
done

# --- notices: each is what it is named ---------------------------------------------------------------------------------

for notice in notices/*.json; do
  [ -e "$notice" ] || continue # a log without decisions names none
  jq -e . "$notice" >/dev/null || fail "$notice"
  [ "$(sha256sum <"$notice" | cut -c 1-64 | encode)" = "$(basename "$notice" .json)" ] || fail "$notice is not what it is named"
done
echo "shell: notices are what they are named"
