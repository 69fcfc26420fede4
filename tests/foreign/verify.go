// Checks an unpacked bundle, and receipts, with Go's golang.org/x/mod/sumdb alone: nothing of this project is used.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run verify.go FOLDER [RECEIPT]...
//
// The root is computed from the entries. Tiles are read through tlog.TileHashReader, but that is no check by itself: it
// returns hashes of some forged tiles. So what is built from them is held against the root with tlog.CheckRecord and
// tlog.CheckTree.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type shard struct {
	origin  string
	entries [][]byte
	hashes  []tlog.Hash
}

type opening struct {
	Index    int64
	Log      string
	Decision []string
	Subject  []string
}

type receiptContent struct {
	Entry    string
	Decision []string
	Subject  []string
}

func main() {
	folder := os.Args[1]
	known := verifiers(folder)
	files := checkFiles(folder)
	shards := map[string]*shard{}
	years, err := os.ReadDir(filepath.Join(folder, "logs"))
	check(err)
	for _, year := range years {
		shards[year.Name()] = checkLog(filepath.Join(folder, "logs", year.Name()), known)
	}
	openings := checkOpenings(filepath.Join(folder, "openings.jsonl"), shards)
	notices := checkNotices(filepath.Join(folder, "notices"))
	for _, path := range os.Args[2:] {
		checkReceipt(path, known, shards)
	}
	fmt.Printf("go: %d files, %d logs, %d openings, %d notices, %d receipts hold\n",
		files, len(shards), openings, notices, len(os.Args)-2)
}

func verifiers(folder string) note.Verifiers {
	var list []note.Verifier
	for _, line := range strings.Split(string(read(folder, "policy")), "\n") {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "log" {
			verifier, err := note.NewVerifier(words[1])
			check(err)
			list = append(list, verifier)
		}
	}
	return note.VerifierList(list...)
}

// Every file is what the manifest says, and no other is there.
func checkFiles(folder string) int {
	var manifest struct{ Files map[string]string }
	check(json.Unmarshal(read(folder, "manifest.json"), &manifest))
	found := 0
	check(filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		check(err)
		name, err := filepath.Rel(folder, path)
		check(err)
		if info.IsDir() || name == "manifest.json" {
			return nil
		}
		require(digest(read(path)) == manifest.Files[name], "%s is not what the manifest says", name)
		found++
		return nil
	}))
	require(found == len(manifest.Files), "the manifest lists %d files, %d are there", len(manifest.Files), found)
	return found
}

func checkLog(folder string, known note.Verifiers) *shard {
	origin, size, root := openCheckpoint(read(folder, "checkpoint"), known)
	log := &shard{origin: origin}
	for bundle := int64(0); bundle*256 < size; bundle++ {
		width := size - bundle*256
		name := fmt.Sprintf("%03d", bundle)
		require(bundle < 1000, "this check reads logs of up to 256 000 entries")
		if width < 256 {
			name += fmt.Sprintf(".p/%d", width)
		} else {
			width = 256
		}
		data := read(folder, "tile", "entries", name)
		for ; width > 0; width-- {
			require(len(data) >= 2, "%s ends early", name)
			length := int(binary.BigEndian.Uint16(data))
			require(len(data) >= 2+length, "%s ends early", name)
			log.add(data[2 : 2+length])
			data = data[2+length:]
		}
		require(len(data) == 0, "%s has more than it should", name)
	}
	require(log.root(size) == root, "%s: the entries lead to another root than the signed one", origin)
	checkTiles(folder, log, size, root)
	heads, err := os.ReadDir(filepath.Join(folder, "history"))
	if !os.IsNotExist(err) {
		check(err)
	}
	for _, head := range heads {
		older, size, root := openCheckpoint(read(folder, "history", head.Name()), known)
		require(older == origin && strconv.FormatInt(size, 10) == head.Name(), "history/%s is another head", head.Name())
		require(log.root(size) == root, "history/%s tells another history", head.Name())
		log.checkGrowth(size, root)
	}
	fmt.Printf("go: %s: %d entries, %d older heads, root %s\n", origin, size, len(heads), root)
	return log
}

// The tiles of the bundle, under the names that C2SP tlog-tiles gives them.
type tileFolder string

func (folder tileFolder) Height() int { return 8 }

func (folder tileFolder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(folder), "tile", strings.TrimPrefix(tile.Path(), "tile/8/")))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (folder tileFolder) SaveTiles([]tlog.Tile, [][]byte) {}

// Proofs that are built from tiles lead to the root, for entries at both ends and at the edges of tiles.
func checkTiles(folder string, log *shard, size int64, root tlog.Hash) {
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, tileFolder(folder))
	for _, index := range []int64{0, 1, 255, 256, size / 2, size - 2, size - 1} {
		if index < 0 || index >= size {
			continue
		}
		proof, err := tlog.ProveRecord(size, index, reader)
		check(err)
		check(tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(log.entries[index])))
	}
	if size > 1 {
		proof, err := tlog.ProveTree(size, size/2, reader)
		check(err)
		check(tlog.CheckTree(proof, size, root, size/2, log.root(size/2)))
	}
}

