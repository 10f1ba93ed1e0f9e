// SPDX-License-Identifier: BSD-2-Clause

// Verifies duban receipts (c2sp.org/tlog-proof@v1) with code that duban's authors did not write:
// Go's golang.org/x/mod/sumdb. Prints one line a receipt; exit status 1 when one does not verify.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run main.go VKEY[,VKEY] RECEIPT...
package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// verifiers takes the signed-note verifier keys, separated by space or comma.
func verifiers(text string) (note.Verifiers, error) {
	var list []note.Verifier
	for _, key := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' }) {
		v, err := note.NewVerifier(key)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	if list == nil {
		return nil, fmt.Errorf("no verifier key")
	}
	return note.VerifierList(list...), nil
}

// checkpoint opens the signed note and reads origin, size and root.
func checkpoint(text []byte, keys note.Verifiers) (string, int64, tlog.Hash, error) {
	n, err := note.Open(text, keys)
	if err != nil {
		return "", 0, tlog.Hash{}, err
	}
	line := strings.Split(n.Text, "\n")
	if len(line) < 4 {
		return "", 0, tlog.Hash{}, fmt.Errorf("not a checkpoint")
	}
	size, err := strconv.ParseInt(line[1], 10, 64)
	if err != nil {
		return "", 0, tlog.Hash{}, err
	}
	root, err := tlog.ParseHash(line[2])
	return line[0], size, root, err
}

func verify(file string, keys note.Verifiers) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	head, signed, found := bytes.Cut(text, []byte("\n\n"))
	line := strings.Split(string(head), "\n")
	if !found || len(line) < 3 || line[0] != "c2sp.org/tlog-proof@v1" ||
		!strings.HasPrefix(line[1], "extra ") || !strings.HasPrefix(line[2], "index ") {
		return "", fmt.Errorf("not a tlog-proof with an entry")
	}
	entry, err := base64.StdEncoding.DecodeString(line[1][6:])
	if err != nil {
		return "", err
	}
	index, err := strconv.ParseInt(line[2][6:], 10, 64)
	if err != nil {
		return "", err
	}
	var path tlog.RecordProof
	for _, l := range line[3:] {
		h, err := tlog.ParseHash(l)
		if err != nil {
			return "", err
		}
		path = append(path, h)
	}
	origin, size, root, err := checkpoint(signed, keys)
	if err != nil {
		return "", err
	}
	if err := tlog.CheckRecord(path, size, root, index, tlog.RecordHash(entry)); err != nil {
		return "", err
	}
	received := "?"
	for _, l := range strings.Split(string(entry), "\n") {
		if strings.HasPrefix(l, "received ") {
			received = l[9:]
		}
	}
	return fmt.Sprintf("entry %d of %s, received %s, in the tree of %d entries", index, origin, received, size), nil
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: receipt VKEY[,VKEY] RECEIPT...")
		os.Exit(2)
	}
	keys, err := verifiers(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	status := 0
	for _, file := range os.Args[2:] {
		if said, err := verify(file, keys); err != nil {
			fmt.Printf("BAD      %s: %v\n", file, err)
			status = 1
		} else {
			fmt.Printf("verified %s\n", said)
		}
	}
	os.Exit(status)
}
