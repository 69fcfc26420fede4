#!/usr/bin/env bash
# Checks an unpacked bundle with a shell, GNU coreutils and findutils, awk, jq, and openssl for the signatures: nothing of this
# project is used. README.md says what is not checked.
#
#   verify.sh FOLDER [LIST-OF-KEYS]
#
# Without a list of keys, in the form of the file `policy`, those of the bundle are used, which shows no more than that it
# agrees with itself. Says what it checks, one line each; exits with 1 at the first thing that does not hold.
set -euo pipefail
export LC_ALL=C
policy=$(realpath "${2:-$1/policy}")
cd "$1"

# What a bundle says of itself must not move the cursor.
fail() {
  printf 'shell: refused: %s\n' "$*" | tr -d '\000-\011\013-\037\177' >&2
  exit 1
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'fail "something can not be read, in line $LINENO of this script"' ERR

# Whether one of the keys of an origin signed a text: the text, and the line of the signature, in files.
is_signed() {
  local origin=$1 text=$2 key
  tail -c 64 <(awk -v origin="$origin" '$1 == "—" && $2 == origin { print $3; exit }' "$3" | base64 -d 2>/dev/null) >"$scratch/signature"
  # A key: name+hint+base64(01 || public key). openssl wants the key with the prefix of RFC 8410.
  for key in $(awk -v origin="$origin" '$1 == "log" && index($2, origin "+") == 1 { print $2 }' "$policy"); do
    { printf '\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00' && base64 -d <<<"${key#"$origin"+*+}" 2>/dev/null | tail -c 32; } >"$scratch/key.der"
    if openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$scratch/key.der" -in "$text" -sigfile "$scratch/signature" >/dev/null 2>&1; then
      return 0
    fi
  done
  return 1
}

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

# --- the signed list of files ------------------------------------------------------------------------------------------

[ -z "$(find . ! -type f ! -type d)" ] || fail "something is neither a file nor a folder"
jq -cjS . manifest.json 2>/dev/null | cmp --silent - manifest.json || fail "manifest.json is not canonical JSON"
jq -r .signature manifest.json >"$scratch/line"
signer=$(awk '{ print $2; exit }' "$scratch/line")
jq -e --arg signer "$signer" '.version == 1 and any(.shards[]; .log == $signer)' manifest.json >/dev/null || fail "manifest.json is signed in the name of no log of it"
printf 'consent-bundle/v1\n%s\n' "$(jq -cjS 'del(.signature)' manifest.json | openssl dgst -sha256 -binary | base64)" >"$scratch/text"
is_signed "$signer" "$scratch/text" "$scratch/line" || fail "manifest.json is not signed by a key of the list"
jq -r '.files | to_entries[] | [.key, .value] | join("\t")' manifest.json | sort >"$scratch/listed"
cut -f 1 "$scratch/listed" | tr '\n' '\0' | xargs -0 -r sha256sum >"$scratch/sums" 2>/dev/null || fail "a file of the manifest is not there"
cut -c 1-64 "$scratch/sums" | encode | paste <(cut -c 67- "$scratch/sums") - | sort >"$scratch/found"
diff "$scratch/listed" "$scratch/found" >"$scratch/differ" || fail "other bytes than the manifest says: $(grep -m 1 '^>' "$scratch/differ" | cut -c 3- | cut -f 1)"
find . -type f ! -path ./manifest.json | cut -c 3- | sort | diff - <(cut -f 1 "$scratch/listed" | sort) >"$scratch/differ" ||
  fail "a file that the manifest does not list: $(grep -m 1 '^<' "$scratch/differ" | cut -c 3-)"
echo "shell: $(wc -l <"$scratch/listed") files are as the signed manifest lists them"

# --- logs: those of the manifest, each in the folder of its name -------------------------------------------------------

jq -e 'has("ended") | not' manifest.json >/dev/null || fail "a log could not go on: that is more than is checked here"
site=$(jq -r .site manifest.json)
jq -r '(.shards + (.forgotten // []))[].log' manifest.json | sort >"$scratch/logs"
find logs -mindepth 1 -maxdepth 1 2>/dev/null | sort >"$scratch/folders"
sed 's|^.*/|logs/|' "$scratch/logs" | sort | cmp --silent - "$scratch/folders" || fail "other logs than those of the manifest"

heads=0
for folder in $(cat "$scratch/folders"); do
  for head in "$folder"/checkpoint "$folder"/history/*; do
    [ -e "$head" ] || { [ "$head" != "$folder/checkpoint" ] && continue; fail "$folder has no head"; }
    origin=$(head -n 1 "$head")
    [ "${origin#*/}" = "$site/${folder#logs/}" ] && grep -qxF -- "$origin" "$scratch/logs" || fail "$head is of another log"
    # A note: the signed text, an empty line, then "— name base64(hint || signature)".
    sed '/^$/,$d' "$head" >"$scratch/text"
    is_signed "$origin" "$scratch/text" "$head" || fail "$head is not signed by a key of the list"
    heads=$((heads + 1))
  done
done
[ "$heads" -gt 0 ] || fail "there is no log"
echo "shell: $heads heads are signed (openssl)"

# --- tree: the entries lead to the root that the newest head of each log signs -----------------------------------------

for log in $(cat "$scratch/folders"); do
  head=$log/checkpoint size=$(sed -n 2p "$log/checkpoint") name=${log#logs/}
  if jq -e --arg log "$(head -n 1 "$head")" 'any(.forgotten[]?; .log == $log)' manifest.json >/dev/null; then
    [ ! -e "$log/tile" ] || fail "$log is said to be deleted, and is not"
    : >"$scratch/entries-$name"
    echo "shell: $log: NOT CHECKED: it was deleted after its retention, says the manifest"
    continue
  fi
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
for log in $(sed 's|^logs/||' "$scratch/folders"); do
  awk '{ gsub(/../, "\\x&"); printf "printf %%b \"%s\\n\"\n", $0 }' "$scratch/entries-$log" | bash |
    jq -nc --arg log "$log" 'foreach inputs as $entry (-1; . + 1; $entry + { index: ., log: $log })'
done >"$scratch/all"

# --- content: what was decided is what the entries commit to -----------------------------------------------------------

[ ! -s openings.jsonl ] || jq -cS . openings.jsonl 2>/dev/null | cmp --silent - openings.jsonl || fail "openings.jsonl is not canonical"
# A salt of another length could be one of another text.
jq -nre 'def part: type == "array" and length == 2 and (.[0] | test("^[A-Za-z0-9_-]{43}$")) and (.[1] | fromjson | type == "object");
  all(inputs; (keys - ["decision", "index", "log", "subject"] == []) and (.index | type == "number") and (.log | type == "string")
    and ((.decision == null) or ((.decision | part) and (.decision[1] | fromjson | .action | type == "string")))
    and ((.subject == null) or (.subject | part)))' openings.jsonl >/dev/null 2>&1 || fail "openings.jsonl: a line is none"
parts=0
for part in decision subject; do
  jq -r --arg part $part 'select(.[$part]) | [.log, .index, .[$part][0], .[$part][1]] | map(tostring) | join("\t")' openings.jsonl >"$scratch/openings"
  prefix=$(printf 'consent-log/v1/%s\0' $part | od -An -v -tx1 | tr -d ' \n')
  cut -f 3 "$scratch/openings" | decode >"$scratch/salts"
  # `od` has no lines of its own: a line feed is 0a, which is nowhere else in JSON on one line.
  cut -f 4- "$scratch/openings" | od -An -v -tx1 -w1 | awk '{ if ($1 == "0a") print ""; else printf "%s", $1 }' >"$scratch/data"
  paste -d '' "$scratch/salts" "$scratch/data" | sed "s/^/$prefix/" | hash_lines | encode |
    paste <(cut -f 1,2 "$scratch/openings") - | sort >"$scratch/opened"
  jq -r --arg part $part 'select(.[$part] | type == "string") | [.log, .index, .[$part]] | map(tostring) | join("\t")' "$scratch/all" | sort >"$scratch/committed"
  comm -23 "$scratch/opened" "$scratch/committed" >"$scratch/differ"
  [ ! -s "$scratch/differ" ] || fail "the $part part of entry $(head -n 1 "$scratch/differ" | cut -f 2) is not what the log commits to"
  [ -z "$(uniq -d "$scratch/opened")" ] || fail "openings.jsonl has an entry twice"
  parts=$((parts + $(wc -l <"$scratch/opened")))
  echo "shell: $(wc -l <"$scratch/opened") $part parts are what the entries commit to"
done
decisions=$(jq -s 'map(select(.decision | type == "string")) | length' "$scratch/all")
if jq -e 'has("from") or has("to")' manifest.json >/dev/null; then
  echo "shell: the bundle is one of a period: that nothing is missing in it is NOT CHECKED"
else
  [ $((parts + $(jq .counts.erased manifest.json))) = $((decisions * 2)) ] || fail "decisions are missing that were not erased"
  echo "shell: of $decisions decisions nothing is missing but what the manifest counts as erased"
fi

# --- notices, scripts and exhibits: each is what it is named, and what entries name is there ---------------------------

names=0
for file in notices/*.json scripts/*.js exhibits/*.csv; do
  [ -e "$file" ] || continue # a log without decisions names no notice
  name=${file##*/}
  [ "$(sha256sum <"$file" | cut -c 1-64 | encode)" = "${name%.*}" ] || fail "$file is not what it is named"
  names=$((names + 1))
done
for notice in $(jq -r 'select(.notice) | .notice' "$scratch/all" | sort -u); do
  [ -e "notices/$notice.json" ] || fail "notice $notice is named and not there"
  [ -e "scripts/$(jq -r .script "notices/$notice.json").js" ] || fail "the script of notice $notice is not there"
done
echo "shell: $names notices, scripts and exhibits are what they are named"
