// Opens the head in a tlog-proof with golang.org/x/mod/sumdb/note: the signature of the log, and the cosignatures of the
// witnesses that a tlog-policy names (C2SP tlog-cosignature, type 04). Checks the proof with x/mod/sumdb/tlog.
//
//	go run cosigned.go POLICY PROOF
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A witness signs a time and the text.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return w.hash }
func (w witness) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(sig)
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, msg)
	return ed25519.Verify(w.key, []byte(signed), sig[8:])
}

func newWitness(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("no vkey: %s", vkey)
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		return nil, fmt.Errorf("no key of a witness: %s", vkey)
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	hash := binary.BigEndian.Uint32(sum[:])
	if fmt.Sprintf("%08x", hash) != parts[1] {
		return nil, fmt.Errorf("another hash: %s", vkey)
	}
	return witness{parts[0], hash, ed25519.PublicKey(key[1:])}, nil
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "cosigned.go:", err)
		os.Exit(1)
	}
}

func main() {
	policy, err := os.ReadFile(os.Args[1])
	fail(err)
	proof, err := os.ReadFile(os.Args[2])
	fail(err)
	var known []note.Verifier
	witnesses := 0
	for _, line := range strings.Split(string(policy), "\n") {
		words := strings.Fields(line)
		if len(words) >= 2 && words[0] == "log" {
			log, err := note.NewVerifier(words[1])
			fail(err)
			known = append(known, log)
		}
		if len(words) >= 3 && words[0] == "witness" {
			witness, err := newWitness(words[2])
			fail(err)
			known = append(known, witness)
			witnesses++
		}
	}
	parts := strings.SplitN(string(proof), "\n\n", 2)
	if len(parts) != 2 {
		fail(fmt.Errorf("no checkpoint in the proof"))
	}
	opened, err := note.Open([]byte(parts[1]), note.VerifierList(known...))
	fail(err)
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + strings.SplitN(opened.Text, "\n", 2)[1]))
	fail(err)
	lines := strings.Split(parts[0], "\n")
	entry, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	fail(err)
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	fail(err)
	var hashes tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		fail(err)
		hashes = append(hashes, hash)
	}
	fail(tlog.CheckRecord(hashes, tree.N, tree.Hash, index, tlog.RecordHash(entry)))
	cosigned := 0
	for _, sig := range opened.Sigs {
		for _, verifier := range known {
			if _, is := verifier.(witness); is && verifier.Name() == sig.Name && verifier.KeyHash() == sig.Hash {
				cosigned++
			}
		}
	}
	fmt.Printf("Go, golang.org/x/mod: %s is proven, cosigned by %d of %d witnesses\n", entry, cosigned, witnesses)
}
