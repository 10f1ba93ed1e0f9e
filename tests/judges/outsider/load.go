// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	reportType = "application/vnd.duban.report.v1+json"
	batch      = 256
)

type sender struct {
	*client
	key                *ecdsa.PrivateKey
	name               string
	unit, task, period string
	seq, completions   int
	prev               string
	last               tlog.Tree // newest head seen
	heads              map[int64]tlog.Hash
}

type outcome struct {
	Task, Period, Outcome, Due, Rule, Calendar, Completion string

	CompletionDue string `json:"completion_due"`
}

type receipt struct {
	ID        string
	Entry     int64
	Received  string
	Duplicate *bool
	Outcomes  []outcome
	Proof     string
	Code      string
	Detail    string
}

func newSender(spec string) *sender {
	part := strings.Split(spec, ":")
	demand(len(part) == 4, "%s is not HOME:UNIT:TASK:PERIOD", spec)
	text, err := os.ReadFile(part[0] + "/sign.key")
	check(err)
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	check(err)
	s := &sender{client: newClient(part[0]), key: key.(*ecdsa.PrivateKey), unit: part[1], task: part[2], period: part[3],
		heads: map[int64]tlog.Hash{}}
	spki, err := x509.MarshalPKIXPublicKey(&s.key.PublicKey)
	check(err)
	digest := sha256.Sum256(spki)
	s.name = hex.EncodeToString(digest[:])
	var me struct {
		Keys []struct {
			Key, Prev string
			Seq       int
		}
	}
	check(json.Unmarshal(s.must("/v1/me"), &me))
	for _, k := range me.Keys {
		if k.Key == s.name {
			s.seq, s.prev = k.Seq, k.Prev
		}
	}
	demand(s.seq > 0, "%s does not know key %s", s.url, s.name)
	return s
}

type sent struct {
	id, sig string
	seq     int
}

// statement signs the next one of the chain: a line of NDJSON.
func (s *sender) statement(out *bytes.Buffer) sent {
	status := "on-track"
	if s.seq%100 == 50 {
		status = "done"
	}
	nonce := make([]byte, 16)
	rand.Read(nonce)
	u := make([]byte, 16)
	rand.Read(u)
	u[6], u[8] = u[6]&0x0f|0x70, u[8]&0x3f|0x80
	payload := fmt.Sprintf(`{"v":1,"aud":%q,"unit":%q,"key":%q,"seq":%d,"prev":%q,"id":"%x-%x-%x-%x-%x","nonce":%q,`+
		`"iat":%q,"reports":[{"task":%q,"period":%q,"status":%q,"progress":%d,"text":"按计划推进"}]}`,
		os.Getenv("DUBAN_AUD"), s.unit, s.name, s.seq, s.prev, u[:4], u[4:6], u[6:8], u[8:10], u[10:],
		base64.RawURLEncoding.EncodeToString(nonce), time.Now().UTC().Format(time.RFC3339), s.task, s.period, status, s.seq%100)
	pae := fmt.Sprintf("DSSEv1 %d %s %d %s", len(reportType), reportType, len(payload), payload)
	id := sha256.Sum256([]byte(pae))
	sig, err := ecdsa.SignASN1(rand.Reader, s.key, id[:])
	check(err)
	made := sent{hex.EncodeToString(id[:]), base64.StdEncoding.EncodeToString(sig), s.seq}
	fmt.Fprintf(out, `{"payloadType":%q,"payload":%q,"signatures":[{"keyid":%q,"sig":%q}]}`+"\n",
		reportType, base64.StdEncoding.EncodeToString([]byte(payload)), s.name, made.sig)
	s.seq++
	s.prev = made.id
	return made
}

