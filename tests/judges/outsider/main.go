// SPDX-License-Identifier: BSD-2-Clause

// What an outsider can check of duban with public specifications and Go's golang.org/x/mod alone:
//
//	outsider load COUNT OUT HOME:UNIT:TASK:PERIOD...   sign and send reports, verify each receipt
//	outsider monitor HOME [HEADS]                      read the whole log and recompute it
//
// DUBAN_URL, DUBAN_CA, DUBAN_AUD and DUBAN_LOG_VKEY name the instance. Exit status 1: something does
// not verify. It shares no code with duban.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(err error) {
	if err != nil {
		fmt.Println("BAD", err)
		os.Exit(1)
	}
}

func demand(ok bool, format string, args ...interface{}) {
	if !ok {
		check(fmt.Errorf(format, args...))
	}
}

var keys note.Verifiers

func verifiers(text string) note.Verifiers {
	var list []note.Verifier
	for _, key := range strings.Fields(text) {
		v, err := note.NewVerifier(key)
		check(err)
		list = append(list, v)
	}
	demand(list != nil, "DUBAN_LOG_VKEY is empty")
	return note.VerifierList(list...)
}

// checkpoint opens a signed note of this log: size and root.
func checkpoint(text []byte) (tree tlog.Tree, err error) {
	n, err := note.Open(text, keys)
	if err != nil {
		return
	}
	line := strings.Split(n.Text, "\n")
	if len(line) != 4 || line[3] != "" {
		return tree, fmt.Errorf("a checkpoint has three lines")
	}
	if line[0] != os.Getenv("DUBAN_AUD") {
		return tree, fmt.Errorf("origin %q", line[0])
	}
	if tree.N, err = strconv.ParseInt(line[1], 10, 64); err != nil {
		return
	}
	tree.Hash, err = tlog.ParseHash(line[2])
	return
}

func hashes(text []byte) (out []tlog.Hash, err error) {
	for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		if line == "" {
			continue
		}
		h, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return
}

type client struct {
	http *http.Client
	url  string
}

func newClient(home string) *client {
	pair, err := tls.LoadX509KeyPair(home+"/client.pem", home+"/client.key")
	check(err)
	pem, err := os.ReadFile(os.Getenv("DUBAN_CA"))
	check(err)
	roots := x509.NewCertPool()
	demand(roots.AppendCertsFromPEM(pem), "DUBAN_CA holds no certificate")
	conf := &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots,
		MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}}
	return &client{&http.Client{Transport: &http.Transport{TLSClientConfig: conf, MaxIdleConnsPerHost: 8}},
		os.Getenv("DUBAN_URL")}
}

func (c *client) get(path string) (int, []byte) {
	r, err := c.http.Get(c.url + path)
	check(err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	check(err)
	return r.StatusCode, body
}

func (c *client) must(path string) []byte {
	status, body := c.get(path)
	demand(status == 200, "%s: %d %.200s", path, status, body)
	return body
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: outsider load COUNT OUT HOME:UNIT:TASK:PERIOD... | outsider monitor HOME [HEADS]")
		os.Exit(2)
	}
	keys = verifiers(os.Getenv("DUBAN_LOG_VKEY"))
	switch os.Args[1] {
	case "load":
		load(os.Args[2], os.Args[3], os.Args[4:])
	case "monitor":
		monitor(os.Args[2], os.Args[3:])
	default:
		os.Exit(2)
	}
}
