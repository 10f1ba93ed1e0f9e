// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// store holds all hashes of the tree in x/mod's order.
type store []tlog.Hash

func (s store) ReadHashes(index []int64) (out []tlog.Hash, err error) {
	for _, i := range index {
		out = append(out, s[i])
	}
	return
}

// tilePath is the C2SP one: x/mod's own has an element for the height.
func tilePath(kind string, n int64, width int) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	if width < 256 {
		path += fmt.Sprintf(".p/%d", width)
	}
	return "/log/tile/" + kind + "/" + path
}

// tiles as served; bad, when set, spoils one bit of what was read.
type tiles struct {
	kept map[string][]byte
	bad  func(path string, data []byte) []byte
}

func (tiles) Height() int                     { return 8 }
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(want []tlog.Tile) (out [][]byte, err error) {
	for _, w := range want {
		path := tilePath(fmt.Sprint(w.L), w.N, w.W)
		data, found := t.kept[path]
		if !found {
			return nil, fmt.Errorf("%s was not served", path)
		}
		if t.bad != nil {
			data = t.bad(path, data)
		}
		out = append(out, data)
	}
	return
}

// readEntries fetches the bundles that make up a tree of that size.
func readEntries(c *client, size int64) (entries [][]byte) {
	for n := int64(0); n<<8 < size; n++ {
		width := 256
		if size-n<<8 < 256 {
			width = int(size - n<<8)
		}
		data := c.must(tilePath("entries", n, width))
		for i := 0; i < width; i++ {
			demand(len(data) >= 2, "bundle %d ends in entry %d", n, i)
			length := int(binary.BigEndian.Uint16(data))
			demand(len(data) >= 2+length, "bundle %d ends in entry %d", n, i)
			entries = append(entries, data[2:2+length])
			data = data[2+length:]
		}
		demand(len(data) == 0, "bundle %d is longer than its %d entries", n, width)
	}
	return
}

func readTiles(c *client, size int64, tree store) map[string][]byte {
	kept := map[string][]byte{}
	for level, count := 0, size; count > 0; level, count = level+1, count>>8 {
		for n := int64(0); n<<8 < count; n++ {
			width := 256
			if count-n<<8 < 256 {
				width = int(count - n<<8)
			}
			path := tilePath(fmt.Sprint(level), n, width)
			kept[path] = c.must(path)
			want, err := tlog.ReadTileData(tlog.Tile{H: 8, L: level, N: n, W: width}, tree)
			check(err)
			demand(bytes.Equal(kept[path], want), "%s is not what the entries give", path)
		}
	}
	return kept
}

// sizes gives the interesting ones up to n, and some by chance.
func sizes(n int64, random *rand.Rand) (out []int64) {
	for _, s := range []int64{1, 2, 3, 4, 7, 8, 9, 255, 256, 257, 511, 512, 65535, 65536, 65537, n - 257, n - 1, n} {
		if s >= 1 && s <= n {
			out = append(out, s)
		}
	}
	for i := 0; i < 20; i++ {
		out = append(out, 1+random.Int63n(n))
	}
	return
}

func checkConsistency(c *client, tree store, newest int64, random *rand.Rand) (good, bad int) {
	for _, to := range sizes(newest, random) {
		b, err := tlog.TreeHash(to, tree)
		check(err)
		for _, from := range sizes(to, random)[:6] {
			a, err := tlog.TreeHash(from, tree)
			check(err)
			p, err := hashes(c.must(fmt.Sprintf("/log/consistency?from=%d&to=%d", from, to)))
			check(err)
			check(tlog.CheckTree(p, to, b, from, a))
			good++
			for i := range p {
				q := append(tlog.TreeProof(nil), p...)
				copy(q[i][:], flip(q[i][:], 11*i))
				demand(tlog.CheckTree(q, to, b, from, a) != nil, "a changed consistency proof verifies")
				demand(tlog.CheckTree(append(q[:i:i], p[i+1:]...), to, b, from, a) != nil, "a cut consistency proof verifies")
				bad += 2
			}
			other := tlog.Hash{}
			copy(other[:], flip(a[:], 5))
			demand(tlog.CheckTree(p, to, b, from, other) != nil, "a consistency proof verifies for another root")
			bad++
		}
	}
	return
}

func checkInclusion(c *client, entries [][]byte, heads map[int64]tlog.Hash, newest int64, random *rand.Rand) (good, bad int) {
	for i := 0; i < 60; i++ {
		n := random.Int63n(newest)
		if i < 4 {
			n = []int64{0, 1, newest - 1, newest / 2}[i]
		}
		p, err := parseProof(c.must(fmt.Sprintf("/log/proof?entry=%d", n)))
		check(err)
		_, err = p.verify()
		check(err)
		demand(p.index == n && bytes.Equal(p.entry, entries[n]), "/log/proof?entry=%d is about another", n)
		demand(bytes.Equal(c.must(fmt.Sprintf("/log/entry/%d", n)), entries[n]), "/log/entry/%d differs from its bundle", n)
		good++
		if i < 6 {
			bad += p.tampered()
		}
	}
	for size, root := range heads {
		n := random.Int63n(size)
		p, err := parseProof(c.must(fmt.Sprintf("/log/proof?entry=%d&size=%d", n, size)))
		check(err)
		tree, err := p.verify()
		check(err)
		demand(tree.N == size && tree.Hash == root, "/log/proof?size=%d gives the head of %d", size, tree.N)
		if good++; good >= 120 {
			break
		}
	}
	return
}