func or(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// verify: the receipt is about this statement, says what its entry says, and is in the signed tree.
func (s *sender) verify(r *receipt, made sent, out io.Writer) {
	demand(r.Code == "", "seq %d: %s %s", made.seq, r.Code, r.Detail)
	demand(r.ID == made.id && r.Duplicate != nil && !*r.Duplicate, "seq %d: another statement's receipt", made.seq)
	p, err := parseProof([]byte(r.Proof))
	check(err)
	demand(p.index == r.Entry, "entry %d with a proof for %d", r.Entry, p.index)
	tree, err := p.verify()
	check(err)
	s.heads[tree.N] = tree.Hash
	field := map[string]string{}
	for _, line := range strings.Split(strings.TrimSuffix(string(p.entry), "\n"), "\n")[1:] {
		name, value, found := strings.Cut(line, " ")
		demand(found && field[name] == "", "entry %d: line %q", r.Entry, line)
		field[name] = value
	}
	var lines string
	for _, o := range r.Outcomes {
		lines += strings.Join([]string{o.Task, or(o.Period), o.Outcome, or(o.Due), or(o.Rule), or(o.Calendar)}, " ") + "\n"
		if o.Completion != "" {
			lines += strings.Join([]string{o.Task, "-", o.Completion, o.CompletionDue, "-", "-"}, " ") + "\n"
			s.completions++
		}
	}
	digest := sha256.Sum256([]byte(lines))
	for name, want := range map[string]string{"kind": "statement", "received": r.Received, "key": s.name,
		"alg": "ecdsa-p256", "type": reportType, "seq": strconv.Itoa(made.seq), "pae-sha256": made.id, "sig": made.sig,
		"outcomes-sha256": hex.EncodeToString(digest[:])} {
		demand(field[name] == want, "entry %d: %s is %q, not %q", r.Entry, name, field[name], want)
	}
	demand(strings.HasPrefix(string(p.entry), "duban-entry/v1\nkind statement\nreceived "), "entry %d begins otherwise", r.Entry)
	if tree.N > s.last.N {
		s.follow(tree)
	}
	fmt.Fprintf(out, "%d %s\n", r.Entry, r.ID)
}

// follow demands that a newer head continues the one remembered.
func (s *sender) follow(tree tlog.Tree) {
	if s.last.N > 0 {
		proof, err := hashes(s.must(fmt.Sprintf("/log/consistency?from=%d&to=%d", s.last.N, tree.N)))
		check(err)
		check(tlog.CheckTree(proof, tree.N, tree.Hash, s.last.N, s.last.Hash))
	}
	s.last = tree
}

func (s *sender) run(count int, out io.Writer) {
	for count > 0 {
		n := batch
		if count < n {
			n = count
		}
		count -= n
		var body bytes.Buffer
		made := make([]sent, n)
		for i := range made {
			made[i] = s.statement(&body)
		}
		r, err := s.http.Post(s.url+"/v1/statements", "application/x-ndjson", &body)
		check(err)
		text, err := io.ReadAll(r.Body)
		check(err)
		r.Body.Close()
		line := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
		demand(r.StatusCode == 200 && len(line) == n, "%d: %d lines for %d statements: %.300s", r.StatusCode, len(line), n, text)
		for i := range made {
			var got receipt
			check(json.Unmarshal(line[i], &got))
			s.verify(&got, made[i], out)
		}
	}
}

// load: COUNT statements in all; OUT gets a line "entry id" for each receipt, OUT.heads each signed head.
func load(total, out string, specs []string) {
	count, err := strconv.Atoi(total)
	check(err)
	var wait sync.WaitGroup
	senders, buffers := []*sender{}, make([]bytes.Buffer, len(specs))
	for _, spec := range specs {
		senders = append(senders, newSender(spec))
	}
	start := time.Now()
	for i, s := range senders {
		wait.Add(1)
		go func(i int, s *sender) {
			defer wait.Done()
			s.run(count/len(senders), &buffers[i])
		}(i, s)
	}
	wait.Wait()
	var all, heads bytes.Buffer
	seen := map[int64]tlog.Hash{}
	completions := 0
	for i, s := range senders {
		completions += s.completions
		all.Write(buffers[i].Bytes())
		for n, h := range s.heads {
			demand(seen[n] == tlog.Hash{} || seen[n] == h, "two signed roots for size %d", n)
			seen[n] = h
		}
	}
	for n, h := range seen {
		fmt.Fprintf(&heads, "%d %s\n", n, h)
	}
	check(os.WriteFile(out, all.Bytes(), 0o644))
	check(os.WriteFile(out+".heads", heads.Bytes(), 0o644))
	fmt.Printf("%d statements sent and verified, %d signed heads, each continues the one before; %d completions; %.0f/s\n",
		count/len(senders)*len(senders), len(seen), completions, float64(count)/time.Since(start).Seconds())
}