// An older head is a beginning of the log as it is now.
func (log *shard) checkGrowth(older int64, root tlog.Hash) {
	size := int64(len(log.entries))
	if older == 0 || older > size {
		return
	}
	proof, err := tlog.ProveTree(size, older, log.reader())
	check(err)
	check(tlog.CheckTree(proof, size, log.root(size), older, root))
}

func openCheckpoint(data []byte, known note.Verifiers) (string, int64, tlog.Hash) {
	opened, err := note.Open(data, known)
	check(err)
	lines := strings.Split(opened.Text, "\n")
	require(len(lines) == 4 && lines[3] == "", "a checkpoint has three lines")
	require(opened.Sigs[0].Name == lines[0], "the key's name is not the log's")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := tlog.ParseHash(lines[2])
	check(err)
	return lines[0], size, root
}

func (log *shard) add(entry []byte) {
	stored, err := tlog.StoredHashes(int64(len(log.entries)), entry, log.reader())
	check(err)
	log.hashes = append(log.hashes, stored...)
	log.entries = append(log.entries, entry)
}

func (log *shard) reader() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			if index >= int64(len(log.hashes)) {
				return nil, fmt.Errorf("hash %d is beyond the log", index)
			}
			hashes[i] = log.hashes[index]
		}
		return hashes, nil
	})
}

func (log *shard) root(size int64) tlog.Hash {
	require(size <= int64(len(log.entries)), "a head is newer than the log")
	root, err := tlog.TreeHash(size, log.reader())
	check(err)
	return root
}

func checkOpenings(path string, shards map[string]*shard) int {
	count := 0
	for _, line := range bytes.Split(read(path), []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var open opening
		check(json.Unmarshal(line, &open))
		log := shards[open.Log]
		require(log != nil && open.Index < int64(len(log.entries)), "an opening of no entry")
		checkCommitments(log.entries[open.Index], open.Decision, open.Subject)
		count++
	}
	return count
}

func checkCommitments(data []byte, decision, subject []string) {
	var entry struct{ Kind, Decision, Subject string }
	check(json.Unmarshal(data, &entry))
	require(entry.Kind == "decision", "an opening of an entry that is no decision")
	for _, part := range []struct {
		name, commitment string
		opening          []string
	}{{"decision", entry.Decision, decision}, {"subject", entry.Subject, subject}} {
		if part.opening == nil {
			continue
		}
		require(len(part.opening) == 2, "an opening is a salt and its data")
		salt, err := base64.RawURLEncoding.DecodeString(part.opening[0])
		check(err)
		require(len(salt) == 32, "a salt has 32 bytes")
		preimage := "consent-log/v1/" + part.name + "\x00" + string(salt) + part.opening[1]
		require(digest([]byte(preimage)) == part.commitment, "the opening of %s does not fit", part.name)
	}
}

func checkNotices(folder string) int {
	notices, err := filepath.Glob(filepath.Join(folder, "*.json"))
	check(err)
	for _, path := range notices {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		require(digest(read(path)) == name, "notice %s is not what it is named", name)
	}
	return len(notices)
}

// A C2SP tlog-proof whose extra line carries the entry and its openings.
func checkReceipt(path string, known note.Verifiers, shards map[string]*shard) {
	parts := strings.SplitN(string(read(path)), "\n\n", 2)
	require(len(parts) == 2, "%s has no checkpoint", path)
	lines := strings.Split(parts[0], "\n")
	require(len(lines) >= 3 && lines[0] == "c2sp.org/tlog-proof@v1", "%s is no tlog-proof", path)
	extra, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	check(err)
	var content receiptContent
	check(json.Unmarshal(extra, &content))
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	check(err)
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		check(err)
		proof = append(proof, hash)
	}
	origin, size, root := openCheckpoint([]byte(parts[1]), known)
	entry := []byte(content.Entry)
	check(tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(entry)))
	require(content.Decision != nil && content.Subject != nil, "%s opens nothing", path)
	checkCommitments(entry, content.Decision, content.Subject)
	var found []string
	for year, log := range shards {
		if log.origin == origin {
			require(bytes.Equal(log.entries[index], entry), "%s is of another entry", path)
			require(log.root(size) == root, "%s tells another history", path)
			log.checkGrowth(size, root)
			found = append(found, year)
		}
	}
	sort.Strings(found)
	require(len(found) == 1, "%s is of %d logs in the bundle", path, len(found))
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func read(path ...string) []byte {
	data, err := os.ReadFile(filepath.Join(path...))
	check(err)
	return data
}

func require(holds bool, format string, arguments ...any) {
	if !holds {
		check(fmt.Errorf(format, arguments...))
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "go: refused:", err)
		os.Exit(1)
	}
}
