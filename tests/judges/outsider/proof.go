// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// A c2sp.org/tlog-proof with the entry as extra data.
type proof struct {
	entry []byte
	index int64
	path  tlog.RecordProof
	note  []byte
}

func parseProof(text []byte) (p proof, err error) {
	head, signed, found := bytes.Cut(text, []byte("\n\n"))
	line := strings.Split(string(head), "\n")
	if !found || len(line) < 3 || line[0] != "c2sp.org/tlog-proof@v1" ||
		!strings.HasPrefix(line[1], "extra ") || !strings.HasPrefix(line[2], "index ") {
		return p, fmt.Errorf("not a tlog-proof with an entry")
	}
	if p.entry, err = base64.StdEncoding.Strict().DecodeString(line[1][6:]); err != nil {
		return
	}
	if p.index, err = strconv.ParseInt(line[2][6:], 10, 64); err != nil {
		return
	}
	p.path, err = hashes([]byte(strings.Join(line[3:], "\n")))
	p.note = signed
	return
}

func (p *proof) verify() (tlog.Tree, error) {
	tree, err := checkpoint(p.note)
	if err != nil {
		return tree, err
	}
	return tree, tlog.CheckRecord(p.path, tree.N, tree.Hash, p.index, tlog.RecordHash(p.entry))
}

func flip(b []byte, at int) []byte {
	changed := append([]byte(nil), b...)
	changed[at/8%len(b)] ^= 1 << (at % 8)
	return changed
}

// tampered makes variants of a proof that must not verify, and says how many there were.
func (p proof) tampered() (tried int) {
	refuse := func(q proof, what string) {
		_, err := q.verify()
		demand(err != nil, "a proof for entry %d verifies although %s", p.index, what)
		tried++
	}
	for i := 0; i < len(p.entry); i++ {
		q := p
		q.entry = flip(p.entry, i*8+i%8)
		refuse(q, "its entry was changed")
	}
	for i := range p.path {
		q := p
		q.path = append(tlog.RecordProof(nil), p.path...)
		copy(q.path[i][:], flip(p.path[i][:], 37*i))
		refuse(q, "its path was changed")
		q.path = append(append(tlog.RecordProof(nil), p.path[:i]...), p.path[i+1:]...)
		refuse(q, "its path was cut")
		q.path = append(append(append(tlog.RecordProof(nil), p.path[:i]...), tlog.Hash{}), p.path[i:]...)
		refuse(q, "its path was lengthened")
	}
	for _, d := range []int64{-1, 1, 256, 1 << 40} {
		q := p
		q.index = p.index + d
		refuse(q, "its index was changed")
	}
	text, signed, _ := bytes.Cut(p.note, []byte("\n\n"))
	for i := 0; i <= len(text); i++ {
		q := p
		q.note = flip(p.note, i*8+i%7)
		refuse(q, "the signed head was changed")
	}
	for _, line := range strings.Split(strings.TrimSuffix(string(signed), "\n"), "\n") {
		at := strings.LastIndex(line, " ") + 1
		sig, err := base64.StdEncoding.DecodeString(line[at:])
		check(err)
		for i := range sig { // one bit each; base64 itself has unused ones
			q := p
			q.note = []byte(string(text) + "\n\n" + line[:at] + base64.StdEncoding.EncodeToString(flip(sig, i*8+i%8)) + "\n")
			refuse(q, "the head's signature was changed")
		}
	}
	return
}
