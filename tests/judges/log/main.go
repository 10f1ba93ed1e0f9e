// SPDX-License-Identifier: BSD-2-Clause

// Recomputes a log that duban made with code that duban's authors did not write (Go's
// golang.org/x/mod/sumdb): root, every inclusion proof, consistency proofs and tiles.
//
// DIR holds: vkey; entries (one entry a line, base64); checkpoint; checkpoints/* (older ones);
// consistency/M-N (base64 hashes, a line each); tile/... as served under /log/tile/.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run main.go DIR
package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var dir string

func must(err error) {
	if err != nil {
		fmt.Println("BAD", err)
		os.Exit(1)
	}
}

func lines(path string) []string {
	b, err := os.ReadFile(path)
	must(err)
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}

func hashes(text []string) (out []tlog.Hash) {
	for _, l := range text {
		if l == "" {
			continue
		}
		h, err := tlog.ParseHash(l)
		must(err)
		out = append(out, h)
	}
	return
}

func checkpoint(path string, keys note.Verifiers) (int64, tlog.Hash) {
	b, err := os.ReadFile(path)
	must(err)
	n, err := note.Open(b, keys)
	must(err)
	l := strings.Split(n.Text, "\n")
	size, err := strconv.ParseInt(l[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(l[2])
	must(err)
	return size, root
}

// store holds the hashes that x/mod asks for while it builds the tree.
type store []tlog.Hash

func (s store) ReadHashes(index []int64) (out []tlog.Hash, err error) {
	for _, i := range index {
		out = append(out, s[i])
	}
	return
}

// tiles reads C2SP paths: x/mod's own have an element for the height.
type tiles struct{}

func (tiles) Height() int                     { return 8 }
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (tiles) ReadTiles(want []tlog.Tile) (out [][]byte, err error) {
	for _, t := range want {
		b, err := os.ReadFile(filepath.Join(dir, strings.Replace(t.Path(), "tile/8/", "tile/", 1)))
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return
}

func main() {
	dir = os.Args[1]
	var list []note.Verifier
	for _, key := range strings.Fields(strings.Join(lines(filepath.Join(dir, "vkey")), " ")) {
		v, err := note.NewVerifier(key)
		must(err)
		list = append(list, v)
	}
	keys := note.VerifierList(list...)

	var tree store
	var leaf []tlog.Hash
	for n, l := range lines(filepath.Join(dir, "entries")) {
		entry, err := base64.StdEncoding.DecodeString(l)
		must(err)
		grown, err := tlog.StoredHashes(int64(n), entry, tree)
		must(err)
		tree = append(tree, grown...)
		leaf = append(leaf, tlog.RecordHash(entry))
	}
	size, root := checkpoint(filepath.Join(dir, "checkpoint"), keys)
	mine, err := tlog.TreeHash(size, tree)
	must(err)
	if mine != root {
		must(fmt.Errorf("root of %d entries differs", size))
	}
	fmt.Printf("root of %d entries is the signed one\n", size)

	old, _ := filepath.Glob(filepath.Join(dir, "checkpoints", "*"))
	for _, file := range old {
		n, r := checkpoint(file, keys)
		mine, err := tlog.TreeHash(n, tree)
		must(err)
		if mine != r {
			must(fmt.Errorf("root at %d differs", n))
		}
	}
	fmt.Printf("%d older signed heads have the roots of the same entries\n", len(old))

	proofs, _ := filepath.Glob(filepath.Join(dir, "consistency", "*"))
	for _, file := range proofs {
		var m, n int64
		_, err := fmt.Sscanf(filepath.Base(file), "%d-%d", &m, &n)
		must(err)
		a, err := tlog.TreeHash(m, tree)
		must(err)
		b, err := tlog.TreeHash(n, tree)
		must(err)
		must(tlog.CheckTree(hashes(lines(file)), n, b, m, a))
	}
	fmt.Printf("%d consistency proofs verify\n", len(proofs))

	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, tiles{})
	for i := int64(0); i < size; i++ {
		h, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
		must(err)
		if h[0] != leaf[i] {
			must(fmt.Errorf("entry %d is not the one in the tiles", i))
		}
	}
	fmt.Printf("%d leaves read back from authenticated tiles\n", size)
}