// Reads leaves through x/mod's authenticating reader, then with one spoiled tile.
func checkTiles(kept map[string][]byte, head tlog.Tree, entries [][]byte, random *rand.Rand) (good, bad int) {
	reader := tlog.TileHashReader(head, tiles{kept: kept})
	for i := int64(0); i < head.N; i++ {
		if head.N > 5000 && i > 600 && i < head.N-600 && random.Intn(20) != 0 {
			continue
		}
		h, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
		check(err)
		demand(h[0] == tlog.RecordHash(entries[i]), "entry %d is not the one in the tiles", i)
		good++
	}
	for i := 0; i < 600; i++ {
		n, at, spoiled := random.Int63n(head.N), random.Intn(1<<16), ""
		spoil := func(path string, data []byte) []byte {
			if spoiled == "" {
				spoiled = path
				return flip(data, at)
			}
			return data
		}
		h, err := tlog.TileHashReader(head, tiles{kept, spoil}).ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
		demand(err != nil || h[0] != tlog.RecordHash(entries[n]) || spoiled == "", "%s is read although it was spoiled", spoiled)
		demand(err != nil, "%s: a spoiled tile is believed", spoiled)
		bad++
	}
	return
}

func checkAbsent(c *client, size int64) {
	past := size>>8 + 1
	for _, path := range []string{tilePath("0", past, 256), tilePath("0", size>>8, 255) + "9", tilePath("entries", past, 256),
		"/log/tile/0/1", "/log/tile/0/0000", "/log/tile/00/000", "/log/tile/0/000.p/0", "/log/tile/0/000.p/256", "/log/tile/0/000.p/01",
		"/log/tile/64/000", "/log/tile/-1/000", "/log/tile/0/x000/000", "/log/tile/0/x001", "/log/tile/8/0/000", "/log/tile/entries",
		fmt.Sprintf("/log/entry/%d", size+100000), "/log/entry/-1", "/log/entry/01", "/log/entry/x",
		fmt.Sprintf("/log/proof?entry=%d", size+100000), "/log/proof", "/log/proof?entry=0&size=999999999",
		fmt.Sprintf("/log/consistency?from=1&to=%d", size+100000), "/log/consistency?from=0&to=1", "/log/consistency?from=2&to=1",
		"/log/consistency?from=9223372036854775808&to=1", "/log/consistency"} {
		status, body := c.get(path)
		demand(status == 404 || status == 400, "%s: %d %.100q", path, status, body)
	}
}

func checkText(entries [][]byte) (kinds map[string]int) {
	kinds = map[string]int{}
	last := ""
	for n, e := range entries {
		text := string(e)
		demand(len(e) < 65536 && strings.HasPrefix(text, "duban-entry/v1\nkind ") && strings.HasSuffix(text, "\n"), "entry %d has another form", n)
		line := strings.Split(text, "\n")
		for _, l := range line[1 : len(line)-1] {
			name, value, found := strings.Cut(l, " ")
			demand(found && name != "" && value != "" && strings.IndexFunc(l, func(r rune) bool { return r < ' ' || r == 127 }) < 0,
				"entry %d: line %q", n, l)
		}
		demand(strings.HasPrefix(line[2], "received "), "entry %d has no received", n)
		demand(line[2] >= last, "received runs backwards at entry %d", n)
		last = line[2]
		kinds[strings.TrimPrefix(line[1], "kind ")]++
	}
	return
}

func monitor(home string, files []string) {
	random := rand.New(rand.NewSource(1))
	c := newClient(home)
	head, err := checkpoint(c.must("/log/checkpoint"))
	check(err)
	entries := readEntries(c, head.N)
	var tree store
	for n, e := range entries {
		grown, err := tlog.StoredHashes(int64(n), e, tree)
		check(err)
		tree = append(tree, grown...)
	}
	root, err := tlog.TreeHash(head.N, tree)
	check(err)
	demand(root == head.Hash, "%d entries give another root than the signed one", head.N)
	fmt.Printf("%d entries give the signed root; kinds %v\n", head.N, checkText(entries))

	heads := map[int64]tlog.Hash{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		check(err)
		for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			var n int64
			var hash string
			_, err := fmt.Sscan(line, &n, &hash)
			check(err)
			mine, err := tlog.TreeHash(n, tree)
			check(err)
			demand(mine.String() == hash, "the head signed at %d has another root", n)
			heads[n] = mine
		}
	}
	fmt.Printf("%d heads signed earlier have the roots of these entries\n", len(heads))

	kept := readTiles(c, head.N, tree)
	good, bad := checkTiles(kept, head, entries, random)
	fmt.Printf("%d tiles are what the entries give; %d leaves read through them, %d spoiled reads refused\n", len(kept), good, bad)
	good, bad = checkConsistency(c, tree, head.N, random)
	fmt.Printf("%d consistency proofs verify, %d tampered refused\n", good, bad)
	good, bad = checkInclusion(c, entries, heads, head.N, random)
	fmt.Printf("%d inclusion proofs verify, %d tampered refused\n", good, bad)
	checkAbsent(c, head.N)
	fmt.Println("what is not there is answered 400 or 404")
}
